import { Kind } from '../../src/btf/kinds.ts'
import type { Btf } from '../../src/btf/btf.ts'
import { Types } from './distilled.ts'

const STRUCTS = 200

/**
 * Types of a module on a kernel's: structs of pointers and functions that lead all over the base, every other one with the
 * name of a struct of the base. C can be made of it.
 */
export function splitOf(base: Btf): { bytes: Uint8Array; last: number } {
  const types = new Types(base.stringsEnd, base.typeCount)
  const named: number[] = []
  for (let id = 1; id < base.typeCount; id++) {
    if ((base.kind(id) === Kind.STRUCT || base.kind(id) === Kind.UNION) && base.nameOff(id) !== 0) named.push(id)
  }
  const add = (words: readonly number[]) => {
    types.add(words)
    return types.count - 1
  }
  for (let i = 0; i < STRUCTS; i++) {
    const its = named[Math.floor((named.length * i) / STRUCTS)] as number
    const pointer = add([0, Kind.PTR << 24, its])
    const constant = add([0, Kind.PTR << 24, add([0, Kind.CONST << 24, its])])
    const params = [0, pointer, 0, constant]
    const called = add([0, Kind.PTR << 24, add([0, (Kind.FUNC_PROTO << 24) | 2, pointer, ...params])])
    const members = [pointer, constant, called].flatMap((type, at) => [types.string(`m${at}`), type, at * 64])
    const name = i % 2 ? base.nameOff(its) : types.string(`split_${i}`)
    const struct = add([name, (Kind.STRUCT << 24) | 3, 24, ...members])
    add([types.string(`split_${i}_t`), Kind.TYPEDEF << 24, struct])
  }
  return { bytes: types.bytes(), last: types.count - 1 }
}
