import { Errno } from '../../uapi/errno.ts'
import type { ArgType } from '../helpers/row.ts'
import type { LoadEnv } from './env.ts'
import { refuse } from '../log.ts'

const mem = 'fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_'
const socks = 'sock_common, sock, tcp_sock, xdp_sock'

/** compatible_reg_types, of the arguments that a context can't be; named as reg_type_str does. */
const expected: Readonly<Record<string, string>> = {
  PTR_TO_MAP_KEY: mem,
  PTR_TO_MAP_VALUE: mem,
  CONST_SIZE: 'scalar',
  CONST_SIZE_OR_ZERO: 'scalar',
  CONST_ALLOC_SIZE_OR_ZERO: 'scalar',
  CONST_MAP_PTR: 'map_ptr',
  PTR_TO_SOCK_COMMON: socks,
  PTR_TO_BTF_ID_SOCK_COMMON: `${socks}, ptr_, trusted_ptr_`,
  PTR_TO_SOCKET: 'sock',
  PTR_TO_BTF_ID: 'ptr_, trusted_ptr_, rcu_ptr_',
  PTR_TO_SPIN_LOCK: 'map_value, ptr_',
  PTR_TO_MEM: mem,
  PTR_TO_RINGBUF_MEM: 'ringbuf_mem',
  PTR_TO_PERCPU_BTF_ID: 'percpu_ptr_, percpu_rcu_ptr_, percpu_trusted_ptr_',
  PTR_TO_FUNC: 'func',
  PTR_TO_STACK: 'fp',
  PTR_TO_CONST_STR: 'map_value',
  PTR_TO_TIMER: 'map_value',
  KPTR_XCHG_DEST: 'map_value, ptr_',
  PTR_TO_DYNPTR: 'fp, dynptr_ptr',
}

/** Names that an argument's type has beside the one it's checked as. */
const alias: Readonly<Record<string, string>> = {
  PTR_TO_MAP_VALUE_OR_NULL: 'PTR_TO_MAP_VALUE',
  PTR_TO_MEM_OR_NULL: 'PTR_TO_MEM',
  PTR_TO_CTX_OR_NULL: 'PTR_TO_CTX',
  PTR_TO_SOCKET_OR_NULL: 'PTR_TO_SOCKET',
  PTR_TO_STACK_OR_NULL: 'PTR_TO_STACK',
  PTR_TO_BTF_ID_OR_NULL: 'PTR_TO_BTF_ID',
  PTR_TO_UNINIT_MEM: 'PTR_TO_MEM',
  PTR_TO_FIXED_SIZE_MEM: 'PTR_TO_MEM',
}

/** check_reg_type of R1 where it still is what it was at the start: a pointer to the context. */
export function checkContextArg(env: LoadEnv, { base }: ArgType): void {
  const types = expected[alias[base] ?? base]
  if (types !== undefined) refuse(env, Errno.EACCES, `R1 type=ctx expected=${types}\n`)
}
