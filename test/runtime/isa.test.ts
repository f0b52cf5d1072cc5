import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { testRun } from '../../src/kernel/runtime/test-run.ts'
import { addProgram, fakeKernel } from './fake-kernel.ts'
import { isaPrograms } from './isa-programs.ts'

/** Written by compare-real.mjs: what Linux 6.18 made of these programs. */
const recorded = JSON.parse(readFileSync(new URL('recorded/isa.json', import.meta.url), 'utf8')) as readonly {
  name: string
  retval: number
  out: string
}[]

describe('every instruction with operands at the edges', () => {
  test.each(['interpreter', 'compiler'] as const)('computed by the %s as by the real kernel', (engine) => {
    const ours = [...isaPrograms()].map(({ name, type, insns, packet }) => {
      const kernel = fakeKernel(engine)
      const { retval, dataOut } = testRun(kernel, addProgram(kernel, insns, type), {
        dataIn: packet,
        dataSizeOut: 4096,
      })
      return { name, retval, out: createHash('sha256').update(dataOut).digest('hex').slice(0, 16) }
    })
    expect(ours).toEqual(recorded)
    expect(new Set(ours.map(({ name }) => name)).size).toBe(ours.length)
  })
})
