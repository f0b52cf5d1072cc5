import type { ProgLoadAttr } from '../../src/uapi/attr.ts'
import { AttachType as A } from '../../src/uapi/attach-type.ts'
import { Errno } from '../../src/uapi/errno.ts'
import { ProgType as T } from '../../src/uapi/prog-type.ts'
import { attrOf, code, exit, insn } from '../load/program.ts'
import type { Answer, Step } from '../steps/step.ts'

/** Programs of one access to their context each: all offsets and sizes, of all types of programs. */
export interface Question {
  /** The type and attach type. */
  readonly who: string
  /** `read`, `signed` (keeping the sign) or `write`, with the size. */
  readonly how: string
  readonly off: number
  readonly step: Step
}

const SLEEPABLE = 1 << 4
/** Of four bytes, whose sign fills the others. */
const SIGNED_LOAD = 0x81
const LOG = { logLevel: 2, logSize: 4096 }

/** A context's type, its bytes, and the attach types that see it differently. */
type Row = readonly [type: keyof typeof T, bytes: number, ...attach: (keyof typeof A)[]]

const rows: readonly Row[] = [
  ['SOCKET_FILTER', 192],
  ['SCHED_CLS', 192],
  ['LWT_XMIT', 192],
  ['CGROUP_SKB', 192, 'CGROUP_INET_INGRESS', 'CGROUP_INET_EGRESS'],
  ['SK_SKB', 192, 'SK_SKB_STREAM_PARSER', 'SK_SKB_STREAM_VERDICT'],
  ['FLOW_DISSECTOR', 192],
  ['XDP', 24, 'XDP', 'XDP_DEVMAP'],
  ['SK_MSG', 80],
  ['SOCK_OPS', 224],
  ['SK_REUSEPORT', 56],
  ['SK_LOOKUP', 72, 'SK_LOOKUP'],
  [
    'CGROUP_SOCK',
    80,
    'CGROUP_INET_SOCK_CREATE',
    'CGROUP_INET_SOCK_RELEASE',
    'CGROUP_INET4_POST_BIND',
    'CGROUP_INET6_POST_BIND',
  ],
  [
    'CGROUP_SOCK_ADDR',
    72,
    'CGROUP_INET4_BIND',
    'CGROUP_INET6_BIND',
    'CGROUP_INET4_CONNECT',
    'CGROUP_INET6_CONNECT',
    'CGROUP_INET4_GETPEERNAME',
    'CGROUP_INET6_GETSOCKNAME',
    'CGROUP_UDP4_SENDMSG',
    'CGROUP_UDP6_SENDMSG',
    'CGROUP_UDP4_RECVMSG',
    'CGROUP_UDP6_RECVMSG',
    'CGROUP_UNIX_CONNECT',
    'CGROUP_UNIX_SENDMSG',
    'CGROUP_UNIX_GETPEERNAME',
  ],
  ['CGROUP_SOCKOPT', 40, 'CGROUP_GETSOCKOPT', 'CGROUP_SETSOCKOPT'],
  ['CGROUP_DEVICE', 12],
  ['CGROUP_SYSCTL', 8],
  ['NETFILTER', 16, 'NETFILTER'],
  ['KPROBE', 168],
  ['PERF_EVENT', 184],
  ['TRACEPOINT', 24],
  ['RAW_TRACEPOINT', 96],
  ['RAW_TRACEPOINT_WRITABLE', 96],
  ['LIRC_MODE2', 4],
  ['SYSCALL', 16],
]

/** Whose context is memory as any other: parts of words may be stored. */
const memory: ReadonlySet<keyof typeof T> = new Set(['KPROBE', 'SYSCALL'])

/** Opcodes by size: of a load, and of a store of a constant. */
const sizes = [
  [1, 0x71, 0x72],
  [2, 0x69, 0x6a],
  [4, 0x61, 0x62],
  [8, 0x79, 0x7a],
] as const

export function contextQuestions(): Question[] {
  return rows.flatMap(([type, bytes, ...attach]) => {
    const all = attach.length > 0 ? attach : [undefined]
    return all.flatMap((name, i) => questionsOf(type, bytes, name, i === 0))
  })
}

/** @param all parts of words too, not only words. */
function questionsOf(
  type: keyof typeof T,
  bytes: number,
  attach: keyof typeof A | undefined,
  all: boolean,
): Question[] {
  const who = attach === undefined ? type : `${type} ${attach}`
  const more: Partial<ProgLoadAttr> = { progType: T[type], ...LOG }
  if (attach !== undefined) more.expectedAttachType = A[attach]
  if (type === 'SYSCALL') more.progFlags = SLEEPABLE
  const questions: Question[] = []
  const ask = (how: string, size: number, access: (off: number) => Uint8Array) => {
    const offsets = Array.from({ length: bytes / size + 3 }, (_, i) => (i - 1) * size)
    if (size > 1) offsets.push(1, size / 2)
    for (const off of offsets) {
      const insns = code(access(off), insn(0xb7, 0, 0, 0, 1), exit)
      questions.push({ who, how: `${how}${size}`, off, step: { op: 'progLoad', attr: attrOf(insns, more) } })
    }
  }
  for (const [size, load, store] of sizes) {
    if (!all && size < 4) continue
    ask('read', size, (off) => insn(load, 2, 1, off))
    if (size === 4 && all && bytes === 192) ask('signed', size, (off) => insn(SIGNED_LOAD, 2, 1, off))
    if (size >= 4 || memory.has(type)) ask('write', size, (off) => insn(store, 1, 0, off))
  }
  return questions
}

/** What the register is after a load; `yes` after a store; undefined where it's refused for what it is. */
function outcome({ how }: Question, { errno, log }: Answer): string | undefined {
  if (errno !== 0) return errno === Errno.EACCES ? undefined : `errno ${errno}`
  if (how.startsWith('write')) return 'yes'
  return /^0: .*\bR2=(.*)$/m.exec(log)?.[1] ?? log
}

/** Offsets by what's there, by kind of access, by program: what is kept. */
export type Outcomes = Record<string, Record<string, Record<string, string>>>

export function outcomes(questions: readonly Question[], answers: readonly (Answer | undefined)[]): Outcomes {
  const found: Record<string, Record<string, Record<string, number[]>>> = {}
  questions.forEach((question, i) => {
    const answer = answers[i]
    const text = answer && outcome(question, answer)
    const where = ((found[question.who] ??= {})[question.how] ??= {})
    if (text !== undefined) (where[text] ??= []).push(question.off)
  })
  return mapValues(found, (hows) => mapValues(hows, (texts) => mapValues(texts, (offsets) => offsets.join(' '))))
}

function mapValues<A, B>(record: Record<string, A>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}
