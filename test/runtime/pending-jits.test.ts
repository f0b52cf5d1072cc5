import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from '@jest/globals'
import { bootMachine } from '../../src/kernel/boot.ts'
import { MemoryStore } from '../../src/kernel/store/memory.ts'
import { loadObject, openObject } from '../../src/libbpf/object.ts'

/** What bpf(2) tells of a program's code. */
const wants = { jitedKsyms: true, jitedFuncLens: true, jitedLineInfo: true, jitedProgInsns: true }

test('a program has the same code whoever asks first, and whether or not anyone keeps it', () => {
  const store = new MemoryStore()
  const machines = [0, 1].map(() => bootMachine({ store, kernels: tmpdir() }))
  const [first, second] = machines.map((machine) => machine.process('bpftool'))
  if (!first || !second) throw new Error('no processes')
  const url = new URL('obj/misc.clang-19.o', import.meta.url)
  const load = () => {
    const object = openObject(new Uint8Array(readFileSync(url)), 'misc', { print: () => undefined })
    loadObject(object, first)
    return object.programs.flatMap(({ name, fd }) => (fd !== undefined && fd >= 0 ? [{ name, fd }] : []))
  }
  const asked = load()
  const kept = load()
  const ofKept = kept.map(({ name, fd }) => {
    first.bpf.objPin(fd, `/sys/fs/bpf/${name}`)
    return second.bpf.progInfo(second.bpf.objGet(`/sys/fs/bpf/${name}`), wants)
  })
  expect(asked.length).toBeGreaterThan(3)
  asked.forEach(({ fd }, i) => {
    const seen = second.bpf.progInfo(second.bpf.getFdById('prog', first.bpf.progInfo(fd).id), wants)
    const { jitedProgLen, jitedProgInsns, jitedFuncLens, nrJitedLineInfo } = first.bpf.progInfo(fd, wants)
    expect(jitedProgLen).toBeGreaterThan(0)
    expect(jitedProgInsns?.length).toBe(jitedProgLen)
    expect(seen.jitedProgLen).toBe(jitedProgLen)
    expect({ jitedFuncLens, nrJitedLineInfo }).toEqual({
      jitedFuncLens: ofKept[i]?.jitedFuncLens,
      nrJitedLineInfo: ofKept[i]?.nrJitedLineInfo,
    })
  })
  for (const machine of machines) machine.close()
})
