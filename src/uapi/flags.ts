/** Flags and sizes of bpf(2)'s attributes. Source: include/uapi/linux/bpf.h (Linux 7.2). */

/** map_flags of BPF_MAP_CREATE. */
export const MapFlag = {
  NO_PREALLOC: 1 << 0,
  NO_COMMON_LRU: 1 << 1,
  NUMA_NODE: 1 << 2,
  RDONLY: 1 << 3,
  WRONLY: 1 << 4,
  STACK_BUILD_ID: 1 << 5,
  ZERO_SEED: 1 << 6,
  RDONLY_PROG: 1 << 7,
  WRONLY_PROG: 1 << 8,
  CLONE: 1 << 9,
  MMAPABLE: 1 << 10,
  PRESERVE_ELEMS: 1 << 11,
  INNER_MAP: 1 << 12,
  LINK: 1 << 13,
  PATH_FD: 1 << 14,
  VTYPE_BTF_OBJ_FD: 1 << 15,
  TOKEN_FD: 1 << 16,
  SEGV_ON_FAULT: 1 << 17,
  NO_USER_CONV: 1 << 18,
  RB_OVERWRITE: 1 << 19,
} as const

/** flags of element commands. */
export const ElemFlag = { ANY: 0, NOEXIST: 1, EXIST: 2, LOCK: 4, CPU: 8, ALL_CPUS: 16 } as const

/** prog_flags of BPF_PROG_LOAD. */
export const ProgFlag = {
  STRICT_ALIGNMENT: 1 << 0,
  ANY_ALIGNMENT: 1 << 1,
  TEST_RND_HI32: 1 << 2,
  TEST_STATE_FREQ: 1 << 3,
  SLEEPABLE: 1 << 4,
  XDP_HAS_FRAGS: 1 << 5,
  XDP_DEV_BOUND_ONLY: 1 << 6,
  TEST_REG_INVARIANTS: 1 << 7,
  TOKEN_FD: 1 << 16,
} as const

/** flags of BPF_PROG_TEST_RUN. */
export const TestRunFlag = { ON_CPU: 1 << 0, XDP_LIVE_FRAMES: 1 << 1, SKB_CHECKSUM_COMPLETE: 1 << 2 } as const

/** src_reg of the two-slot `ld_imm64`. */
export const PseudoLdImm64 = { MAP_FD: 1, MAP_VALUE: 2, BTF_ID: 3, FUNC: 4, MAP_IDX: 5, MAP_IDX_VALUE: 6 } as const

/** src_reg of `call`. */
export const PseudoCall = { HELPER: 0, CALL: 1, KFUNC_CALL: 2 } as const

/** Bytes of a name in the ABI, its terminating NUL included. */
export const BPF_OBJ_NAME_LEN = 16
export const BPF_TAG_SIZE = 8
export const BPF_BUILD_ID_SIZE = 20
