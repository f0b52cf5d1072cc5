import { MEM_HI, OBJ_HI } from '../impl/address.ts'
import type { HelperImpl, Run, VirtualObject } from '../impl/run.ts'
import { SKB_HEADROOM } from '../impl/skb.ts'
import { PAGE_SIZE } from '../impl/xdp-buff.ts'
import type { KfuncFamily } from './kfunc.ts'
import { kfunc, movingPacket } from './kfunc.ts'

/** bpf_cast_to_kern_ctx: the kernel's own struct behind a context. Members that are known are computed, others are 0. */

type Words = readonly [lo: number, hi: number]

/** Members of struct sk_buff. */
const skbMembers: Readonly<Record<string, (run: Run) => Words>> = {
  len: (run) => [run.skb?.len ?? 0, 0],
  data: (run) => [run.skb?.data ?? 0, MEM_HI],
  head: (run) => [(run.skb?.data ?? 0) - SKB_HEADROOM, MEM_HI],
  protocol: (run) => [run.skb?.protocol ?? 0, 0],
  mark: (run) => [run.skb?.mark ?? 0, 0],
  priority: (run) => [run.skb?.priority ?? 0, 0],
}

/** Members of struct xdp_buff. */
const xdpMembers: Readonly<Record<string, (run: Run) => Words>> = {
  data: (run) => [run.xdp?.data ?? 0, MEM_HI],
  data_end: (run) => [run.xdp?.dataEnd ?? 0, MEM_HI],
  data_meta: (run) => [run.xdp?.dataMeta ?? 0, MEM_HI],
  data_hard_start: (run) => [run.xdp?.hardStart ?? 0, MEM_HI],
  frame_sz: () => [PAGE_SIZE, 0],
}

class KernelStruct implements VirtualObject {
  readonly #run: Run
  readonly #members: readonly { offset: number; size: number; value: (run: Run) => Words }[]

  constructor(run: Run, struct: string, members: Readonly<Record<string, (run: Run) => Words>>) {
    this.#run = run
    this.#members = Object.entries(members).flatMap(([name, value]) => {
      const place = run.kernel.place(`${struct}.${name}`)
      return place ? [{ ...place, value }] : []
    })
  }

  load(r: Int32Array, d: number, off: number, size: number): boolean {
    const member = this.#members.find((each) => off >= each.offset && off + size <= each.offset + each.size)
    const bytes = new Uint8Array(8)
    if (member) bytes.set(new Uint8Array(Int32Array.from(member.value(this.#run)).buffer))
    const from = member ? off - member.offset : 0
    const value = new DataView(new Uint8Array([...bytes.subarray(from, from + size), ...new Uint8Array(8)]).buffer)
    r[d] = value.getInt32(0, true)
    r[d + 1] = value.getInt32(4, true)
    return true
  }

  store(): boolean {
    return false
  }
}

const structs = new WeakMap<Run, VirtualObject>()

const cast: HelperImpl = (run) => {
  const isContext = run.object(1) !== undefined
  if (!isContext || (!run.skb && !run.xdp)) {
    run.ret64(run.lo(1), run.hi(1))
    return
  }
  let struct = structs.get(run)
  if (!struct) {
    struct = run.skb ? new KernelStruct(run, 'sk_buff', skbMembers) : new KernelStruct(run, 'xdp_buff', xdpMembers)
    structs.set(run, struct)
  }
  run.ret64(run.addObject(struct), OBJ_HI)
}

/** bpf_xdp_pull_data: makes so many bytes lie in the first page. */
const pull: HelperImpl = (run) => {
  run.ret(run.xdp?.pull(run.lo(2) >>> 0) ?? 0)
}

export const contextKfuncs: KfuncFamily = {
  bpf_cast_to_kern_ctx: kfunc(1, cast),
  bpf_xdp_pull_data: movingPacket(2, pull),
}
