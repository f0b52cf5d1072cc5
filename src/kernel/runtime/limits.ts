/** MAX_BPF_STACK, MAX_CALL_FRAMES, MAX_TAIL_CALL_CNT. */
export const STACK_SIZE = 512
export const MAX_FRAMES = 8
export const MAX_TAIL_CALLS = 33
/** Frames that can lie on each other: a function that is called can leave for another program, which calls anew. */
export const MAX_NESTED_FRAMES = MAX_FRAMES * (MAX_TAIL_CALLS + 1)
/** Jumps back and calls of a run, after which it's given up: no verified program comes near it in sensible time. */
export const FUEL = 1 << 30
/** BPF_MAX_TIMED_LOOPS: turns of a loop with may_goto until the time is looked at. */
export const MAX_TIMED_LOOPS = 0xffff
