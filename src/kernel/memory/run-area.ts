/**
 * The first bytes of the machine's memory: what a running program and the compiled code that it is have in common with
 * the rest of the kernel. Words, but for the context.
 */
export const RunArea = {
  /** High word of what the last call returned. */
  R0_HI: 64,
  /** Jumps back and calls that are left. */
  FUEL: 68,
  /** Tail calls that were made. */
  TAIL_CALLS: 72,
  /** r10 of the first frame, and of the last one that there is room for. */
  STACK_TOP: 76,
  STACK_LIMIT: 80,
  /** r10 of the function that called a helper. */
  CALL_FRAME: 84,
  /** Table of rights (see Grants), and the first offset in memory that it doesn't cover. */
  GRANTS: 88,
  GRANTS_LIMIT: 92,
  CPU: 96,
  /** What the program was started with: low word, high word. */
  ARGUMENT: 104,
  /** The context as the program sees it: struct __sk_buff or struct xdp_md, with the low words of addresses. */
  CONTEXT: 128,
  END: 384,
} as const
