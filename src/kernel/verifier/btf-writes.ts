import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { isStructOrUnion } from './btf-struct-walk.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import type { Reg } from './state.ts'

/** Which members of the kernel's structs a program may write (bpf_verifier_ops.btf_struct_access). */

/** A member, by the struct that has it and the names that lead to it. */
interface Member {
  readonly struct: string
  readonly path: string
  /** Further on in the member, where this one is in another struct that lies there. */
  readonly inside?: readonly [struct: string, path: string]
  /** Whether a write may begin in its middle. */
  readonly anywhere?: boolean
}

interface Range {
  readonly begin: number
  readonly end: number
}

/** Where a member is; undefined in a kernel that doesn't have it. */
function rangeOf(btf: Btf, { struct, path, inside }: Member): Range | undefined {
  const range = memberRange(btf, struct, path)
  const inner = inside && memberRange(btf, ...inside)
  if (!range || !inside) return range
  return inner && { begin: range.begin + inner.begin, end: range.begin + inner.end }
}

function memberRange(btf: Btf, struct: string, path: string): Range | undefined {
  let id = btf.findByNameKind(struct, Kind.STRUCT)
  let begin = 0
  for (const name of path.split('.')) {
    const found = id === undefined ? undefined : findMember(btf, id, name)
    if (!found) return undefined
    begin += found.at
    id = found.type
  }
  const size = id === undefined ? undefined : btf.resolveSize(id)
  return size === undefined ? undefined : { begin, end: begin + size }
}

/** A member by name, in structs without a name too. */
function findMember(btf: Btf, struct: number, name: string): { type: number; at: number } | undefined {
  for (let i = 0; i < btf.vlen(struct); i++) {
    const type = btf.skipModsAndTypedefs(btf.memberType(struct, i))
    const at = btf.memberBitOffset(struct, i) >>> 3
    const member = btf.memberName(struct, i)
    if (member === name) return { type, at }
    if (member !== '' || !isStructOrUnion(btf.kind(type))) continue
    const found = findMember(btf, type, name)
    if (found) return { type: found.type, at: at + found.at }
  }
  return undefined
}

/** Decides about a write of `size` bytes at `off` of the struct `name`; throws for a refusal. */
type Rule = (env: VerifierEnv, btf: Btf, name: string, off: number, size: number) => void

/** The usual rule: a few members of a few structs, each as a whole. */
function members(structs: Readonly<Record<string, readonly Member[]>>, calledAs?: string): Rule {
  const of = new Map(Object.entries(structs))
  return (env, btf, name, off, size) => {
    const list = of.get(name)
    if (!list) refuse(env, Errno.EACCES, 'only read is supported\n')
    const shown = calledAs ?? name
    for (const member of list) {
      const range = rangeOf(btf, member)
      if (!range || (member.anywhere ? off < range.begin || off >= range.end : off !== range.begin)) continue
      if (off + size <= range.end) return
      const where = `off ${off} with size ${size} beyond the member of ${shown} ended at ${range.end}`
      refuse(env, Errno.EACCES, `write access at ${where}\n`)
    }
    refuse(env, Errno.EACCES, `no write support to ${shown} at off ${off}\n`)
  }
}

/** bpf_tcp_ca_btf_struct_access. */
const congestionControl = members({
  tcp_sock: [
    { struct: 'sock', path: 'sk_pacing_rate' },
    { struct: 'sock', path: 'sk_pacing_status' },
    { struct: 'inet_connection_sock', path: 'icsk_ca_priv', anywhere: true },
    { struct: 'inet_connection_sock', path: 'icsk_ack.pending' },
    { struct: 'tcp_sock', path: 'snd_cwnd' },
    { struct: 'tcp_sock', path: 'snd_cwnd_cnt' },
    { struct: 'tcp_sock', path: 'snd_cwnd_stamp' },
    { struct: 'tcp_sock', path: 'snd_ssthresh' },
    { struct: 'tcp_sock', path: 'ecn_flags' },
    { struct: 'tcp_sock', path: 'app_limited' },
  ],
})

/** bpf_qdisc_btf_struct_access. */
const queueingDiscipline = members({
  sk_buff: [
    { struct: 'sk_buff', path: 'tstamp' },
    { struct: 'sk_buff', path: 'cb', inside: ['qdisc_skb_cb', 'data'], anywhere: true },
  ],
  Qdisc: [
    { struct: 'Qdisc', path: 'limit' },
    { struct: 'Qdisc', path: 'q.qlen' },
    { struct: 'Qdisc', path: 'qstats', anywhere: true },
  ],
})

/** _nf_conntrack_btf_struct_access; a connection that is being made has the same members. */
const connectionMark: readonly Member[] = [{ struct: 'nf_conn', path: 'mark' }]
const connections = members({ nf_conn: connectionMark, nf_conn___init: connectionMark }, 'nf_conn')

const conntrack: Rule = (env, btf, name, off, size) => {
  // Without connection tracking, or with it in a module, nobody asks it.
  if (env.kernel.option('CONFIG_NF_CONNTRACK') !== 'y') refuse(env, Errno.EACCES)
  connections(env, btf, name, off, size)
}

const scheduled: readonly Member[] = ['scx.slice', 'scx.dsq_vtime', 'scx.disallow'].map((path) => {
  return { struct: 'task_struct', path }
})

/** bpf_scx_btf_struct_access. */
const scheduler: Rule = (env, btf, name, off, size) => {
  for (const member of name === 'task_struct' ? scheduled : []) {
    const range = rangeOf(btf, member)
    if (range && off >= range.begin && off + size <= range.end) return
  }
  refuse(env, Errno.EACCES)
}

/** bpf_dummy_ops_btf_struct_access. */
const dummy: Rule = (env, btf, name, off, size) => {
  const struct = btf.findByNameKind('bpf_dummy_ops_state', Kind.STRUCT)
  if (struct === undefined) refuse(env, Errno.EINVAL)
  if (name !== 'bpf_dummy_ops_state') {
    refuse(env, Errno.EACCES, 'only access to bpf_dummy_ops_state is supported\n')
  }
  if (off + size > btf.size(struct)) refuse(env, Errno.EACCES, `write access at off ${off} with size ${size}\n`)
}

/** Members of input devices; a text's last byte is left alone. */
const inputDevices: Readonly<Record<string, readonly (readonly [path: string, kept: number])[]>> = {
  hid_bpf_ctx: [['retval', 0]],
  hid_device: [
    ['name', 1],
    ['uniq', 1],
    ['phys', 1],
  ],
}

/** hid_bpf_ops_btf_struct_access. */
const inputDevice: Rule = (env, btf, name, off, size) => {
  for (const [struct, list] of Object.entries(inputDevices)) {
    const id = btf.findByNameKind(struct, Kind.STRUCT)
    if (id === undefined) refuse(env, Errno.EINVAL)
    if (name !== struct) continue
    if (off + size > btf.size(id)) {
      refuse(env, Errno.EACCES, `write access for struct ${struct} at off ${off} with size ${size}\n`)
    }
    for (const [path, kept] of list) {
      const range = memberRange(btf, struct, path)
      if (range && off >= range.begin && off + size <= range.end - kept) return
    }
    refuse(env, Errno.EACCES, `write access at off ${off} with size ${size} on read-only part of ${struct}\n`)
  }
  refuse(env, Errno.EACCES, 'write access to this struct is not supported\n')
}

const byType: ReadonlyMap<number, Rule> = new Map([
  [ProgType.SCHED_CLS, conntrack],
  [ProgType.SCHED_ACT, conntrack],
  [ProgType.XDP, conntrack],
])

/** Of programs that are a struct's operations, by that struct. */
const byOps: ReadonlyMap<string, Rule> = new Map([
  ['tcp_congestion_ops', congestionControl],
  ['Qdisc_ops', queueingDiscipline],
  ['sched_ext_ops', scheduler],
  ['sched_ext_ops_cid', scheduler],
  ['bpf_dummy_ops', dummy],
  ['hid_bpf_ops', inputDevice],
])

/** The rule of a program's type; undefined where nothing of the kernel's is written. */
export function writeRule(env: VerifierEnv): Rule | undefined {
  const { resolvedType, attach } = env.input
  if (resolvedType === ProgType.STRUCT_OPS) return byOps.get(attach.opsName ?? '')
  return byType.get(resolvedType)
}

/** env->ops->btf_struct_access. @throws KernelError for a refusal. */
export function checkBtfWrite(env: VerifierEnv, rule: Rule, reg: Reg, off: number, size: number): void {
  const { btf, btfId } = reg
  if (btf !== env.vmlinux()) refuse(env, Errno.EFAULT, 'verifier bug: reg->btf must be kernel btf\n')
  const isStruct = btf.kind(btfId) === Kind.STRUCT
  rule(env, btf, isStruct ? btf.name(btfId) : '', off, size)
}
