import { readFileSync } from 'node:fs'
import { bootMachine } from '../../src/kernel/boot.ts'
import { KernelError } from '../../src/kernel/error.ts'
import type { Syscalls } from '../../src/kernel/syscall.ts'
import type { BatchResult } from '../../src/uapi/attr.ts'
import { errnoName } from '../../src/uapi/errno.ts'
import { call, insn, mapFd } from './assemble.ts'

/** Runs the steps of recorded/NAME.txt on a machine of ours: what record.py does on a real kernel. */

/** A line of a recording: the step's words, its options, and the kernel's answer. */
export interface Step {
  text: string
  answer: string
}

export interface Case {
  name: string
  steps: Step[]
}

/** The cases of a recording: `## name` and the steps below it. */
export function parseCases(text: string): Case[] {
  const cases: Case[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('## ')) cases.push({ name: line.slice(3), steps: [] })
    else if (line !== '' && !line.startsWith('#')) {
      const at = line.indexOf(' => ')
      cases.at(-1)?.steps.push({ text: line.slice(0, at), answer: line.slice(at + 4) })
    }
  }
  return cases
}

type Options = ReadonlyMap<string, string>
const NO_FD = 999
const perCpuTypes: ReadonlySet<number> = new Set([5, 6, 10, 21])
const hashTypes: ReadonlySet<number> = new Set([1, 5, 9, 10, 13])

interface KnownMap {
  fd: number
  type: number
  keySize: number
  valueSize: number
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (text: string) => (text === '-' ? new Uint8Array(0) : new Uint8Array(Buffer.from(text, 'hex')))

function errorName(errno: number): string {
  return errnoName(errno)?.replace('ENOTSUPP', '524') ?? String(errno)
}

function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i)
}

/** `.*3 b*2` for `...bb`. */
function runs(letters: readonly string[]): string {
  const out: [string, number][] = []
  for (const letter of letters) {
    const last = out.at(-1)
    if (last?.[0] === letter) last[1]++
    else out.push([letter, 1])
  }
  return out.map(([letter, times]) => `${letter}*${times}`).join(' ')
}

function bytesOf(file: string): Uint8Array {
  return bytes(readFileSync(new URL(file, import.meta.url), 'latin1').trim())
}

export class Replay {
  readonly #process: Syscalls
  readonly #maps = new Map<string, KnownMap>()
  readonly #fds = new Map<string, number>()

  constructor(process: Syscalls = bootMachine({ cpus: 2 }).process('replay')) {
    this.#process = process
  }

  answer(text: string): string {
    const words = text.split(/ +/)
    const options = new Map<string, string>()
    const args: string[] = []
    for (const word of words) {
      const at = word.indexOf('=')
      if (at > 0) options.set(word.slice(0, at), word.slice(at + 1))
      else args.push(word)
    }
    try {
      return this.#run(args, options)
    } catch (error) {
      if (error instanceof KernelError) return errorName(error.errno)
      throw error
    }
  }

  #fd(name: string): number {
    return this.#maps.get(name)?.fd ?? this.#fds.get(name) ?? (/^-?\d+$/.test(name) ? Number(name) : NO_FD)
  }

  #map(name: string): KnownMap {
    return this.#maps.get(name) ?? { fd: this.#fd(name), type: 0, keySize: 4, valueSize: 64 }
  }

  /** `@name` is a descriptor. What's too short is filled up with zeros, as the recorder's buffers are. */
  #value(map: KnownMap, text: string): Uint8Array {
    const value = new Uint8Array(map.valueSize)
    if (text.startsWith('@')) new DataView(value.buffer).setInt32(0, this.#fd(text.slice(1)), true)
    else value.set(bytes(text).subarray(0, map.valueSize))
    return value
  }

  #run(args: string[], options: Options): string {
    const [op = '', name = '', first = '-', second = '-'] = args
    const { bpf } = this.#process
    const number = (option: string) => Number(options.get(option) ?? 0)
    const flags = number('flags')
    const map = this.#map(name)
    const key = bytes(first)
    switch (op) {
      case 'create':
        return this.#create(name, options)
      case 'btf':
        this.#fds.set(name, bpf.btfLoad({ btf: bytesOf(`btf/${first}.hex`) }).fd)
        return 'ok'
      case 'lookup':
        return hex(bpf.mapLookupElem(map.fd, this.#keyOrGiven(map, key, options), flags))
      case 'lookup_delete':
        return hex(bpf.mapLookupAndDeleteElem(map.fd, key, flags))
      case 'update':
        bpf.mapUpdateElem(map.fd, key, this.#value(map, second), flags)
        return 'ok'
      case 'delete':
        bpf.mapDeleteElem(map.fd, key)
        return 'ok'
      case 'next':
        return hex(bpf.mapGetNextKey(map.fd, first === '-' ? undefined : key))
      case 'keys':
        return this.#keys(map)
      case 'freeze':
        bpf.mapFreeze(map.fd)
        return 'ok'
      case 'lookup_batch':
      case 'lookup_delete_batch': {
        const start = options.get('in')
        const attr = { count: number('count'), elemFlags: number('elem_flags'), flags }
        const from = start === undefined ? attr : { ...attr, inBatch: bytes(start) }
        return this.#readBatch(map, attr.count, () =>
          op === 'lookup_batch' ? bpf.mapLookupBatch(map.fd, from) : bpf.mapLookupAndDeleteBatch(map.fd, from),
        )
      }
      case 'update_batch':
      case 'delete_batch': {
        const attr = { count: number('count'), elemFlags: number('elem_flags'), flags }
        return this.#writeBatch(attr.count, () =>
          op === 'update_batch'
            ? bpf.mapUpdateBatch(map.fd, key, bytes(second), attr)
            : bpf.mapDeleteBatch(map.fd, key, attr),
        )
      }
      case 'fill':
        return runs(
          range(Number(first), Number(second)).map((i) => this.#letter(`update ${name} ${this.#first(name, i)}`)),
        )
      case 'mix':
        return this.#mix(name, Number(first), Number(second), Number(args[4]))
      case 'prog_lookup':
        return this.#progLookup(map, key, options)
      case 'prog_update':
        return this.#progCall(call(map.fd, 2, [key, bytes(second)], flags))
      case 'prog_delete':
        return this.#progCall(call(map.fd, 3, [key], 0))
      case 'prog_push':
        return this.#progCall(call(map.fd, 87, [key], flags))
      case 'prog':
        this.#fds.set(name, this.#prog(options))
        return 'ok'
      case 'run':
        return String(bpf.progTestRun(this.#fd(name), { dataIn: new Uint8Array(64), repeat: 1 }).retval)
      case 'close':
        this.#process.close(this.#fd(name))
        this.#maps.delete(name)
        this.#fds.delete(name)
        return 'ok'
      case 'same': {
        const value = bpf.mapLookupElem(map.fd, key)
        const read = new DataView(value.buffer, value.byteOffset).getUint32(0, true)
        const { id } = this.#maps.has(second) ? bpf.mapInfo(this.#fd(second)) : bpf.progInfo(this.#fd(second))
        return read === id ? 'yes' : 'no'
      }
      case 'info': {
        const lines = this.#process.fdinfo(map.fd)
        const told = args.slice(2).map((field) => `${field}=${lines.get(field) ?? 'None'}`)
        return told.join(' ')
      }
      default:
        throw new Error(`unknown step ${op}`)
    }
  }

  #keyOrGiven(map: KnownMap, key: Uint8Array, options: Options): Uint8Array {
    const given = options.get('given')
    return given === undefined ? key : this.#value(map, given)
  }

  #create(name: string, options: Options): string {
    const number = (option: string) => Number(options.get(option) ?? 0)
    const fd = (option: string) => (options.has(option) ? this.#fd(options.get(option) ?? '') : 0)
    const type = number('type')
    const opened = this.#process.bpf.mapCreate({
      mapType: type,
      keySize: number('key'),
      valueSize: number('value'),
      maxEntries: number('max'),
      mapFlags: number('flags'),
      innerMapFd: fd('inner'),
      numaNode: number('numa'),
      mapName: options.get('name') ?? '',
      mapIfindex: number('ifindex'),
      btfFd: fd('btf'),
      btfKeyTypeId: number('btf_key'),
      btfValueTypeId: number('btf_value'),
      mapExtra: BigInt(options.get('extra') ?? 0),
    })
    const one = number('value')
    const valueSize = perCpuTypes.has(type) ? Math.ceil(one / 8) * 8 * this.#process.possibleCpus() : one
    this.#maps.set(name, { fd: opened, type, keySize: number('key'), valueSize })
    return 'ok'
  }

  #keys({ fd }: KnownMap): string {
    const keys: string[] = []
    let key: Uint8Array | undefined
    for (;;) {
      try {
        key = this.#process.bpf.mapGetNextKey(fd, key)
      } catch (error) {
        if (error instanceof KernelError && error.message === 'ENOENT') return keys.join(' ') || 'none'
        throw error
      }
      keys.push(hex(key))
    }
  }

  #readBatch(map: KnownMap, given: number, fn: () => BatchResult): string {
    let result: BatchResult
    try {
      result = fn()
    } catch (error) {
      if (error instanceof KernelError) return `${errorName(error.errno)} count=${given}`
      throw error
    }
    const { errno, count, keys, values, outBatch } = result
    const said = errno === 0 ? 'ok' : errorName(errno)
    if (said !== 'ok' && said !== 'ENOENT') return `${said} count=${count}`
    const size = hashTypes.has(map.type) ? 4 : map.keySize
    const out = hex(outBatch ?? new Uint8Array(size))
    return `${said} count=${count} keys=${hex(keys)} values=${hex(values)} out=${out}`
  }

  #writeBatch(given: number, fn: () => BatchResult): string {
    try {
      const { errno, count } = fn()
      return `${errno === 0 ? 'ok' : errorName(errno)} count=${count}`
    } catch (error) {
      if (error instanceof KernelError) return `${errorName(error.errno)} count=${given}`
      throw error
    }
  }

  /** Key and value of `fill` and `mix`. */
  #first(name: string, key: number, one = false): string {
    const value = new Uint8Array(one ? 8 : this.#map(name).valueSize)
    new DataView(value.buffer).setUint32(0, key, true)
    return `${hex(value.subarray(0, 4))} ${hex(value)}`
  }

  #letter(step: string): string {
    const answer = this.answer(step)
    return { ok: '.', ENOENT: 'n', EEXIST: 'x', E2BIG: 'b', null: 'n' }[answer] ?? answer
  }

  #mix(name: string, seed: number, count: number, keys: number): string {
    let state = seed
    const random = () => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
      return state >> 16
    }
    const letters: string[] = []
    for (let i = 0; i < count; i++) {
      const what = random() % 16
      const key = random() % keys
      const both = this.#first(name, key)
      const k = both.slice(0, 8)
      if (what < 7) letters.push(this.#letter(`update ${name} ${both} flags=${what < 2 ? what : 0}`))
      else if (what < 11) letters.push(this.answer(`prog_lookup ${name} ${k}`) === 'null' ? 'n' : '.')
      else if (what < 12) letters.push(this.#letter(`prog_update ${name} ${this.#first(name, key, true)}`))
      else if (what < 14) letters.push(this.answer(`lookup ${name} ${k}`) === 'ENOENT' ? 'n' : '.')
      else letters.push(this.#letter(`delete ${name} ${k}`))
    }
    return letters.join('')
  }

  #progLookup(map: KnownMap, key: Uint8Array, options: Options): string {
    const size = Math.min(Number(options.get('bytes') ?? 4), 4)
    const set = options.get('set')
    const code = [
      ...call(map.fd, 1, [key], 0),
      insn(0x55, 0, 0, 2, 0),
      insn(0xb7, 0, 0, 0, -1),
      insn(0x95),
      insn(size === 4 ? 0x61 : 0x71, 6, 0, 0, 0),
      ...(set === undefined ? [] : [insn(0x72, 0, 0, 0, Number(set))]),
      insn(0xbf, 0, 6),
      insn(0x95),
    ]
    const result = this.#runProgram(code)
    return result === 0xffffffff ? 'null' : result.toString(16).padStart(8, '0')
  }

  #progCall(code: Uint8Array[]): string {
    const result = this.#runProgram([...code, insn(0x95)])
    return result === 0 ? 'ok' : errorName(0x1_0000_0000 - result)
  }

  #runProgram(code: Uint8Array[]): number {
    const { bpf } = this.#process
    const { fd } = bpf.progLoad({ progType: 1, insns: Buffer.concat(code), license: 'GPL' })
    try {
      return bpf.progTestRun(fd, { dataIn: new Uint8Array(64), repeat: 1 }).retval
    } finally {
      this.#process.close(fd)
    }
  }

  #prog(options: Options): number {
    const number = (option: string) => Number(options.get(option) ?? 0)
    const code = [insn(0xbf, 6, 1)]
    for (const used of options.get('maps')?.split(',') ?? []) code.push(mapFd(1, this.#fd(used)))
    const tail = options.get('tail')
    if (tail !== undefined) {
      code.push(
        insn(0xbf, 1, 6),
        mapFd(2, this.#fd(tail)),
        insn(0xb7, 3, 0, 0, number('index')),
        insn(0x85, 0, 0, 0, 12),
      )
    }
    code.push(insn(0xb7, 0, 0, 0, number('returns')), insn(0x95))
    return this.#process.bpf.progLoad({
      progType: number('type'),
      insns: Buffer.concat(code),
      license: 'GPL',
      expectedAttachType: number('attach'),
      progFlags: number('flags'),
    }).fd
  }
}
