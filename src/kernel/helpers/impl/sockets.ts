import { Errno } from '../../../uapi/errno.ts'
import { OBJ_HI } from './address.ts'
import type { HelperImpl } from './run.ts'

/** Mtu of the loopback device, and its Ethernet header. */
const LOOPBACK_MTU = 65536
const ETH_HLEN = 14
const LOOPBACK = 1
const MTU_FRAG_NEEDED = 1
const FIB_NOT_FWDED = 4

/** What a helper answers that looks for something that isn't there. */
function answer(value: number): HelperImpl {
  return (run) => {
    run.ret(value)
  }
}

const checkMtu: HelperImpl = (run) => {
  const at = run.write(3, 4)
  const { view } = run.memory
  const flags = run.size(5)
  const asked = view.getUint32(at, true)
  const ifindex = run.lo(2)
  const length = run.xdp ? run.xdp.dataEnd - run.xdp.data : (run.skb?.len ?? 0)
  if (run.xdp ? flags !== 0 : flags > 1 || (flags === 1 && (run.lo(4) !== 0 || asked !== 0))) {
    run.ret(-Errno.EINVAL)
    return
  }
  if (ifindex !== 0 && ifindex !== LOOPBACK) {
    run.ret(-Errno.ENODEV)
    return
  }
  const total = (asked === 0 ? length : asked + ETH_HLEN) + run.lo(4)
  const fits = total <= LOOPBACK_MTU + ETH_HLEN
  view.setUint32(at, LOOPBACK_MTU, true)
  run.ret(fits || (run.skb?.gsoSize ?? 0) !== 0 ? 0 : MTU_FRAG_NEEDED)
}

/** bpf_fib_lookup: the machine forwards nothing. */
const fibLookup: HelperImpl = (run) => {
  const size = run.size(3)
  const at = run.write(2, size)
  if (size < 64 || run.hi(4) !== 0) {
    run.ret(-Errno.EINVAL)
    return
  }
  const { view } = run.memory
  const family = run.memory.u8[at]
  if (family !== 2 && family !== 10) run.ret(-Errno.EAFNOSUPPORT)
  else run.ret(view.getUint32(at + 8, true) === LOOPBACK ? FIB_NOT_FWDED : -Errno.ENODEV)
}

/** Gives its socket back where it's one that the helper is for. */
const sameSocket: HelperImpl = (run) => {
  if (run.hi(1) === OBJ_HI) run.ret64(run.lo(1), run.hi(1))
  else run.ret(0)
}

/** Helpers that look for sockets and routes: there are no sockets but the one of a test run's packet. */
export const socketHelpers: Readonly<Record<string, HelperImpl>> = {
  sk_lookup_tcp: answer(0),
  sk_lookup_udp: answer(0),
  skc_lookup_tcp: answer(0),
  sk_release: answer(0),
  sk_fullsock: sameSocket,
  tcp_sock: answer(0),
  get_listener_sock: answer(0),
  skc_to_tcp6_sock: answer(0),
  skc_to_tcp_sock: answer(0),
  skc_to_tcp_timewait_sock: answer(0),
  skc_to_tcp_request_sock: answer(0),
  skc_to_udp6_sock: answer(0),
  skc_to_unix_sock: answer(0),
  skc_to_mptcp_sock: answer(0),
  sk_cgroup_id: answer(1),
  sk_ancestor_cgroup_id: (run) => {
    run.ret(run.lo(2) === 0 ? 1 : 0)
  },
  get_socket_cookie: answer(1),
  get_socket_uid: answer(0),
  check_mtu: checkMtu,
  fib_lookup: fibLookup,
}
