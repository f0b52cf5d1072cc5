import type { ProgLoadAttr } from '../../src/uapi/attr.ts'
import { ProgType } from '../../src/uapi/prog-type.ts'
import type { Step } from '../steps/step.ts'
import type { Case } from './program.ts'
import { LOG_SIZE, attrOf, btfStep, callTo, code, exit, insn, loadOf, zero } from './program.ts'

/** Attributes: flags, names, licenses, types, logs, descriptors. The programs are good, or bad in one place. */

const good = [zero, exit]
/** What is refused once the attributes are looked at. */
const bad = [zero, exit, exit]

function flags(): Case[] {
  const bits = Array.from({ length: 32 }, (_, bit) => bit)
  return [
    ...bits.map((bit): Case => [`flag ${bit}`, loadOf(bad, { progFlags: (1 << bit) >>> 0, progType: ProgType.XDP })]),
    ['flags of alignment, both', loadOf(bad, { progFlags: 3 })],
    ...[ProgType.SOCKET_FILTER, ProgType.KPROBE, ProgType.SYSCALL, ProgType.TRACING, ProgType.LSM].map(
      (progType): Case => [`sleepable ${progType}`, loadOf(good, { progType, progFlags: 1 << 4 })],
    ),
    ['token, no descriptor', loadOf(good, { progFlags: 1 << 16, progTokenFd: 4095 })],
    ['token without its flag', loadOf(bad, { progTokenFd: 4095 })],
    [
      'token, a BTF',
      [
        btfStep(),
        ...loadOf(good, { progFlags: 1 << 16 }).map((step): Step => ({ ...step, fds: { progTokenFd: 'btf' } })),
      ],
    ],
  ]
}

function names(): Case[] {
  const all = ['', 'a', 'abcdefghijklmno', 'abcdefghijklmnop', 'a.b_c9', '9', 'a-b', 'a b', 'é', '%s', 'a\0b', '\0']
  return all.map((progName): Case => [`name ${JSON.stringify(progName)}`, loadOf(bad, { progName })])
}

/** Whoever calls a kernel function needs a license, and learns that before anything else. */
function licenses(): Case[] {
  const call = insn(0x85, 0, 2, 0, 1)
  const all = ['', 'GPL', 'gpl', 'GPL v2', 'GPL\n', ' GPL', 'GPL ', 'GPL and additional rights', 'Dual BSD/GPL']
  all.push(
    'Dual MIT/GPL',
    'Dual MPL/GPL',
    'MIT',
    'Proprietary',
    'GPL v3',
    'x'.repeat(126),
    'x'.repeat(127),
    'x'.repeat(300),
  )
  return all.map((license): Case => [`license ${JSON.stringify(license)}`, loadOf([call, zero, exit], { license })])
}

function logs(): Case[] {
  const levels = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 0x80000000]
  const sizes = [0, 1, 2, 20, 60, 130, 4096]
  const text = [callTo(1), exit, zero, exit, zero, exit]
  return levels.flatMap((logLevel) =>
    sizes.map((logSize): Case => [`log level ${logLevel}, ${logSize} bytes`, loadOf(text, { logLevel, logSize })]),
  )
}

function others(): Case[] {
  const ifindex = (progType: number, progIfindex: number, progFlags = 0): Case => [
    `device ${progIfindex} of ${progType}, flags ${progFlags}`,
    loadOf(good, { progType, progIfindex, progFlags }),
  ]
  const devices = [ProgType.SOCKET_FILTER, ProgType.SCHED_CLS, ProgType.XDP, ProgType.TRACING].flatMap((type) =>
    [1, 999].flatMap((index) => [0, 1 << 5, 1 << 6, (1 << 5) | (1 << 6), 1].map((flag) => ifindex(type, index, flag))),
  )
  return [
    ...devices,
    ['version', loadOf(bad, { kernVersion: 1 })],
    ['version of a kprobe', loadOf(bad, { kernVersion: 1, progType: ProgType.KPROBE })],
    ...[0, 33, 34, 100, 0x7fffffff, -1].map((progType): Case => [`type ${progType}`, loadOf(bad, { progType })]),
    ['no log', loadOf(bad, { logLevel: 0, logSize: 0 })],
    ['log without a buffer', loadOf(bad, { logLevel: 1, logSize: 0 })],
  ]
}

/** What each type says to each attach type: its errno alone, for there's no log yet. */
export function attachTypeMatrix(): { name: string; attr: ProgLoadAttr }[] {
  const all: { name: string; attr: ProgLoadAttr }[] = []
  for (let progType = 0; progType <= 34; progType++) {
    for (let expectedAttachType = 0; expectedAttachType <= 64; expectedAttachType++) {
      const attr = attrOf(code(...bad), { progType, expectedAttachType, logLevel: 0, logSize: 0 })
      all.push({ name: `${progType} ${expectedAttachType}`, attr })
    }
  }
  return all
}

/** Descriptors that are maps or BTF, all of them. */
function fdArrays(): Case[] {
  const array: Step = { op: 'mapCreate', attr: { mapType: 2, keySize: 4, valueSize: 4, maxEntries: 1 }, as: 'map' }
  const prog: Step = { op: 'progLoad', attr: attrOf(code(...good), { logLevel: 0, logSize: 0 }), as: 'prog' }
  const step = (fdArrayCnt: number, fdArray?: string[]): Step => {
    const attr = attrOf(code(...bad), { fdArrayCnt })
    return fdArray ? { op: 'progLoad', attr, fdArray } : { op: 'progLoad', attr }
  }
  return [
    ['descriptors', [btfStep(), array, step(3, ['map', 'btf', 'map'])]],
    ['descriptors that are programs', [prog, array, step(2, ['map', 'prog'])]],
    ['descriptors that are none', [array, step(2, ['map', 'nothing'])]],
    ['descriptors, one of two', [array, step(1, ['map', 'nothing'])]],
    ['descriptors without an array', [step(1)]],
    ['too many descriptors', [array, step(0x3fffffff, ['map'])]],
    ['as many as there are numbers', [array, step(0xffffffff, ['map'])]],
  ]
}

function targets(): Case[] {
  const step = (name: string, more: Partial<ProgLoadAttr>, fd?: string): Case => {
    const loads = loadOf(good, { ...more, logSize: LOG_SIZE })
    const steps = fd
      ? [btfStep(), prog('prog'), ...loads.map((each): Step => ({ ...each, fds: { attachProgFd: fd } }))]
      : loads
    return [name, steps]
  }
  const prog = (as: string): Step => ({ op: 'progLoad', attr: attrOf(code(...good), { logLevel: 0, logSize: 0 }), as })
  const types = [
    ProgType.SOCKET_FILTER,
    ProgType.TRACING,
    ProgType.LSM,
    ProgType.STRUCT_OPS,
    ProgType.EXT,
    ProgType.XDP,
  ]
  return types.flatMap((progType) => {
    const expectedAttachType = progType === ProgType.TRACING ? 24 : progType === ProgType.LSM ? 27 : 0
    const base = { progType, expectedAttachType }
    return [
      step(`${progType} to nothing`, base),
      step(`${progType} to an id that is too high`, { ...base, attachBtfId: 0x100000 }),
      step(`${progType} to the highest id`, { ...base, attachBtfId: 0xfffff }),
      step(`${progType} to an int`, { ...base, attachBtfId: 1 }),
      step(`${progType} to a descriptor that isn't one`, { ...base, attachBtfId: 1, attachProgFd: 4095 }),
      step(`${progType} to BTF`, { ...base, attachBtfId: 1 }, 'btf'),
      step(`${progType} to BTF, no id`, base, 'btf'),
      step(`${progType} to a program`, { ...base, attachBtfId: 1 }, 'prog'),
      step(`${progType} to a program, no id`, base, 'prog'),
    ]
  })
}

export function attrCases(): Case[] {
  return [...flags(), ...names(), ...licenses(), ...logs(), ...others(), ...fdArrays(), ...targets()]
}
