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

const RING = 3000
const PAGE = 4096

type Next = () => number

function call(asm: Assembler, name: string): void {
  asm.emit(0x85, 0, 0, 0, BpfFunc[name] ?? 0)
}

function ringInR1(asm: Assembler): void {
  asm.emit(0x18, 1, 1, 0, RING)
  asm.emit(0x00, 0, 0, 0, 0)
}

/** bpf_ringbuf_output of what is in the stack; r6 counts what there was no room for. */
function output(asm: Assembler, size: number, next: Next): void {
  ringInR1(asm)
  asm.emit(0xbf, 2, 10, 0, 0)
  asm.emit(0x07, 2, 0, 0, -((size + 7) & ~7))
  asm.emit(0xb7, 3, 0, 0, size)
  asm.emit(0xb7, 4, 0, 0, next() & 3)
  call(asm, 'ringbuf_output')
  asm.emit(0x15, 0, 0, 1, 0)
  asm.emit(0x07, 6, 0, 0, 1)
}

/** A sample that is reserved, written to here and there, and submitted or discarded; sometimes read once more before. */
function reserve(asm: Assembler, size: number, next: Next): void {
  ringInR1(asm)
  asm.emit(0xb7, 2, 0, 0, size)
  asm.emit(0xb7, 3, 0, 0, 0)
  call(asm, 'ringbuf_reserve')
  asm.emit(0x55, 0, 0, 2, 0)
  asm.emit(0x07, 6, 0, 0, 1)
  const jump = asm.length
  asm.emit(0x05, 0, 0, 0, 0)
  for (let n = 0; n < 3; n++) {
    const off = next() % size
    asm.emit(0x72, 0, 0, off, next() & 127)
    asm.load(W.B, 1, 0, next() % size)
    asm.emit(0x0f, 6, 1, 0, 0)
  }
  asm.emit(0xbf, 1, 0, 0, 0)
  asm.emit(0xb7, 2, 0, 0, 0)
  call(asm, next() % 4 === 0 ? 'ringbuf_discard' : 'ringbuf_submit')
  asm.setOff(jump, asm.length - jump - 1)
}

function ringProgram(next: Next): Uint8Array {
  const asm = new Assembler()
  asm.emit(0xb7, 6, 0, 0, 0)
  for (let off = 8; off <= 320; off += 8) asm.emit(0x7a, 10, 0, -off, next() | 0)
  for (let n = 0; n < 6; n++) {
    const size = 1 + (next() % (n === 0 ? 300 : 48))
    if (next() & 1) output(asm, size, next)
    else reserve(asm, size, next)
  }
  asm.emit(0xbf, 0, 6, 0, 0)
  asm.emit(0x95, 0, 0, 0, 0)
  return asm.bytes()
}

/** What runs return, and what the ring's pages hold, while a reader goes along, and what it has is written in between. */
function rings(engine: 'interpreter' | 'compiler', seed: number): unknown[] {
  const store = new MemoryStore()
  return store.write(() => {
    const next = random(seed)
    const kernel = fakeKernel(engine)
    const maxEntries = PAGE << (seed & 1)
    const ring = addMap(kernel, store, { id: RING, type: MapType.RINGBUF, keySize: 0, valueSize: 0, maxEntries })
    const prog = addProgram(kernel, ringProgram(next), ProgType.XDP)
    const seen: unknown[] = []
    const pages = () => Buffer.from(ring.mmapRead?.(0, 2 * PAGE + maxEntries) ?? [])
    for (let run = 0; run < 40; run++) {
      seen.push(testRun(kernel, prog, { dataIn: new Uint8Array(64), repeat: 1 + (next() % 7) }).retval)
      if (next() % 3 === 0) ring.mmapWrite?.(0, pages().subarray(PAGE, PAGE + 8))
      if (next() % 4 === 0) ring.flush()
    }
    seen.push(pages().toString('hex'))
    return seen
  })
}

describe('ring buffers', () => {
  test.each(Array.from({ length: 60 }, (_, i) => i + 1))('are the same by both engines, seed %i', (seed) => {
    const seen = rings('interpreter', seed)
    expect(rings('compiler', seed)).toEqual(seen)
    expect(new Set(seen).size).toBeGreaterThan(2)
  })
})
