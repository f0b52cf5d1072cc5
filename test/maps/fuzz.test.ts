import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { bootDirectory, bootMachine } from '../../src/kernel/boot.ts'
import type { Machine } from '../../src/kernel/boot.ts'
import { KernelError } from '../../src/kernel/error.ts'
import type { Syscalls } from '../../src/kernel/syscall.ts'
import { MapType } from '../../src/uapi/map-type.ts'
import { call, insn } from './assemble.ts'

/**
 * Random steps on hash maps: a machine in a directory, which is closed and opened again in between, one in memory, and,
 * for maps that keep all, a plain Map must say the same.
 */

type Step =
  | { op: 'update' | 'program'; key: number; value: number; flags: number }
  | { op: 'lookup' | 'delete' | 'take'; key: number }
  | { op: 'reopen' }
  | { op: 'fill' }

const KEYS = 24
const key = fc.nat(KEYS - 1)
const value = fc.nat(250)
const flags = fc.constantFrom(0, 0, 0, 1, 2)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ op: fc.constant('update' as const), key, value, flags }),
  fc.record({ op: fc.constant('update' as const), key, value, flags }),
  fc.record({ op: fc.constant('program' as const), key, value, flags }),
  fc.record({ op: fc.constantFrom('lookup' as const, 'delete' as const, 'take' as const), key }),
  fc.constantFrom<Step>({ op: 'reopen' }, { op: 'fill' }),
)

const PIN = '/sys/fs/bpf/fuzzed'
const CPUS = 2
const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

interface Kind {
  name: string
  type: number
  flags: number
  max: number
  keySize: number
  valueSize: number
}

/** A map in a machine. */
class Fuzzed {
  readonly #kind: Kind
  readonly #directory: string | undefined
  #machine: Machine
  #process: Syscalls
  #fd: number

  constructor(kind: Kind, directory?: string) {
    this.#kind = kind
    this.#directory = directory
    this.#machine = directory === undefined ? bootMachine({ cpus: CPUS }) : bootDirectory(directory, { cpus: CPUS })
    this.#process = this.#machine.process('fuzz')
    const { type, flags: mapFlags, max, keySize, valueSize } = kind
    const { bpf } = this.#process
    this.#fd = bpf.mapCreate({ mapType: type, keySize, valueSize, maxEntries: max, mapFlags: mapFlags | 0x40 })
    bpf.objPin(this.#fd, PIN)
  }

  key(number: number): Uint8Array {
    const bytes = new Uint8Array(this.#kind.keySize).fill(number)
    bytes[0] = number * 7
    return bytes
  }

  #value(number: number): Uint8Array {
    const { type, valueSize } = this.#kind
    const perCpu = type === MapType.PERCPU_HASH || type === MapType.LRU_PERCPU_HASH
    return new Uint8Array(perCpu ? Math.ceil(valueSize / 8) * 8 * CPUS : valueSize).fill(number)
  }

  run(each: Step): string {
    try {
      return this.#run(each)
    } catch (error) {
      if (error instanceof KernelError) return error.message
      throw error
    }
  }

  #run(each: Step): string {
    const { bpf } = this.#process
    switch (each.op) {
      case 'update':
        bpf.mapUpdateElem(this.#fd, this.key(each.key), this.#value(each.value), each.flags)
        return 'ok'
      case 'program': {
        const bytes = new Uint8Array(this.#kind.valueSize).fill(each.value)
        const code = [...call(this.#fd, 2, [this.key(each.key), bytes], each.flags), insn(0x95)]
        const { fd } = bpf.progLoad({ progType: 1, insns: Buffer.concat(code), license: 'GPL' })
        const { retval } = bpf.progTestRun(fd, { dataIn: new Uint8Array(64), repeat: 1 })
        this.#process.close(fd)
        if (retval !== 0) throw new KernelError(0x1_0000_0000 - retval)
        return 'ok'
      }
      case 'lookup':
        return hex(bpf.mapLookupElem(this.#fd, this.key(each.key)))
      case 'delete':
        bpf.mapDeleteElem(this.#fd, this.key(each.key))
        return 'ok'
      case 'take':
        return hex(bpf.mapLookupAndDeleteElem(this.#fd, this.key(each.key)))
      case 'fill':
        this.#process.atomically(() => {
          for (let i = 0; i < KEYS; i++) this.run({ op: 'update', key: i, value: i, flags: 0 })
        })
        return 'ok'
      case 'reopen':
        this.#reopen()
        return 'ok'
    }
  }

  #reopen(): void {
    if (this.#directory === undefined) return
    this.close()
    this.#machine = bootDirectory(this.#directory)
    this.#process = this.#machine.process('fuzz')
    this.#fd = this.#process.bpf.objGet(PIN)
  }

  /** All elements, in the map's order. */
  elements(): [string, string][] {
    const { bpf } = this.#process
    const all: [string, string][] = []
    for (let at: Uint8Array | undefined; ;) {
      try {
        at = bpf.mapGetNextKey(this.#fd, at)
      } catch (error) {
        if (error instanceof KernelError) return all
        throw error
      }
      all.push([hex(at), hex(bpf.mapLookupElem(this.#fd, at))])
    }
  }

  close(): void {
    this.#process.exit()
    this.#machine.close()
  }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** What a map that throws nothing out is. */
class Model {
  readonly #kind: Kind
  readonly #all = new Map<number, number>()

  constructor(kind: Kind) {
    this.#kind = kind
  }

  run(each: Step): string {
    if (each.op === 'reopen') return 'ok'
    if (each.op === 'fill') {
      for (let i = 0; i < KEYS; i++) this.run({ op: 'update', key: i, value: i, flags: 0 })
      return 'ok'
    }
    const old = this.#all.get(each.key)
    if (each.op === 'update' || each.op === 'program') {
      if (old !== undefined && each.flags === 1) return 'EEXIST'
      if (old === undefined && each.flags === 2) return 'ENOENT'
      if (old === undefined && this.#all.size >= this.#kind.max) return 'E2BIG'
      this.#all.set(each.key, each.value)
      return 'ok'
    }
    if (old === undefined) return 'ENOENT'
    if (each.op !== 'lookup') this.#all.delete(each.key)
    return each.op === 'delete' ? 'ok' : hex(new Uint8Array(this.#kind.valueSize).fill(old))
  }

  get size(): number {
    return this.#all.size
  }
}

const kinds: Kind[] = [
  { name: 'hash', type: MapType.HASH, flags: 0, max: 16, keySize: 4, valueSize: 8 },
  { name: 'hash, not preallocated', type: MapType.HASH, flags: 1, max: 16, keySize: 3, valueSize: 5 },
  { name: 'hash of large values', type: MapType.HASH, flags: 0, max: 20, keySize: 5, valueSize: 200 },
  { name: 'per-CPU hash', type: MapType.PERCPU_HASH, flags: 0, max: 16, keySize: 4, valueSize: 8 },
  { name: 'LRU hash', type: MapType.LRU_HASH, flags: 0, max: 12, keySize: 4, valueSize: 8 },
  { name: 'LRU hash, a list for each CPU', type: MapType.LRU_HASH, flags: 2, max: 12, keySize: 4, valueSize: 8 },
  { name: 'per-CPU LRU hash', type: MapType.LRU_PERCPU_HASH, flags: 0, max: 12, keySize: 4, valueSize: 8 },
]

describe('hash maps under random steps', () => {
  test.each(kinds)('$name', (kind) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        const directory = mkdtempSync(join(tmpdir(), 'bpftool-sim-fuzz-'))
        folders.push(directory)
        const kept = new Fuzzed(kind, directory)
        const inMemory = new Fuzzed(kind)
        try {
          const said = steps.map((each) => kept.run(each))
          expect(said).toEqual(steps.map((each) => inMemory.run(each)))
          expect(kept.elements()).toEqual(inMemory.elements())
          if (kind.type !== MapType.HASH) return
          const model = new Model(kind)
          expect(said).toEqual(steps.map((each) => model.run(each)))
          expect(kept.elements().length).toBe(model.size)
        } finally {
          kept.close()
          inMemory.close()
          rmSync(directory, { recursive: true, force: true })
        }
      }),
      { numRuns: 15 },
    )
  })
})
