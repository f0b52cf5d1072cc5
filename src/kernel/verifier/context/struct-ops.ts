import { Kind } from '../../../btf/btf.ts'
import { Errno } from '../../../uapi/errno.ts'
import { placeOf } from '../../btf/places.ts'
import type { VerifierEnv } from '../env.ts'
import { refuse } from '../env.ts'
import { hasUnsafeModifiers } from '../regs.ts'
import type { Reg } from '../state.ts'
import { Access, Flag, RegType, baseType } from '../types.ts'
import type { ContextOps } from './access.ts'
import { argIndex, tracing } from './btf.ts'

/** Contexts of operations of a struct: arguments of the operation; what each kind may write to (bpf_struct_ops). */

function nameOf({ btf, btfId }: Reg): string {
  return btf?.name(btfId) ?? ''
}

/** A part of a kernel's struct that may be written, by where the part begins. */
function writePart(env: VerifierEnv, off: number, size: number, paths: readonly string[], struct: string): void {
  const btf = env.vmlinux()
  const place = paths.map((path) => placeOf(btf, path)).find((each) => each?.offset === off)
  if (!place) refuse(env, Errno.EACCES, `no write support to ${struct} at off ${off}\n`)
  checkEnd(env, off, size, place.offset + place.size, struct)
}

function checkEnd(env: VerifierEnv, off: number, size: number, end: number, struct: string): void {
  if (off + size <= end) return
  const what = `write access at off ${off} with size ${size}`
  refuse(env, Errno.EACCES, `${what} beyond the member of ${struct} ended at ${end}\n`)
}

/** bpf_tcp_ca_btf_struct_access. */
const tcpParts = [
  'sock.sk_pacing_rate',
  'sock.sk_pacing_status',
  'inet_connection_sock.icsk_ack.pending',
  ...['snd_cwnd', 'snd_cwnd_cnt', 'snd_cwnd_stamp', 'snd_ssthresh', 'ecn_flags', 'app_limited'].map(
    (name) => `tcp_sock.${name}`,
  ),
]

/** bpf_tcp_congestion_ops: sockets are TCP's. */
const tcpCongestion: ContextOps = {
  converts: false,
  isValidAccess(env, off, size, access, info) {
    if (!tracing.isValidAccess(env, off, size, access, info)) return false
    const pointer = baseType(info.regType) === RegType.PTR_TO_BTF_ID && !hasUnsafeModifiers(info.regType)
    if (pointer && info.btfId === env.vmlinuxStruct('sock')) info.btfId = env.vmlinuxStruct('tcp_sock')
    return true
  },
  structWrite(env, reg, off, size) {
    if (nameOf(reg) !== 'tcp_sock') refuse(env, Errno.EACCES, 'only read is supported\n')
    const priv = placeOf(env.vmlinux(), 'inet_connection_sock.icsk_ca_priv')
    if (priv && off >= priv.offset && off < priv.offset + priv.size) {
      checkEnd(env, off, size, priv.offset + priv.size, 'tcp_sock')
    } else {
      writePart(env, off, size, tcpParts, 'tcp_sock')
    }
  },
}

/** bpf_dummy_ops. */
const dummy: ContextOps = {
  ...tracing,
  structWrite(env, reg, off, size) {
    if (nameOf(reg) !== 'bpf_dummy_ops_state') {
      refuse(env, Errno.EACCES, 'only access to bpf_dummy_ops_state is supported\n')
    }
    const all = env.vmlinux().size(reg.btfId)
    if (off + size > all) refuse(env, Errno.EACCES, `write access at off ${off} with size ${size}\n`)
  },
}

/** Bytes of a qdisc's own part of an sk_buff's control block (QDISC_CB_PRIV_LEN). */
const QDISC_PRIV = 20

/** bpf_Qdisc_ops. */
const qdisc: ContextOps = {
  converts: false,
  isValidAccess(env, off, size, access, info) {
    const { btf, funcName, funcProto } = env.input.attach
    if (funcName === 'enqueue' && argIndex(btf, funcProto, off) === 2 && access === Access.READ) {
      info.regType = RegType.PTR_TO_BTF_ID | Flag.PTR_TRUSTED
      info.btf = btf
      info.btfId = btf?.findByNameKind('bpf_sk_buff_ptr', Kind.STRUCT) ?? 0
      return true
    }
    return tracing.isValidAccess(env, off, size, access, info)
  },
  structWrite(env, reg, off, size) {
    const struct = nameOf(reg)
    const btf = env.vmlinux()
    if (struct !== 'sk_buff' && struct !== 'Qdisc') refuse(env, Errno.EACCES, 'only read is supported\n')
    const all = struct === 'Qdisc' ? placeOf(btf, 'Qdisc.qstats') : qdiscPriv(env)
    if (all && off >= all.offset && off < all.offset + all.size) {
      checkEnd(env, off, size, all.offset + all.size, struct)
    } else {
      writePart(env, off, size, struct === 'Qdisc' ? ['Qdisc.limit', 'Qdisc.q.qlen'] : ['sk_buff.tstamp'], struct)
    }
  },
}

function qdiscPriv(env: VerifierEnv): { offset: number; size: number } | undefined {
  const btf = env.vmlinux()
  const cb = placeOf(btf, 'sk_buff.cb')
  const data = placeOf(btf, 'qdisc_skb_cb.data')
  return cb && data && { offset: cb.offset + data.offset, size: QDISC_PRIV }
}

/** sched_ext_ops. */
const schedExt: ContextOps = {
  ...tracing,
  structWrite(env, reg, off, size) {
    const parts = ['slice', 'dsq_vtime', 'disallow'].map((name) => placeOf(env.vmlinux(), `task_struct.scx.${name}`))
    const ok = parts.some((part) => part && off >= part.offset && off + size <= part.offset + part.size)
    if (nameOf(reg) !== 'task_struct' || !ok) refuse(env, Errno.EACCES)
  },
}

/** hid_bpf_ops; of texts the last byte stays 0. */
const hidParts: Readonly<Record<string, readonly (readonly [member: string, text: 0 | 1])[]>> = {
  hid_bpf_ctx: [['retval', 0]],
  hid_device: [
    ['name', 1],
    ['uniq', 1],
    ['phys', 1],
  ],
}

const hid: ContextOps = {
  ...tracing,
  structWrite(env, reg, off, size) {
    const struct = nameOf(reg)
    const parts = hidParts[struct]
    const btf = env.vmlinux()
    if (!parts) refuse(env, Errno.EACCES, 'write access to this struct is not supported\n')
    if (off + size > btf.size(reg.btfId)) {
      refuse(env, Errno.EACCES, `write access for struct ${struct} at off ${off} with size ${size}\n`)
    }
    const ok = parts.some(([member, text]) => {
      const part = placeOf(btf, `${struct}.${member}`)
      return part && off >= part.offset && off + size <= part.offset + part.size - text
    })
    if (!ok) {
      const what = `write access at off ${off} with size ${size}`
      refuse(env, Errno.EACCES, `${what} on read-only part of ${struct}\n`)
    }
  },
}

/** By the operations' struct. */
export const structOps: Readonly<Record<string, ContextOps>> = {
  tcp_congestion_ops: tcpCongestion,
  bpf_dummy_ops: dummy,
  Qdisc_ops: qdisc,
  sched_ext_ops: schedExt,
  hid_bpf_ops: hid,
}
