/**
 * What programs see as addresses: 64 bits whose low 32 say where, and whose high 32 say in what. All of the high words
 * are some that x86-64 kernels use, as signed 32-bit numbers.
 */

/** Bytes of the machine's memory: the low word is the offset in it (the direct mapping's range). */
export const MEM_HI = 0xffff8881 | 0
/**
 * Things that are not bytes: contexts, sockets. The low word is a number of the run's object in its high half and the
 * offset in the ABI's struct in its low half, from the middle of the half on, so that small negative offsets are seen.
 */
export const OBJ_HI = 0xffff8882 | 0
/** Maps: the low word is the id (the range of vmalloc). */
export const MAP_HI = 0xffffc900 | 0
/** Functions of the program: the low word is the instruction slot. */
export const FUNC_HI = 0xffffffc0 | 0

/** Where the struct of a virtual object begins in its 64 KiB. */
export const OBJ_BASE = 0x4000

/** Low word of the address of object `index`. */
export function objectAddress(index: number): number {
  return (index << 16) | OBJ_BASE | 0
}
