/** What registers, arguments and stack bytes may be (enum bpf_reg_type and its kin of include/linux/bpf.h). */

/** enum bpf_reg_type: what a register holds. Flags are or-ed to it. */
export const RegType = {
  NOT_INIT: 0,
  SCALAR_VALUE: 1,
  PTR_TO_CTX: 2,
  CONST_PTR_TO_MAP: 3,
  PTR_TO_MAP_VALUE: 4,
  PTR_TO_MAP_KEY: 5,
  PTR_TO_STACK: 6,
  PTR_TO_PACKET_META: 7,
  PTR_TO_PACKET: 8,
  PTR_TO_PACKET_END: 9,
  PTR_TO_FLOW_KEYS: 10,
  PTR_TO_SOCKET: 11,
  PTR_TO_SOCK_COMMON: 12,
  PTR_TO_TCP_SOCK: 13,
  PTR_TO_TP_BUFFER: 14,
  PTR_TO_XDP_SOCK: 15,
  PTR_TO_BTF_ID: 16,
  PTR_TO_MEM: 17,
  PTR_TO_ARENA: 18,
  PTR_TO_BUF: 19,
  PTR_TO_FUNC: 20,
  CONST_PTR_TO_DYNPTR: 21,
} as const

/** enum bpf_type_flag: of register, argument and return types alike. */
export const Flag = {
  PTR_MAYBE_NULL: 1 << 8,
  MEM_RDONLY: 1 << 9,
  MEM_RINGBUF: 1 << 10,
  MEM_USER: 1 << 11,
  MEM_PERCPU: 1 << 12,
  OBJ_RELEASE: 1 << 13,
  PTR_UNTRUSTED: 1 << 14,
  MEM_UNINIT: 1 << 15,
  DYNPTR_TYPE_LOCAL: 1 << 16,
  DYNPTR_TYPE_RINGBUF: 1 << 17,
  MEM_FIXED_SIZE: 1 << 18,
  MEM_ALLOC: 1 << 19,
  PTR_TRUSTED: 1 << 20,
  MEM_RCU: 1 << 21,
  NON_OWN_REF: 1 << 22,
  DYNPTR_TYPE_SKB: 1 << 23,
  DYNPTR_TYPE_XDP: 1 << 24,
  MEM_ALIGNED: 1 << 25,
  MEM_WRITE: 1 << 26,
  DYNPTR_TYPE_SKB_META: 1 << 27,
  DYNPTR_TYPE_FILE: 1 << 28,
} as const

export const DYNPTR_TYPE_FLAG_MASK =
  Flag.DYNPTR_TYPE_LOCAL |
  Flag.DYNPTR_TYPE_RINGBUF |
  Flag.DYNPTR_TYPE_SKB |
  Flag.DYNPTR_TYPE_XDP |
  Flag.DYNPTR_TYPE_SKB_META |
  Flag.DYNPTR_TYPE_FILE

/** BPF_REG_TRUSTED_MODIFIERS. */
export const TRUSTED_MODIFIERS = Flag.MEM_ALLOC | Flag.PTR_TRUSTED | Flag.NON_OWN_REF

/** enum bpf_arg_type: what a function wants in an argument. */
export const ArgType = {
  DONTCARE: 0,
  CONST_MAP_PTR: 1,
  PTR_TO_MAP_KEY: 2,
  PTR_TO_MAP_VALUE: 3,
  PTR_TO_MEM: 4,
  PTR_TO_ARENA: 5,
  CONST_SIZE: 6,
  CONST_SIZE_OR_ZERO: 7,
  PTR_TO_CTX: 8,
  ANYTHING: 9,
  PTR_TO_SPIN_LOCK: 10,
  PTR_TO_SOCK_COMMON: 11,
  PTR_TO_SOCKET: 12,
  PTR_TO_BTF_ID: 13,
  PTR_TO_RINGBUF_MEM: 14,
  CONST_ALLOC_SIZE_OR_ZERO: 15,
  PTR_TO_BTF_ID_SOCK_COMMON: 16,
  PTR_TO_PERCPU_BTF_ID: 17,
  PTR_TO_FUNC: 18,
  PTR_TO_STACK: 19,
  PTR_TO_CONST_STR: 20,
  PTR_TO_TIMER: 21,
  KPTR_XCHG_DEST: 22,
  PTR_TO_DYNPTR: 23,
} as const

/** enum bpf_return_type. */
export const RetType = {
  INTEGER: 0,
  VOID: 1,
  PTR_TO_MAP_VALUE: 2,
  PTR_TO_SOCKET: 3,
  PTR_TO_TCP_SOCK: 4,
  PTR_TO_SOCK_COMMON: 5,
  PTR_TO_MEM: 6,
  PTR_TO_MEM_OR_BTF_ID: 7,
  PTR_TO_BTF_ID: 8,
} as const

/** enum bpf_stack_slot_type: what each byte of the stack holds. */
export const StackType = { INVALID: 0, SPILL: 1, MISC: 2, ZERO: 3, DYNPTR: 4, ITER: 5, IRQ_FLAG: 6 } as const

/** enum bpf_dynptr_type. */
export const DynptrType = { INVALID: 0, LOCAL: 1, RINGBUF: 2, SKB: 3, XDP: 4, SKB_META: 5, FILE: 6 } as const

/** enum bpf_iter_state. */
export const IterState = { INVALID: 0, ACTIVE: 1, DRAINED: 2 } as const

/** enum ref_state_type. */
export const RefType = { PTR: 1 << 1, IRQ: 1 << 2, LOCK: 1 << 3, RES_LOCK: 1 << 4, RES_LOCK_IRQ: 1 << 5 } as const
export const LOCK_MASK = RefType.LOCK | RefType.RES_LOCK | RefType.RES_LOCK_IRQ

/** enum bpf_access_type. */
export const Access = { READ: 1, WRITE: 2 } as const

/** A packet pointer's range when it's at, or beyond, the packet's end. */
export const AT_PKT_END = -1
export const BEYOND_PKT_END = -2

export const MAX_BPF_REG = 11
export const FP = 10
export const MAX_STACK = 512
export const REG_SIZE = 8

/** __get_spi: the slot of an offset from the frame's pointer. C divides towards zero: of offset 0 too it's the first. */
export function spiOf(off: number): number {
  return ((-off - 1) / REG_SIZE) | 0
}
export const MAX_CALL_FRAMES = 8
/** Callsite of the function where a walk begins. */
export const BPF_MAIN_FUNC = -1

/** Set in the id of a register that is another one plus a constant. */
export const BPF_ADD_CONST64 = -0x80000000
/** The same of the low half, the high one being zero. */
export const BPF_ADD_CONST32 = 0x40000000
export const BPF_ADD_CONST = BPF_ADD_CONST64 | BPF_ADD_CONST32
export const ID_MASK = 0x3fffffff

/** base_type. */
export function baseType(type: number): number {
  return type & 0xff
}

/** type_flag. */
export function typeFlag(type: number): number {
  return type & ~0xff
}

export function typeMayBeNull(type: number): boolean {
  return (type & Flag.PTR_MAYBE_NULL) !== 0
}

export function typeIsPktPointer(type: number): boolean {
  const base = type & 0xff
  return base === RegType.PTR_TO_PACKET || base === RegType.PTR_TO_PACKET_META
}

export function typeIsSkPointer(type: number): boolean {
  return (
    type === RegType.PTR_TO_SOCKET ||
    type === RegType.PTR_TO_SOCK_COMMON ||
    type === RegType.PTR_TO_TCP_SOCK ||
    type === RegType.PTR_TO_XDP_SOCK
  )
}

export function typeIsAlloc(type: number): boolean {
  return (type & Flag.MEM_ALLOC) !== 0
}

export function typeIsPtrAllocObj(type: number): boolean {
  return (type & 0xff) === RegType.PTR_TO_BTF_ID && (type & Flag.MEM_ALLOC) !== 0
}

export function typeIsNonOwningRef(type: number): boolean {
  return typeIsPtrAllocObj(type) && (type & Flag.NON_OWN_REF) !== 0
}

export function typeIsRdonlyMem(type: number): boolean {
  return (type & Flag.MEM_RDONLY) !== 0
}

/** is_spillable_regtype. */
export function isSpillableRegType(type: number): boolean {
  const base = type & 0xff
  return (
    base !== RegType.NOT_INIT &&
    base !== RegType.SCALAR_VALUE &&
    base !== RegType.PTR_TO_TP_BUFFER &&
    base !== RegType.CONST_PTR_TO_DYNPTR
  )
}
