/**
 * Where in the machine's memory objects are that programs allocate. Always the same place: what is stored in a map
 * points there, and is read by another process later. Behind what most programs ever need of the memory.
 */
export const HeapArea = {
  START: 0x200_0000,
  END: 0x600_0000,
} as const

/** Whether an offset in memory is one of an object that a program may have allocated. */
export function isInHeap(at: number): boolean {
  return at >= HeapArea.START && at < HeapArea.END
}
