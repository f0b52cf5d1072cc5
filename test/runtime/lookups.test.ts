import { describe, expect, test } from '@jest/globals'
import { testRun } from '../../src/kernel/runtime/test-run.ts'
import { MemoryStore } from '../../src/kernel/store/memory.ts'
import { BpfFunc } from '../../src/uapi/helper-names.ts'
import { MapType } from '../../src/uapi/map-type.ts'
import { ProgType } from '../../src/uapi/prog-type.ts'
import { random } from '../random.ts'
import { Assembler, W } from './assembler.ts'
import { addProgram, fakeKernel } from './fake-kernel.ts'
import { addMap } from './wild-world.ts'

const MAP = 3000
const ROOM = 80

/** Looks up the key that the packet begins with, and returns the first word of the value, or 0 for none. */
function lookupProgram(keySize: number): Uint8Array {
  const asm = new Assembler()
  asm.packet(ROOM)
  for (let off = 0; off < keySize; off++) {
    asm.load(W.B, 1, 9, off)
    asm.store(W.B, 10, off - 80, 1)
  }
  asm.emit(0xbf, 2, 10, 0, 0)
  asm.emit(0x07, 2, 0, 0, -80)
  asm.emit(0x18, 1, 1, 0, MAP)
  asm.emit(0x00, 0, 0, 0, 0)
  asm.emit(0x85, 0, 0, 0, BpfFunc['map_lookup_elem'] ?? 0)
  asm.emit(0x15, 0, 0, 1, 0)
  asm.load(W.W, 0, 0, 0)
  asm.emit(0x95, 0, 0, 0, 0)
  return asm.bytes()
}

/** What lookups of keys that are there, and of others, return: many runs, so that elements are found again. */
function lookups(engine: 'interpreter' | 'compiler', type: number, keySize: number, seed: number): number[] {
  const store = new MemoryStore()
  return store.write(() => {
    const next = random(keySize)
    const kernel = fakeKernel(engine)
    const map = addMap(kernel, store, { id: MAP, type, keySize, valueSize: 12, maxEntries: 64, seed })
    const { memory } = kernel
    const key = memory.alloc(keySize)
    const value = memory.alloc(map.valueSizeOfSyscall)
    const keys = Array.from({ length: 40 }, () => Uint8Array.from({ length: keySize }, () => next() & 3))
    keys.slice(0, 25).forEach((bytes, i) => {
      memory.u8.set(bytes, key)
      memory.view.setUint32(value, i + 1, true)
      map.updateValue(key, value, 0)
    })
    const prog = addProgram(kernel, lookupProgram(keySize), ProgType.XDP)
    return keys.map((bytes) => {
      const packet = new Uint8Array(ROOM)
      packet.set(bytes)
      return testRun(kernel, prog, { dataIn: packet, repeat: 2 }).retval
    })
  })
}

describe.each([
  ['hash', MapType.HASH],
  ['percpu_hash', MapType.PERCPU_HASH],
])('lookups in a %s', (_, type) => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 20, 23, 24, 25, 31, 36, 37, 40, 63, 64, 65])(
    'find the same by both engines, keys of %i bytes',
    (keySize) => {
      const found = lookups('interpreter', type, keySize, 0x12345678)
      expect(lookups('compiler', type, keySize, 0x12345678)).toEqual(found)
      expect(found.slice(0, 25).every((value) => value !== 0)).toBe(true)
    },
  )
})
