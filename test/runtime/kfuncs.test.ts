import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, expect, test } from '@jest/globals'
import { bootMachine } from '../../src/kernel/boot.ts'
import type { EngineName } from '../../src/kernel/helpers/impl/run-kernel.ts'
import { KernelError } from '../../src/kernel/error.ts'
import { u32Key } from '../../src/kernel/store/bytes.ts'
import { MemoryStore } from '../../src/kernel/store/memory.ts'
import { Table } from '../../src/kernel/store/store.ts'
import { loadObject, openObject } from '../../src/libbpf/object.ts'
import { strerror } from '../../src/uapi/errno.ts'
import { packets } from './inputs.mjs'

/** One `bpftool prog run` on Linux 6.18, as record-kfuncs.mjs wrote it down, and the global variables afterwards. */
interface Run {
  program: string
  packet?: string
  error?: string
  retval?: number
  data?: string
  bss?: string
}

const ROOM = 32 * 1024

function brief(bytes: Uint8Array): string {
  if (bytes.length <= 128) return Buffer.from(bytes).toString('hex')
  return `${bytes.length}:${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`
}

/** Does what bpftool does, each run as a process of its own, and with maps read from the store each time. */
function answers(source: string, engine: EngineName, runs: readonly Run[]): Run[] {
  const machine = bootMachine({ engine, kernels: tmpdir() })
  try {
    const system = machine.process('bpftool')
    const url = new URL(`obj/${source}.clang-19.o`, import.meta.url)
    const messages: string[] = []
    const object = openObject(new Uint8Array(readFileSync(url)), source, { print: (_, text) => messages.push(text) })
    loadObject(object, system)
    const { bpf } = system
    const bss = object.maps.find(({ name }) => name.endsWith('.bss'))?.fd ?? -1
    return runs.map(({ program, packet }) => {
      const fd = object.programs.find(({ name }) => name === program)?.fd ?? -1
      const input = packet === undefined ? { repeat: 0 } : { repeat: 1, dataIn: packets[packet] as Uint8Array }
      const run: Run = { program, ...(packet !== undefined && { packet }) }
      try {
        const room = packet === undefined ? {} : { dataSizeOut: ROOM }
        const { retval, dataOut } = bpf.progTestRun(fd, { ...input, ...room })
        run.retval = retval
        if (dataOut.length > 0) run.data = brief(dataOut)
      } catch (error) {
        if (!(error instanceof KernelError)) throw error
        run.error = strerror(error.errno)
      }
      const value = bpf.mapLookupElem(bss, new Uint8Array(4)) as Uint8Array
      run.bss = Buffer.from(value)
        .toString('hex')
        .replace(/(00)+$/, '')
      return run
    })
  } finally {
    machine.close()
  }
}

describe.each(['kfuncs', 'arena'])('programs of %s', (source) => {
  const recorded = JSON.parse(
    readFileSync(new URL(`recorded/${source}.clang-19.json`, import.meta.url), 'utf8'),
  ) as readonly Run[]
  test.each(['interpreter', 'compiler'] as const)('answer by the %s as on Linux 6.18', (engine) => {
    expect(answers(source, engine, recorded)).toEqual(recorded)
  })
})

test('what programs keep in maps is there for another process', () => {
  const store = new MemoryStore()
  const machines = [0, 1].map(() => bootMachine({ store, engine: 'interpreter', kernels: tmpdir() }))
  const [first, second] = machines.map((machine) => machine.process('bpftool'))
  if (!first || !second) throw new Error('no processes')
  const object = openObject(new Uint8Array(readFileSync(new URL('obj/kfuncs.clang-19.o', import.meta.url))), 'kfuncs', {
    print: () => undefined,
  })
  loadObject(object, first)
  const path = (name: string) => `/sys/fs/bpf/${name}`
  for (const { name, fd } of object.programs) if (fd !== undefined && fd >= 0) first.bpf.objPin(fd, path(name))
  const bss = object.maps.find(({ name }) => name.endsWith('.bss'))
  if (bss?.fd !== undefined) first.bpf.objPin(bss.fd, path('bss'))
  // Where `out` is among the variables.
  const outOffset = 64
  const out = (process: typeof first, name: string, count: number) => {
    process.bpf.progTestRun(process.bpf.objGet(path(name)), {
      repeat: 1,
      dataIn: packets['udp4'] as Uint8Array,
      dataSizeOut: ROOM,
    })
    const value = process.bpf.mapLookupElem(process.bpf.objGet(path('bss')), new Uint8Array(4)) as Uint8Array
    const view = new DataView(value.buffer, value.byteOffset)
    return Array.from({ length: count }, (_, i) => Number(view.getBigInt64(outOffset + i * 8, true)))
  }
  out(first, 'list', 0)
  expect(out(second, 'list_later', 5)).toEqual([21023, 23, 22, 21, -1])
  out(second, 'tree', 0)
  const inOrder = out(first, 'tree_later', 4).filter((_, i) => i % 2 === 1)
  expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b))
  expect(inOrder[0]).toBeGreaterThanOrEqual(0)
  out(first, 'keep', 0)
  expect(out(second, 'keep_later', 3)).toEqual([4242, 4259, -1])
  for (const machine of machines) machine.close()
})

test('objects go with the elements that they were kept in', () => {
  const store = new MemoryStore()
  const machine = bootMachine({ store, engine: 'interpreter', kernels: tmpdir() })
  const system = machine.process('bpftool')
  const { bpf } = system
  const object = openObject(new Uint8Array(readFileSync(new URL('obj/kfuncs.clang-19.o', import.meta.url))), 'kfuncs', {
    print: () => undefined,
  })
  loadObject(object, system)
  const keep = object.programs.find(({ name }) => name === 'keep')?.fd ?? -1
  const kepts = object.maps.find(({ name }) => name === 'kepts')?.fd ?? -1
  const pages = () => [...store.scan(Table.ELEM, u32Key(0), u32Key(1))].length
  const once = () => {
    bpf.progTestRun(keep, { repeat: 1, dataIn: packets['udp4'] as Uint8Array, dataSizeOut: ROOM })
    bpf.mapDeleteElem(kepts, new Uint8Array([1, 0, 0, 0]))
  }
  once()
  const before = pages()
  expect(before).toBeGreaterThan(0)
  for (let i = 0; i < 400; i++) once()
  expect(pages()).toBe(before)
  machine.close()
})
