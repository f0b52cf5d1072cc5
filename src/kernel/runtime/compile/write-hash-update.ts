import { MapFlag } from '../../../uapi/flags.ts'
import { MapType } from '../../../uapi/map-type.ts'
import { BpfFunc } from '../../../uapi/helper-names.ts'
import { WasmType } from '../../../isa/wasm.ts'
import type { WasmName } from '../../../isa/wasm.ts'
import { MAP_HI } from '../../helpers/impl/address.ts'
import { GRANT_READ } from '../../helpers/impl/grants.ts'
import { HashLayout, valueOffset } from '../../maps/hash-table.ts'
import type { MapRecord } from '../../objects/records.ts'
import { WasmCode } from '../wasm/code.ts'
import type { FunctionWriter, SharedFunction } from './function-writer.ts'
import type { Imports } from './imports.ts'
import { numberOf } from './values.ts'
import { hashLocals, writeHash, writeHead, writeLeaveIfSame, writeLeaveIfUnhanded } from './write-hash.ts'
import { isHashLookup } from './write-hash-lookup.ts'
import { accessOf, pushOffset } from './write-memory.ts'

/** Values that are copied here, in bytes. */
const MAX_VALUE = 128
/** BPF_ANY and BPF_EXIST: what is there already is replaced. */
const ANY = 0
const EXIST = 2

/** Whether compiled code updates elements of such a map by itself. */
function isHashUpdate(record: MapRecord): boolean {
  const { type, mapFlags, valueSize, fields } = record
  const isPlain = type === MapType.HASH && (mapFlags & MapFlag.NO_PREALLOC) === 0 && fields.length === 0
  return isPlain && isHashLookup(record) && valueSize <= MAX_VALUE
}

/** bpf_map_update_elem of a hash that is known, by a key and a value that are known to be there. @returns whether it's one. */
export function writeUpdate(w: FunctionWriter, id: number): boolean {
  const { code, program, input } = w
  const map = w.state.reg(1)
  const flags = numberOf(w.state.reg(4))
  if (id !== BpfFunc['map_update_elem'] || map.kind !== 'const' || map.hi !== MAP_HI) return false
  const record = input.map(map.lo)
  if (!record || !isHashUpdate(record) || (flags !== ANY && flags !== EXIST)) return false
  for (const [reg, size] of [
    [2, record.keySize],
    [3, record.valueSize],
  ] as const) {
    const { kind } = accessOf(w, reg, 0, size, GRANT_READ)
    if (kind !== 'frame' && kind !== 'plain') return false
  }
  pushPlace(w, 2, record.keySize)
  pushPlace(w, 3, record.valueSize)
  const { I32 } = WasmType
  code.call(program.shared(`update ${record.id} ${flags}`, [I32, I32], () => update(record, flags, program.imports)))
  code.op('i64.extend_i32_s')
  w.set(0)
  return true
}

/** Pushes where an argument's memory is. */
function pushPlace(w: FunctionWriter, reg: number, size: number): void {
  const offset = pushOffset(w, accessOf(w, reg, 0, size, GRANT_READ), reg, 0)
  if (offset === 0) return
  w.code.i32(offset)
  w.code.op('i32.add')
}

const locals = new Array<number>(6).fill(WasmType.I32)

/**
 * A function that replaces an element that's there by the map's spare one, as htab_map_update_elem does: takes the offsets of
 * key and value. The map is asked where there's none, where it has no spare one yet, and where nobody knows yet that the
 * bucket changes.
 */
function update(record: MapRecord, flags: number, imports: Imports): SharedFunction {
  const code = new WasmCode()
  const l = hashLocals(2)
  const value = 1
  const before = l.at + 1
  const added = l.at + 2
  const { NEXT, HASH, FLAGS, HANDED, NIL, EXTRA, KEY } = HashLayout
  const table = imports.table(record.id)
  writeHash(code, l, record, imports.seed(record.id))
  code.open('block')
  writeHead(code, l, record, imports)
  code.global(table)
  code.i32(EXTRA)
  code.op('i32.add')
  code.memory('i32.load', 0)
  code.tee(added)
  code.op('i32.eqz')
  code.branch('br_if', 0)
  code.get(l.b)
  code.memory('i32.load', 0)
  code.tee(l.at)
  code.op('i32.eqz')
  code.branch('br_if', 0)
  // The word that leads to the element: the head, or the next one of the element before.
  code.get(l.b)
  code.set(before)
  code.open('block')
  code.open('loop')
  code.get(l.at)
  code.i32(NIL)
  code.op('i32.eq')
  code.branch('br_if', 2)
  writeLeaveIfSame(code, l, record.keySize)
  code.get(l.at)
  code.i32(NEXT)
  code.op('i32.add')
  code.tee(before)
  code.memory('i32.load', 0)
  code.set(l.at)
  code.branch('br', 0)
  code.op('end')
  code.op('end')
  writeLeaveIfUnhanded(code, l)
  // The old one is taken out, the new one comes first.
  code.get(before)
  code.get(l.at)
  code.memory('i32.load', NEXT)
  code.memory('i32.store', 0)
  code.get(added)
  code.get(l.b)
  code.memory('i32.load', 0)
  code.memory('i32.store', NEXT)
  code.get(l.b)
  code.get(added)
  code.memory('i32.store', 0)
  code.get(added)
  code.get(l.c)
  code.memory('i32.store', HASH)
  code.get(added)
  code.i32(HANDED)
  code.memory('i32.store', FLAGS)
  copy(code, added, KEY, l.key, record.keySize)
  copy(code, added, valueOffset(record.keySize), value, record.valueSize)
  code.global(table)
  code.i32(EXTRA)
  code.op('i32.add')
  code.get(l.at)
  code.memory('i32.store', 0)
  code.i32(0)
  code.op('return')
  code.op('end')
  code.get(l.key)
  code.get(value)
  code.i32(flags)
  code.call(imports.update(record.id))
  return { code, locals }
}

/** Copies bytes that are known to be there. */
function copy(code: WasmCode, to: number, offset: number, from: number, size: number): void {
  for (let done = 0; done < size;) {
    const left = size - done
    const width = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1
    const load: WasmName =
      width === 8 ? 'i64.load' : width === 4 ? 'i32.load' : width === 2 ? 'i32.load16_u' : 'i32.load8_u'
    const store: WasmName =
      width === 8 ? 'i64.store' : width === 4 ? 'i32.store' : width === 2 ? 'i32.store16' : 'i32.store8'
    code.get(to)
    code.get(from)
    code.memory(load, done)
    code.memory(store, offset + done)
    done += width
  }
}
