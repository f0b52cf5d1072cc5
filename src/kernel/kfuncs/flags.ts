/** KF_* of include/linux/btf.h: what the kernel says of a function that programs may call. */
export const KfFlag = {
  /** It gives a reference. */
  ACQUIRE: 1 << 0,
  /** It takes a reference back. */
  RELEASE: 1 << 1,
  RET_NULL: 1 << 2,
  /** Before 7.2, where all functions take such alone. */
  TRUSTED_ARGS: 1 << 4,
  SLEEPABLE: 1 << 5,
  DESTRUCTIVE: 1 << 6,
  /** Trusted arguments, or such that RCU protects. */
  RCU: 1 << 7,
  ITER_NEW: 1 << 8,
  ITER_NEXT: 1 << 9,
  ITER_DESTROY: 1 << 10,
  /** To be called in an RCU section. */
  RCU_PROTECTED: 1 << 11,
  FASTCALL: 1 << 12,
  ARENA_RET: 1 << 13,
  ARENA_ARG1: 1 << 14,
  ARENA_ARG2: 1 << 15,
  /** From 7.2 on: its last arguments are the verifier's to give, and only the prototype of NAME_impl has them. */
  IMPLICIT_ARGS: 1 << 16,
} as const
