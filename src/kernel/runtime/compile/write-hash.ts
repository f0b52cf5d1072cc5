import type { WasmName } from '../../../isa/wasm.ts'
import { HashLayout, bucketCount } from '../../maps/hash-table.ts'
import { INITVAL } from '../../jhash.ts'
import type { MapRecord } from '../../objects/records.ts'
import type { WasmCode } from '../wasm/code.ts'
import type { Imports } from './imports.ts'

/** Hash tables inside of compiled programs: the hash of a key, its bucket, and whether an element has the key. */

/** Locals that these use: the key's offset in memory, the hash's words, an element. */
export interface HashLocals {
  readonly key: number
  readonly a: number
  readonly b: number
  readonly c: number
  readonly at: number
}

/** The locals behind the parameters, the key's being the first of those. */
export function hashLocals(params: number): HashLocals {
  return { key: 0, a: params, b: params + 1, c: params + 2, at: params + 3 }
}

/** Puts where a bucket's head is into `b`, the hash being in `c`. Leaves the block where the bucket isn't in memory. */
export function writeHead(code: WasmCode, l: HashLocals, record: MapRecord, imports: Imports): void {
  const { PAGE_SHIFT } = HashLayout
  code.global(imports.table(record.id))
  code.get(l.c)
  code.i32(bucketCount(record.maxEntries) - 1)
  code.op('i32.and')
  code.tee(l.b)
  code.i32(PAGE_SHIFT)
  code.op('i32.shr_u')
  code.i32(2)
  code.op('i32.shl')
  code.op('i32.add')
  code.memory('i32.load', 0)
  code.tee(l.at)
  code.op('i32.eqz')
  code.branch('br_if', 0)
  code.get(l.at)
  code.get(l.b)
  code.i32((1 << PAGE_SHIFT) - 1)
  code.op('i32.and')
  code.i32(2)
  code.op('i32.shl')
  code.op('i32.add')
  code.set(l.b)
}

/** Leaves the loop over a bucket, and the block around it, where the element is the one that's looked for. */
export function writeLeaveIfSame(code: WasmCode, l: HashLocals, keySize: number): void {
  code.get(l.at)
  code.memory('i32.load', HashLayout.HASH)
  code.get(l.c)
  code.op('i32.eq')
  code.open('if')
  writeSameKey(code, l, keySize)
  code.branch('br_if', 2)
  code.op('end')
}

/** Leaves to where the map is asked: about an element that the program hasn't had before. */
export function writeLeaveIfUnhanded(code: WasmCode, l: HashLocals): void {
  code.get(l.at)
  code.memory('i32.load', HashLayout.FLAGS)
  code.i32(HashLayout.HANDED)
  code.op('i32.and')
  code.op('i32.eqz')
  code.branch('br_if', 0)
}

/** Pushes whether the key of the element and the one that's looked for are the same. */
function writeSameKey(code: WasmCode, l: HashLocals, keySize: number): void {
  let parts = 0
  for (let off = 0; off < keySize;) {
    const left = keySize - off
    const size = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1
    const type = size === 8 ? 'i64' : 'i32'
    const load: WasmName =
      size === 8 ? 'i64.load' : size === 4 ? 'i32.load' : size === 2 ? 'i32.load16_u' : 'i32.load8_u'
    code.get(l.at)
    code.memory(load, HashLayout.KEY + off)
    code.get(l.key)
    code.memory(load, off)
    code.op(`${type}.eq`)
    if (parts++ > 0) code.op('i32.and')
    off += size
  }
}

/** jhash of the key, to the local `c`: see kernel/jhash.ts. */
export function writeHash(code: WasmCode, l: HashLocals, { keySize }: MapRecord, seed: number): void {
  code.i32(INITVAL + keySize)
  code.global(seed)
  code.op('i32.add')
  code.tee(l.a)
  code.tee(l.b)
  code.set(l.c)
  let off = 0
  let left = keySize
  for (; left > 12; left -= 12, off += 12) {
    addWord(code, l, l.a, off, 4)
    addWord(code, l, l.b, off + 4, 4)
    addWord(code, l, l.c, off + 8, 4)
    mix(code, l.a, l.c, l.b, 4)
    mix(code, l.b, l.a, l.c, 6)
    mix(code, l.c, l.b, l.a, 8)
    mix(code, l.a, l.c, l.b, 16)
    mix(code, l.b, l.a, l.c, 19)
    mix(code, l.c, l.b, l.a, 4)
  }
  addWord(code, l, l.a, off, Math.min(left, 4))
  if (left > 4) addWord(code, l, l.b, off + 4, Math.min(left - 4, 4))
  if (left > 8) addWord(code, l, l.c, off + 8, left - 8)
  final(code, l.c, l.b, 14)
  final(code, l.a, l.c, 11)
  final(code, l.b, l.a, 25)
  final(code, l.c, l.b, 16)
  final(code, l.a, l.c, 4)
  final(code, l.b, l.a, 14)
  final(code, l.c, l.b, 24)
}

/** Adds one to four bytes of the key to a word. */
function addWord(code: WasmCode, l: HashLocals, to: number, off: number, size: number): void {
  code.get(to)
  if (size === 4) {
    code.get(l.key)
    code.memory('i32.load', off)
  } else {
    code.get(l.key)
    code.memory(size === 1 ? 'i32.load8_u' : 'i32.load16_u', off)
    if (size === 3) {
      code.get(l.key)
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
