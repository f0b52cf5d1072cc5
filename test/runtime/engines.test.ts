import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { KernelError } from '../../src/kernel/error.ts'
import { testRun } from '../../src/kernel/runtime/test-run.ts'
import { Errno } from '../../src/uapi/errno.ts'
import { addProgram, fakeKernel } from './fake-kernel.ts'
import { randomProgram } from './random-program.ts'

interface Recorded {
  seed: number
  retval: number
  out: string
}

/** Written by compare-real.mjs: what Linux 6.18 made of these programs. */
const recorded = JSON.parse(
  readFileSync(new URL('recorded/random.json', import.meta.url), 'utf8'),
) as readonly Recorded[]

type EngineName = 'interpreter' | 'compiler'

function run(engine: EngineName, insns: Uint8Array, dataIn: Uint8Array = new Uint8Array(64)) {
  const kernel = fakeKernel(engine)
  return testRun(kernel, addProgram(kernel, insns), { dataIn, dataSizeOut: 4096 })
}

/** Slots as code, dst, src, off, imm. */
function assemble(...slots: readonly (readonly [number, number, number, number, number])[]): Uint8Array {
  const bytes = new Uint8Array(slots.length * 8)
  const view = new DataView(bytes.buffer)
  slots.forEach(([code, dst, src, off, imm], i) => {
    view.setUint8(i * 8, code)
    view.setUint8(i * 8 + 1, dst | (src << 4))
    view.setInt16(i * 8 + 2, off, true)
    view.setInt32(i * 8 + 4, imm, true)
  })
  return bytes
}

function errnoOf(fn: () => unknown): number {
  try {
    fn()
  } catch (error) {
    if (error instanceof KernelError) return error.errno
    throw error
  }
  return 0
}

describe.each(['interpreter', 'compiler'] as const)('the %s', (engine) => {
  test('computes what the real kernel computed, in 400 random programs', () => {
    const wrong = recorded.filter(({ seed, retval, out }) => {
      const { insns, packet } = randomProgram(seed)
      const ours = run(engine, insns, packet)
      return ours.retval !== retval || Buffer.from(ours.dataOut).toString('hex') !== out
    })
    expect(wrong.map(({ seed }) => seed)).toEqual([])
    expect(recorded.length).toBe(400)
  })

  test('ends a program that touches what it was not given', () => {
    const exit = [0x95, 0, 0, 0, 0] as const
    const wild: Uint8Array[] = [
      assemble([0xb7, 1, 0, 0, 0], [0x79, 0, 1, 0, 0], exit),
      assemble([0xb7, 1, 0, 0, -1], [0x73, 1, 1, 0, 0], exit),
      assemble([0x79, 0, 10, 8, 0], exit),
      assemble([0x07, 10, 0, 0, -400_000], [0x79, 0, 10, 0, 0], exit),
      assemble([0x07, 10, 0, 0, 0x7fffffff], [0x7a, 10, 0, 0, 1], exit),
      assemble([0x61, 1, 1, 4, 0], [0x71, 0, 1, 64, 0], exit),
      assemble([0x7b, 1, 1, 0, 0], exit),
      assemble([0xdb, 1, 1, 0, 0], exit),
      assemble([0x85, 0, 1, 0, -1], exit),
      assemble([0x05, 0, 0, 100, 0]),
      assemble([0x8d, 0, 0, 0, 0], exit),
      new Uint8Array(0),
    ]
    for (const insns of wild) expect([Errno.EFAULT, Errno.ENOTSUP]).toContain(errnoOf(() => run(engine, insns)))
  })

  test('survives any bytes as instructions', () => {
    let state = 12345
    for (let i = 0; i < 3000; i++) {
      const insns = new Uint8Array(8 * 24)
      for (let at = 0; at < insns.length; at++) {
        state = (Math.imul(state, 1103515245) + 12345) | 0
        insns[at] = state >>> 16
        if (at % 8 === 1) insns[at] = (insns[at] as number) % 11
        // Jumps back make loops, which are tested below.
        if (at % 8 === 3) insns[at] = (insns[at] as number) & 0x0f
        if (at % 8 === 7) insns[at] = 0
      }
      const errno = errnoOf(() => run(engine, insns))
      expect([0, Errno.EFAULT, Errno.ENOTSUP, Errno.EINTR]).toContain(errno)
    }
  })
})
