import { helperNames } from '../../../src/uapi/helper-names.ts'
import { MapType } from '../../../src/uapi/map-type.ts'
import { ProgType } from '../../../src/uapi/prog-type.ts'
import type { Rights } from '../../steps/ask.ts'
import { keepOnly } from '../../steps/rights.ts'
import type { Answer, Step } from '../../steps/step.ts'
import { wildCase } from '../../verifier/wild-case.ts'
import { progTypeRow } from '../../../src/kernel/progs/types.ts'
import { callTo, exit, insn, load64, loadOf, zero } from '../program.ts'
import { speculationCase } from './speculation.ts'

/** What those may do who don't have all rights. */

export type RightsCase = readonly [name: string, steps: Step[]]

/** With which rights is asked. */
export const groups: Readonly<Record<string, Rights>> = {
  'CAP_BPF,CAP_NET_ADMIN': { keep: keepOnly('CAP_BPF,CAP_NET_ADMIN') },
  CAP_BPF: { keep: keepOnly('CAP_BPF') },
  'CAP_BPF,CAP_PERFMON': { keep: keepOnly('CAP_BPF,CAP_PERFMON') },
  'CAP_PERFMON,CAP_NET_ADMIN': { keep: keepOnly('CAP_PERFMON,CAP_NET_ADMIN') },
  CAP_SYS_ADMIN: { keep: keepOnly('CAP_SYS_ADMIN') },
  none: { keep: [], unprivileged: true },
  'none, and shut out': { keep: [] },
}

const WILD_LOG = 1 << 18

function attachType(type: number): number {
  return progTypeRow(type)?.attachTypes?.[0] ?? progTypeRow(type)?.defaultAttachType ?? 0
}

/** Types of programs and of maps, and what a program may be made of. */
function plainCases(): RightsCase[] {
  const types = Object.entries(ProgType).filter(([, type]) => type !== ProgType.UNSPEC)
  const programs = types.map(([name, progType]): RightsCase => [
    `program ${name}`,
    loadOf([zero, exit], { progType, expectedAttachType: attachType(progType) }),
  ])
  const maps = Object.entries(MapType)
    .filter(([, type]) => type !== MapType.UNSPEC && type !== MapType.STRUCT_OPS)
    .map(([name, mapType]): RightsCase => [
      `map ${name}`,
      [{ op: 'mapCreate', attr: { mapType, keySize: 4, valueSize: 4, maxEntries: 1 } }],
    ])
  const loop = [insn(0xb7, 0, 0, 0, 0), insn(0x07, 0, 0, 0, 1), insn(0xa5, 0, 0, -2, 10), exit]
  return [
    ...programs,
    ...maps,
    ['function', loadOf([callTo(1), exit, zero, exit])],
    ['kernel function', loadOf([insn(0x85, 0, 2, 0, 1), zero, exit])],
    ['address of a function', loadOf([load64(4, 2), zero, exit, zero, exit])],
    ['loop', loadOf(loop)],
    ['4096 instructions', loadOf([...Array.from({ length: 4095 }, () => zero), exit], { logLevel: 0, logSize: 0 })],
    ['4097 instructions', loadOf([...Array.from({ length: 4096 }, () => zero), exit], { logLevel: 0, logSize: 0 })],
    ['returns a pointer', loadOf([insn(0xbf, 0, 10), exit])],
    ['stores a pointer', loadOf([insn(0x7b, 1, 10, 20), zero, exit])],
    ['compares pointers', loadOf([insn(0xbf, 2, 10), insn(0x1d, 2, 1, 0), zero, exit])],
    ['compares a pointer and a number', loadOf([insn(0x15, 1, 0, 0, 5), zero, exit])],
    ['subtracts pointers', loadOf([insn(0xbf, 2, 10), insn(0x1f, 2, 1), zero, exit])],
    ['cuts a pointer', loadOf([insn(0xbc, 2, 1), zero, exit])],
    ['reads what nothing was written to', loadOf([insn(0x79, 0, 10, -8), exit])],
    ['a stack slot that varies', loadOf([insn(0x61, 2, 1), insn(0x57, 2, 0, 0, 8), insn(0x1f, 10, 2), zero, exit])],
    ['writes a part of a spilled pointer', loadOf([insn(0x7b, 10, 1, -8), insn(0x72, 10, 0, -8, 1), zero, exit])],
    ['dead code', loadOf([zero, insn(0x05, 0, 0, 1), zero, exit])],
  ]
}

const helperTypes: Readonly<Record<string, readonly number[]>> = {
  'CAP_BPF,CAP_NET_ADMIN': [
    ProgType.SOCKET_FILTER,
    ProgType.SCHED_CLS,
    ProgType.SOCK_OPS,
    ProgType.CGROUP_SOCK_ADDR,
    ProgType.CGROUP_SOCK,
    ProgType.SYSCALL,
  ],
  'CAP_BPF,CAP_PERFMON': [ProgType.KPROBE],
  none: [ProgType.SOCKET_FILTER, ProgType.CGROUP_SKB],
}

/** Each helper, by each type of program that these rights are enough for. */
function helperCases(name: string): RightsCase[] {
  const types = helperTypes[name] ?? []
  return types.flatMap((progType) =>
    helperNames.slice(1).map((helper, i): RightsCase => {
      const more = { progType, expectedAttachType: attachType(progType), logSize: 4096 }
      const sleeps = progType === ProgType.SYSCALL ? { progFlags: 1 << 4 } : {}
      return [`helper ${helper} ${progType}`, loadOf([insn(0x85, 0, 0, 0, i + 1), zero, exit], { ...more, ...sleeps })]
    }),
  )
}

function randomCases(name: string, count: number): RightsCase[] {
  if (name !== 'none' && name !== 'CAP_BPF,CAP_NET_ADMIN') return []
  const seeds = Array.from({ length: count }, (_, i) => i + 1)
  const wild = name === 'none' ? [] : seeds.map((seed): RightsCase => [`wild ${seed}`, wildCase(seed, WILD_LOG)])
  const types = name === 'none' ? [ProgType.SOCKET_FILTER, ProgType.CGROUP_SKB] : [ProgType.SOCKET_FILTER, ProgType.XDP]
  const own = seeds.map((seed): RightsCase => [
    `speculation ${seed}`,
    speculationCase(seed, types[seed % types.length] as number),
  ])
  return [...own, ...wild]
}

export const RANDOM_CASES = 300

export function rightsCases(name: string, count = RANDOM_CASES): RightsCase[] {
  return [...plainCases(), ...helperCases(name), ...randomCases(name, count)]
}

/** A program without what a kernel shows only to some: addresses of helpers, numbers of maps. */
export function settledProgram(hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  for (let at = 0; at < bytes.length; at += 8) {
    const opcode = bytes[at]
    if (opcode === 0x85) bytes.writeInt32LE(0, at + 4)
    if (opcode !== 0x18) continue
    bytes.writeInt32LE(0, at + 4)
    at += 8
  }
  return bytes.toString('hex')
}

/** What is kept of an answer about a helper: whether it may be called at all. */
export function mayCall({ log, errno }: Answer): boolean {
  return !/cannot use helper|invalid func/.test(log) && !(errno !== 0 && log === '')
}
