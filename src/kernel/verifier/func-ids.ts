import { helperNames } from '../../uapi/helper-names.ts'

const ids = new Map(helperNames.map((name, id) => [name, id]))

export function idOf(name: string): number {
  return ids.get(name) ?? -1
}

function idsOf(names: string): ReadonlySet<number> {
  return new Set(names.trim().split(/\s+/).map(idOf))
}

/** Numbers of helpers that the verifier knows by itself (BPF_FUNC_*). */
export const Func = {
  MAP_LOOKUP_ELEM: idOf('map_lookup_elem'),
  MAP_UPDATE_ELEM: idOf('map_update_elem'),
  MAP_DELETE_ELEM: idOf('map_delete_elem'),
  MAP_PUSH_ELEM: idOf('map_push_elem'),
  MAP_POP_ELEM: idOf('map_pop_elem'),
  MAP_PEEK_ELEM: idOf('map_peek_elem'),
  TAIL_CALL: idOf('tail_call'),
  GET_SMP_PROCESSOR_ID: idOf('get_smp_processor_id'),
  GET_STACKID: idOf('get_stackid'),
  GET_STACK: idOf('get_stack'),
  GET_TASK_STACK: idOf('get_task_stack'),
  GET_LOCAL_STORAGE: idOf('get_local_storage'),
  GET_FUNC_IP: idOf('get_func_ip'),
  FOR_EACH_MAP_ELEM: idOf('for_each_map_elem'),
  TIMER_SET_CALLBACK: idOf('timer_set_callback'),
  FIND_VMA: idOf('find_vma'),
  SNPRINTF: idOf('snprintf'),
  LOOP: idOf('loop'),
  DYNPTR_FROM_MEM: idOf('dynptr_from_mem'),
  DYNPTR_DATA: idOf('dynptr_data'),
  DYNPTR_WRITE: idOf('dynptr_write'),
  SET_RETVAL: idOf('set_retval'),
  PER_CPU_PTR: idOf('per_cpu_ptr'),
  THIS_CPU_PTR: idOf('this_cpu_ptr'),
  USER_RINGBUF_DRAIN: idOf('user_ringbuf_drain'),
  KPTR_XCHG: idOf('kptr_xchg'),
  SPIN_LOCK: idOf('spin_lock'),
  SPIN_UNLOCK: idOf('spin_unlock'),
  SK_RELEASE: idOf('sk_release'),
} as const

/** bpf_helper_changes_pkt_data. */
export const changesPktData = idsOf(`
  clone_redirect l3_csum_replace l4_csum_replace lwt_push_encap lwt_seg6_action lwt_seg6_adjust_srh
  lwt_seg6_store_bytes msg_pop_data msg_pull_data msg_push_data skb_adjust_room skb_change_head skb_change_proto
  skb_change_tail skb_pull_data skb_store_bytes skb_vlan_pop skb_vlan_push store_hdr_opt xdp_adjust_head
  xdp_adjust_meta xdp_adjust_tail tail_call`)

/** is_sync_callback_calling_function. */
export const callsBackAtOnce = idsOf('for_each_map_elem find_vma loop user_ringbuf_drain')

/** is_acquire_function, but for look-ups in maps of sockets. */
export const acquires = idsOf('sk_lookup_tcp sk_lookup_udp skc_lookup_tcp ringbuf_reserve kptr_xchg')

/** is_ptr_cast_function. */
export const castsPointer = idsOf(`
  tcp_sock sk_fullsock skc_to_tcp_sock skc_to_tcp6_sock skc_to_udp6_sock skc_to_mptcp_sock skc_to_tcp_timewait_sock
  skc_to_tcp_request_sock`)

/** is_storage_get_function. */
export const getsStorage = idsOf('sk_storage_get inode_storage_get task_storage_get cgrp_storage_get')

/** Helpers that note their map (record_func_map). */
export const recordsMap = idsOf(`
  tail_call map_lookup_elem map_update_elem map_delete_elem map_push_elem map_pop_elem map_peek_elem for_each_map_elem
  redirect_map map_lookup_percpu_elem`)

/** Of these, the ones that write. */
export const writesMap = idsOf('map_delete_elem map_update_elem map_push_elem map_pop_elem')

/** Helpers whose result is at most the size that they got (do_refine_retval_range). */
export const returnsSize = idsOf('get_stack get_task_stack probe_read_str probe_read_kernel_str probe_read_user_str')
