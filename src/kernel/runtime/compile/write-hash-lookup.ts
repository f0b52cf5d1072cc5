import { MapType } from '../../../uapi/map-type.ts'
import { WasmType } from '../../../isa/wasm.ts'
import type { WasmName } from '../../../isa/wasm.ts'
import { progRights } from '../../helpers/impl/maps.ts'
import { roundUp8 } from '../../maps/alloc-check.ts'
import { HashLayout, bucketCount, valueOffset } from '../../maps/hash-table.ts'
import { INITVAL } from '../../jhash.ts'
import { RunArea } from '../../memory/run-area.ts'
import type { MapRecord } from '../../objects/records.ts'
import { WasmCode } from '../wasm/code.ts'
import type { SharedFunction } from './function-writer.ts'
import type { Imports } from './imports.ts'

/** Locals of a lookup: the key's offset in memory, the hash's words, an element. */
const KEY = 0
const A = 1
const B = 2
const C = 3
const AT = 4

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
  const { NEXT, HASH, FLAGS, HANDED, NIL, PAGE_SHIFT } = HashLayout
  writeHash(code, record, imports.seed(record.id))
  code.open('block')
  // The page's heads, and the bucket's.
  code.global(imports.table(record.id))
  code.get(C)
  code.i32(bucketCount(record.maxEntries) - 1)
  code.op('i32.and')
  code.tee(B)
  code.i32(PAGE_SHIFT)
  code.op('i32.shr_u')
  code.i32(2)
  code.op('i32.shl')
  code.op('i32.add')
  code.memory('i32.load', 0)
  code.tee(AT)
  code.op('i32.eqz')
  code.branch('br_if', 0)
  code.get(AT)
  code.get(B)
  code.i32((1 << PAGE_SHIFT) - 1)
  code.op('i32.and')
  code.i32(2)
  code.op('i32.shl')
  code.op('i32.add')
  code.memory('i32.load', 0)
  code.tee(AT)
  code.op('i32.eqz')
  code.branch('br_if', 0)
  code.open('block')
  code.open('loop')
  code.get(AT)
  code.i32(NIL)
  code.op('i32.eq')
  code.open('if')
  code.i32(0)
  code.op('return')
  code.op('end')
  code.get(AT)
  code.memory('i32.load', HASH)
  code.get(C)
  code.op('i32.eq')
  code.open('if')
  writeSameKey(code, record.keySize)
  code.branch('br_if', 2)
  code.op('end')
  code.get(AT)
  code.memory('i32.load', NEXT)
  code.set(AT)
  code.branch('br', 0)
  code.op('end')
  code.op('end')
  code.get(AT)
  code.memory('i32.load', FLAGS)
  code.i32(HANDED)
  code.op('i32.and')
  code.op('i32.eqz')
  code.branch('br_if', 0)
  code.get(AT)
  code.i32(valueOffset(record.keySize))
  code.op('i32.add')
  if (record.type === MapType.PERCPU_HASH && possibleCpus > 1) {
    code.i32(0)
    code.memory('i32.load', RunArea.CPU)
    code.i32(roundUp8(record.valueSize))
    code.op('i32.mul')
    code.op('i32.add')
  }
  code.tee(AT)
  code.i32(0)
  code.memory('i32.load', RunArea.GRANTS_LIMIT)
  code.op('i32.ge_u')
  code.branch('br_if', 0)
  code.get(AT)
  code.i32(3)
  code.op('i32.shr_u')
  code.i32(0)
  code.memory('i32.load', RunArea.GRANTS)
  code.op('i32.add')
  code.memory('i32.load8_u', 0)
  code.i32(progRights(record))
  code.op('i32.ne')
  code.branch('br_if', 0)
  code.get(AT)
  code.op('return')
  code.op('end')
  code.get(KEY)
  code.call(imports.lookup(record.id))
  return { code, locals }
}

/** Pushes whether the key of the element and the one that's looked for are the same. */
function writeSameKey(code: WasmCode, keySize: number): void {
  let parts = 0
  for (let off = 0; off < keySize;) {
    const left = keySize - off
    const size = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1
    const type = size === 8 ? 'i64' : 'i32'
    const load: WasmName =
      size === 8 ? 'i64.load' : size === 4 ? 'i32.load' : size === 2 ? 'i32.load16_u' : 'i32.load8_u'
    code.get(AT)
    code.memory(load, HashLayout.KEY + off)
    code.get(KEY)
    code.memory(load, off)
    code.op(`${type}.eq`)
    if (parts++ > 0) code.op('i32.and')
    off += size
  }
}

/** jhash of the key, to the local C: see maps/jhash.ts. */
function writeHash(code: WasmCode, { keySize }: MapRecord, seed: number): void {
  code.i32(INITVAL + keySize)
  code.global(seed)
  code.op('i32.add')
  code.tee(A)
  code.tee(B)
  code.set(C)
  let off = 0
  let left = keySize
  for (; left > 12; left -= 12, off += 12) {
    addWord(code, A, off, 4)
    addWord(code, B, off + 4, 4)
    addWord(code, C, off + 8, 4)
    mix(code, A, C, B, 4)
    mix(code, B, A, C, 6)
    mix(code, C, B, A, 8)
    mix(code, A, C, B, 16)
    mix(code, B, A, C, 19)
    mix(code, C, B, A, 4)
  }
  addWord(code, A, off, Math.min(left, 4))
  if (left > 4) addWord(code, B, off + 4, Math.min(left - 4, 4))
  if (left > 8) addWord(code, C, off + 8, left - 8)
  final(code, C, B, 14)
  final(code, A, C, 11)
  final(code, B, A, 25)
  final(code, C, B, 16)
  final(code, A, C, 4)
  final(code, B, A, 14)
  final(code, C, B, 24)
}

/** Adds one to four bytes of the key to a word. */
function addWord(code: WasmCode, to: number, off: number, size: number): void {
  code.get(to)
  if (size === 4) {
    code.get(KEY)
    code.memory('i32.load', off)
  } else {
    code.get(KEY)
    code.memory(size === 1 ? 'i32.load8_u' : 'i32.load16_u', off)
    if (size === 3) {
      code.get(KEY)
      code.memory('i32.load8_u', off + 2)
      code.i32(16)
      code.op('i32.shl')
      code.op('i32.or')
    }
  }
  code.op('i32.add')
  code.set(to)
}

/** x = (x - y) ^ rotl(y, by); y += z. */
function mix(code: WasmCode, x: number, y: number, z: number, by: number): void {
  code.get(x)
  code.get(y)
  code.op('i32.sub')
  code.get(y)
  code.i32(by)
  code.op('i32.rotl')
  code.op('i32.xor')
  code.set(x)
  code.get(y)
  code.get(z)
  code.op('i32.add')
  code.set(y)
}

/** x = (x ^ y) - rotl(y, by). */
function final(code: WasmCode, x: number, y: number, by: number): void {
  code.get(x)
  code.get(y)
  code.op('i32.xor')
  code.get(y)
  code.i32(by)
  code.op('i32.rotl')
  code.op('i32.sub')
  code.set(x)
}
