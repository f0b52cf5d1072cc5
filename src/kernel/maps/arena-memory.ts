/** An arena as the program that it belongs to sees it, by the low words of addresses. */
export interface ArenaMemory {
  /** Where users have it: the high word of all of its addresses, and the low word of the first. */
  readonly userHi: number
  readonly userLo: number
  /** The high word that a cast for users gives. */
  readonly castHi: number
  /** What isn't there gives 0, as the kernel's exception handler does. */
  load(r: Int32Array, d: number, lo: number, size: number): void
  /** Stores to what isn't there are lost. */
  store(lo: number, size: number, valueLo: number, valueHi: number): void
  /** Where in the machine's memory bytes are; such that nobody looks at where there's no page. */
  place(lo: number, size: number): number
  /** bpf_arena_alloc_pages. @param page where, or -1 for anywhere. @returns the first page, or -1. */
  allocPages(page: number, count: number): number
  freePages(page: number, count: number): void
  /** bpf_arena_reserve_pages. @returns 0 or a negative errno. */
  reservePages(page: number, count: number): number
}
