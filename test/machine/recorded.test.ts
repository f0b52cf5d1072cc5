import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { bootMachine } from '../../src/kernel/boot.ts'
import { KernelError } from '../../src/kernel/error.ts'
import type { Syscalls } from '../../src/kernel/syscall.ts'
import type { ObjectKind } from '../../src/uapi/attr.ts'

/** The steps of recorded/steps.json, run through the door, against what a real kernel answered (recorded/record.py). */

interface Step {
  op: string
  fd?: string
  as?: string
  key?: string | null
  value?: string
  flags?: number
  path?: string
  kind?: ObjectKind
  id?: number
  map?: string
  type?: number
  insns?: string
  name?: string
  btf?: string
  attr?: Record<string, number | string>
}

type Steps = Record<string, Step[]>
type Answers = Record<string, unknown[]>

function load<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`recorded/${name}`, import.meta.url), 'utf8')) as T
}

const ROOT = '/sys/fs/bpf/recorded_steps'
const NO_FD = 999
const hidden = new Set(['map_id', 'prog_id', 'btf_id', 'memlock', 'prog_jited', 'owner_jited'])
const ownLines = new Set(['pos', 'flags', 'mnt_id', 'ino'])

class Replay {
  readonly #process: Syscalls
  readonly #fds = new Map<string, number>()

  constructor() {
    this.#process = bootMachine({ cpus: 2 }).process('replay')
    this.#process.files.mkdir(ROOT)
  }

  answer(step: Step): unknown {
    try {
      return this.#run(step) ?? 'ok'
    } catch (error) {
      if (error instanceof KernelError) return error.errno === 524 ? '524' : error.message
      throw error
    }
  }

  #run(step: Step): unknown {
    const { bpf, files } = this.#process
    const fd = this.#fds.get(step.fd ?? '') ?? NO_FD
    const key = step.key ? Buffer.from(step.key, 'hex') : new Uint8Array(0)
    const value = Buffer.from(step.value ?? '', 'hex')
    const path = ROOT + (step.path ?? '')
    const keep = (opened: number) => {
      this.#fds.set(step.as ?? '', opened)
    }
    switch (step.op) {
      case 'map_create':
        keep(this.#mapCreate(step.attr ?? {}))
        return
      case 'lookup':
        return Buffer.from(bpf.mapLookupElem(fd, key, step.flags)).toString('hex')
      case 'update':
        bpf.mapUpdateElem(fd, key, value, step.flags)
        return
      case 'delete':
        bpf.mapDeleteElem(fd, key)
        return
      case 'lookup_delete':
        return Buffer.from(bpf.mapLookupAndDeleteElem(fd, key, step.flags)).toString('hex')
      case 'next':
        return Buffer.from(bpf.mapGetNextKey(fd, step.key ? key : undefined)).toString('hex')
      case 'freeze':
        bpf.mapFreeze(fd)
        return
      case 'prog_load': {
        const { type = 0, insns = '', name = '' } = step
        keep(bpf.progLoad({ progType: type, insns: Buffer.from(insns, 'hex'), license: 'GPL', progName: name }).fd)
        return
      }
      case 'btf_load':
        keep(bpf.btfLoad({ btf: Buffer.from(step.btf ?? '', 'hex') }).fd)
        return
      case 'pin':
        bpf.objPin(fd, path)
        return
      case 'get':
        keep(bpf.objGet(path, step.flags))
        return
      case 'bind':
        if (step.flags) throw new KernelError(22) // the door has no flags here
        bpf.progBindMap(fd, this.#fds.get(step.map ?? '') ?? NO_FD)
        return
      case 'by_id':
        keep(bpf.getFdById(step.kind ?? 'map', step.id ?? 0, step.flags))
        return
      case 'reopen':
        keep(bpf.getFdById('map', bpf.mapInfo(fd).id, step.flags))
        return
      case 'next_id':
        bpf.getNextId(step.kind ?? 'map', step.id ?? 0)
        return
      case 'fdinfo': {
        const lines = [...this.#process.fdinfo(fd)].filter(([name]) => !ownLines.has(name))
        return Object.fromEntries(lines.map(([name, text]) => [name, hidden.has(name) ? '?' : text]))
      }
      case 'close':
        this.#process.close(fd)
        return
      case 'mkdir':
        files.mkdir(path)
        return
      case 'rmdir':
        files.rmdir(path)
        return
      case 'unlink':
        files.unlink(path)
        return
      case 'readdir':
        return files.readdir(path).sort()
      case 'stat': {
        const { kind, mode } = files.stat(path)
        return kind === 'directory' ? kind : `0o${mode.toString(8)}`
      }
      case 'read':
        files.read(path)
        return
      default:
        throw new Error(`unknown step ${step.op}`)
    }
  }

  #mapCreate(attr: Record<string, number | string>): number {
    const number = (name: string) => Number(attr[name] ?? 0)
    const fd = (name: string) => this.#fds.get(String(attr[name])) ?? 0
    return this.#process.bpf.mapCreate({
      mapType: number('type'),
      keySize: number('key'),
      valueSize: number('value'),
      maxEntries: number('max'),
      mapFlags: number('flags'),
      innerMapFd: fd('inner'),
      numaNode: number('numa'),
      mapName: String(attr['name'] ?? ''),
      mapIfindex: number('ifindex'),
      btfFd: fd('btf'),
      btfKeyTypeId: number('btf_key'),
      btfValueTypeId: number('btf_value'),
      btfVmlinuxValueTypeId: number('btf_vmlinux'),
      mapExtra: BigInt(number('extra')),
    })
  }
}

const steps = load<Steps>('steps.json')
const answers = load<Answers>('answers.json')

describe('bpf(2) and bpffs answer as a real kernel does', () => {
  test.each(Object.keys(steps))('%s', (name) => {
    const replay = new Replay()
    const said = (steps[name] ?? []).map((step) => ({ step, answer: replay.answer(step) }))
    const expected = (steps[name] ?? []).map((step, i) => ({ step, answer: answers[name]?.[i] }))
    expect(said).toEqual(expected)
  })
})
