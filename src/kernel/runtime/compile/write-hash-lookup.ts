import { MapType } from '../../../uapi/map-type.ts'
import { WasmType } from '../../../isa/wasm.ts'
import { progRights } from '../../helpers/impl/maps.ts'
import { roundUp8 } from '../../maps/alloc-check.ts'
import { HashLayout, valueOffset } from '../../maps/hash-table.ts'
import { RunArea } from '../../memory/run-area.ts'
import type { MapRecord } from '../../objects/records.ts'
import { WasmCode } from '../wasm/code.ts'
import type { SharedFunction } from './function-writer.ts'
import type { Imports } from './imports.ts'
import { hashLocals, writeHash, writeHead, writeLeaveIfSame, writeLeaveIfUnhanded } from './write-hash.ts'

const locals: readonly number[] = [WasmType.I32, WasmType.I32, WasmType.I32, WasmType.I32]

/** Keys that are hashed here, in bytes: larger ones make long code. */
const MAX_KEY = 64

/** Whether compiled code looks up by itself in such a map. */
export function isHashLookup({ type, keySize }: MapRecord): boolean {
  return (type === MapType.HASH || type === MapType.PERCPU_HASH) && keySize <= MAX_KEY
}

/**
 * A function that looks up in a hash map: takes the offset of a key, returns that of its value or 0. The map is asked
 * where buckets aren't in memory yet, and about elements that the program hasn't had before.
 */
export function hashLookup(record: MapRecord, possibleCpus: number, imports: Imports): SharedFunction {
  const code = new WasmCode()
  const l = hashLocals(1)
  const { NEXT, NIL } = HashLayout
  writeHash(code, l, record, imports.seed(record.id))
  code.open('block')
  writeHead(code, l, record, imports)
  code.get(l.b)
  code.memory('i32.load', 0)
  code.tee(l.at)
  code.op('i32.eqz')
  code.branch('br_if', 0)
  code.open('block')
  code.open('loop')
  code.get(l.at)
  code.i32(NIL)
  code.op('i32.eq')
  code.open('if')
  code.i32(0)
  code.op('return')
  code.op('end')
  writeLeaveIfSame(code, l, record.keySize)
  code.get(l.at)
  code.memory('i32.load', NEXT)
  code.set(l.at)
  code.branch('br', 0)
  code.op('end')
  code.op('end')
  writeLeaveIfUnhanded(code, l)
  code.get(l.at)
  code.i32(valueOffset(record.keySize))
  code.op('i32.add')
  if (record.type === MapType.PERCPU_HASH && possibleCpus > 1) {
    code.i32(0)
    code.memory('i32.load', RunArea.CPU)
    code.i32(roundUp8(record.valueSize))
    code.op('i32.mul')
    code.op('i32.add')
  }
  code.tee(l.at)
  code.i32(0)
  code.memory('i32.load', RunArea.GRANTS_LIMIT)
  code.op('i32.ge_u')
  code.branch('br_if', 0)
  code.get(l.at)
  code.i32(3)
  code.op('i32.shr_u')
  code.i32(0)
  code.memory('i32.load', RunArea.GRANTS)
  code.op('i32.add')
  code.memory('i32.load8_u', 0)
  code.i32(progRights(record))
  code.op('i32.ne')
  code.branch('br_if', 0)
  code.get(l.at)
  code.op('return')
  code.op('end')
  code.get(l.key)
  code.call(imports.lookup(record.id))
  return { code, locals }
}
