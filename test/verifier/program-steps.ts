import type { BootOptions } from '../../src/kernel/boot.ts'
import { bootMachine } from '../../src/kernel/boot.ts'
import type { Syscalls } from '../../src/kernel/syscall.ts'
import { loadObject, openObject } from '../../src/libbpf/object.ts'
import type { ProgLoadAttr } from '../../src/uapi/attr.ts'
import { PseudoLdImm64 } from '../../src/uapi/flags.ts'
import { ProgType } from '../../src/uapi/prog-type.ts'
import { code, exit, zero } from '../load/program.ts'
import type { Answer, Step } from '../steps/step.ts'

/** Each program of an object as the bpf(2) commands that load it alone, for the real kernel and for ours. */

const LOG_SIZE = 1 << 20
const LOG_LEVEL = 2
const LD_IMM64 = 0x18
const NAME_LENGTH = 15

/** Loaded in place of each program, so that the next one is reached whatever the kernel would say of it. */
const harmless: ProgLoadAttr = { progType: ProgType.SOCKET_FILTER, license: 'GPL', insns: code(zero, exit) }

/** @returns a case for each program: the maps and types that it needs, and the load itself. */
export function programSteps(bytes: Uint8Array, file: string, boot: BootOptions = {}): [name: string, steps: Step[]][] {
  const machine = bootMachine(boot)
  const process = machine.process('record')
  const { bpf } = process
  const object = openObject(bytes, file)
  const left = [...object.entryPrograms()].map(({ name }) => name)
  const cases: [string, Step[]][] = []
  const made = new Map<number, Step>()
  const nameOf = (fd: number | undefined): string => made.get(fd ?? -1)?.as ?? 'nothing'
  const keep = (fd: number, step: Step): number => {
    made.set(fd, { ...withFds(step, nameOf, made), as: `m${made.size}` })
    return fd
  }
  const wrapped: typeof bpf = {
    ...bpf,
    btfLoad: (attr) => {
      const loaded = bpf.btfLoad(attr)
      keep(loaded.fd, { op: 'btfLoad', attr })
      return loaded
    },
    mapCreate: (attr) => keep(bpf.mapCreate(attr), { op: 'mapCreate', attr }),
    progLoad: (attr) => {
      const [name] = left
      // libbpf tries out what the kernel can with programs of its own.
      if (name === undefined || attr.progName !== name.slice(0, NAME_LENGTH)) return bpf.progLoad(attr)
      left.shift()
      const asked = { ...attr, insns: attr.insns.slice(), logLevel: LOG_LEVEL, logSize: LOG_SIZE }
      const load: Step = { op: 'progLoad', attr: asked, insnFds: mapFds(attr, nameOf) }
      const step = withFds(load, nameOf, made)
      cases.push([name, [...needed([...made.values()], step), step]])
      return bpf.progLoad(harmless)
    },
  }
  const sys = new Proxy<Syscalls>(process, {
    get(target, name) {
      if (name === 'bpf') return wrapped
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  loadObject(object, sys)
  machine.close()
  if (left.length > 0) throw new Error(`${file}: not loaded: ${left.join(' ')}`)
  return cases
}

/** A step whose descriptors have the names of the steps that made them. */
function withFds(step: Step, nameOf: (fd: number) => string, made: ReadonlyMap<number, Step>): Step {
  const fds = Object.entries(step.attr)
    .filter(([field, fd]) => field.endsWith('Fd') && typeof fd === 'number' && made.has(fd))
    .map(([field, fd]) => [field, nameOf(fd as number)])
  return fds.length > 0 ? { ...step, fds: Object.fromEntries(fds) as Record<string, string> } : step
}

/** The maps in instructions. */
function mapFds({ insns }: ProgLoadAttr, nameOf: (fd: number) => string): [slot: number, name: string][] {
  const view = new DataView(insns.buffer, insns.byteOffset, insns.byteLength)
  const found: [number, string][] = []
  for (let slot = 0; slot * 8 < insns.length; slot++) {
    if (view.getUint8(slot * 8) !== LD_IMM64) continue
    const src = view.getUint8(slot * 8 + 1) >> 4
    if (src === PseudoLdImm64.MAP_FD || src === PseudoLdImm64.MAP_VALUE) {
      found.push([slot, nameOf(view.getInt32(slot * 8 + 4, true))])
    }
    slot++
  }
  return found
}

/** What a step hangs on, in the order that it was made. */
function needed(made: readonly Step[], last: Step): Step[] {
  const names = new Set<string>()
  const want = (step: Step) => {
    const uses = [
      ...Object.values(step.fds ?? {}),
      ...(step.op === 'progLoad' ? (step.insnFds ?? []) : []).map(([, n]) => n),
    ]
    for (const name of uses) {
      const other = made.find(({ as }) => as === name)
      if (!other || names.has(name)) continue
      names.add(name)
      want(other)
    }
  }
  want(last)
  return made.filter(({ as }) => as !== undefined && names.has(as))
}

/** An answer without what's another kernel's each time: addresses, the time that it took. */
export function settled({ errno, log }: Answer): Answer {
  const text = log
    .replace(/^verification time \d+ usec$/gm, 'verification time')
    .replace(/\(18\) r(\d+) = 0xff[0-9a-f]{14}/g, '(18) r$1 = 0xADDR')
  return { errno, log: text, trueSize: text.length }
}
