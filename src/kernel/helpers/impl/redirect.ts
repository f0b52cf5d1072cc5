import { Errno } from '../../../uapi/errno.ts'
import { MapType } from '../../../uapi/map-type.ts'
import type { HelperImpl, Run } from './run.ts'
import { skbOf } from './packet-skb.ts'

const F_INGRESS = 1
/** BPF_F_REDIRECT_INTERNAL, and the bits that bpf_redirect refuses with it. */
const REDIRECT_INTERNAL = 0x70000
const F_BROADCAST = 8
const F_EXCLUDE_INGRESS = 16
const ACTION_MASK = 3

const XDP_ABORTED = 0
const XDP_REDIRECT = 4
const TC_ACT_SHOT = 2
const TC_ACT_REDIRECT = 7
const LOOPBACK = 1

function refuses(run: Run, n: number): boolean {
  return run.hi(n) !== 0 || (run.lo(n) & (~F_INGRESS | REDIRECT_INTERNAL)) !== 0
}

function setTarget(run: Run, ifindex: number, flags: number): void {
  run.redirect.ifindex = ifindex
  run.redirect.flags = flags
}

const redirect: HelperImpl = (run) => {
  if (run.xdp) {
    if (run.isNull(2)) setTarget(run, run.lo(1), 0)
    run.ret(run.isNull(2) ? XDP_REDIRECT : XDP_ABORTED)
    return
  }
  if (refuses(run, 2)) {
    run.ret(TC_ACT_SHOT)
    return
  }
  setTarget(run, run.lo(1), run.lo(2))
  run.ret(TC_ACT_REDIRECT)
}

/** bpf_redirect_peer and bpf_redirect_neigh: no flags, no size of parameters that isn't there. */
function redirectOther(run: Run, allowed: boolean): void {
  if (allowed) setTarget(run, run.lo(1), 0)
  run.ret(allowed ? TC_ACT_REDIRECT : TC_ACT_SHOT)
}

/** Whether a slot of a map that packets can be sent to is filled. */
function hasTarget(run: Run, n: number, index: number): boolean {
  const map = run.map(n)
  const { memory } = run
  const key = memory.alloc(4)
  const value = memory.alloc(Math.max(map.record.valueSize, 8))
  memory.view.setInt32(key, index, true)
  const found = map.copyValue(key, value, 0) === 0
  memory.free(key, 4)
  memory.free(value, Math.max(map.record.valueSize, 8))
  return found
}

const redirectMap: HelperImpl = (run) => {
  const { record } = run.map(1)
  const isDevMap = record.type === MapType.DEVMAP || record.type === MapType.DEVMAP_HASH
  const mask = ACTION_MASK | (isDevMap ? F_BROADCAST | F_EXCLUDE_INGRESS : 0)
  const flags = run.lo(3)
  if (run.hi(3) !== 0 || (flags & ~mask) !== 0) {
    run.ret(XDP_ABORTED)
    return
  }
  if (!hasTarget(run, 1, run.lo(2)) && !(flags & F_BROADCAST)) {
    run.redirect.mapId = 0
    run.ret(flags & ACTION_MASK)
    return
  }
  run.redirect.mapId = record.id
  run.ret(XDP_REDIRECT)
}

/** The machine's one device is the loopback, which takes whatever has an Ethernet header. */
const cloneRedirect: HelperImpl = (run) => {
  const skb = skbOf(run)
  if (refuses(run, 3)) run.ret(-Errno.EINVAL)
  else if (skb.gsoSize !== 0 && skb.gsoType === 0) run.ret(-Errno.EBADMSG)
  else if (run.lo(2) !== LOOPBACK) run.ret(-Errno.EINVAL)
  else if (skb.macHeader >= skb.networkHeader || skb.len === 0) run.ret(-Errno.ERANGE)
  else run.ret(0)
}

/** Helpers that send packets elsewhere. */
export const redirectHelpers: Readonly<Record<string, HelperImpl>> = {
  redirect,
  redirect_map: redirectMap,
  redirect_peer: (run) => {
    redirectOther(run, run.isNull(2))
  },
  redirect_neigh: (run) => {
    redirectOther(run, run.isNull(4) && (run.isNull(3) || run.size(3) >= 20))
  },
  clone_redirect: cloneRedirect,
  sk_redirect_map: (run) => {
    run.ret(0)
  },
  sk_redirect_hash: (run) => {
    run.ret(0)
  },
}
