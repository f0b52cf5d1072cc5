import { concat, u32Key } from '../store/bytes.ts'
import type { Store } from '../store/store.ts'
import { Table } from '../store/store.ts'
import { HeapArea } from './heap-area.ts'
import type { Memory } from './memory.ts'

/** What an object is. */
export const HeapKind = {
  /** Of a type of a program's own BTF (bpf_obj_new). */
  OBJECT: 1,
  /** The same for each CPU (bpf_percpu_obj_new). */
  PERCPU: 2,
  CPUMASK: 3,
} as const

/** An object: where it is, and what. */
export interface HeapObject {
  readonly at: number
  readonly kind: number
  readonly btfId: number
  readonly typeId: number
  readonly size: number
}

const PAGE = 4096
/** Bytes of slots, what is before an object included: pages are cut into slots of one size. */
const classes = [32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096]
/** Of a page: the first of an object that has several, and the others; else one more than the class. */
const LARGE = 0xfe
const CONTINUED = 0xff

/** Words at the beginning: pages in use, the number that was given last, then for each class what is free. */
const PAGES = 0
const NUMBER = 1
const FREE = 2
const FREE_LARGE = FREE + classes.length
/** A byte for each page, behind those words. */
const PAGE_CLASS = HeapArea.START + PAGE
const MAX_PAGES = (HeapArea.END - HeapArea.START) / PAGE
const FIRST_PAGE = 1 + Math.ceil(MAX_PAGES / PAGE)

/** Before an object: BTF, type, size, kind; a free one's last word is 0, the first is the next free one. */
const HEADER = 16

/** Keys of Table.ELEM begin with a map's id; no map has this one. */
const STORE_ID = 0

/**
 * Objects that programs allocate (bpf_global_ma). They outlive the run where they were put into a map, so all of it,
 * what is free included, stands in the memory's pages, and those are kept in the store.
 */
export class Heap {
  readonly #memory: Memory
  readonly #store: Store | undefined
  #open = false
  /** Pages as they are in the store. */
  readonly #stored = new Map<number, Uint8Array>()

  constructor(memory: Memory, store?: Store) {
    this.#memory = memory
    this.#store = store
  }

  /** Whether it's in memory, so that something of it may have changed. */
  get isOpen(): boolean {
    return this.#open
  }

  /** Brings what is there into memory. @returns where it ends. */
  open(): number {
    if (!this.#open) {
      this.#open = true
      this.#memory.reach(HeapArea.START + FIRST_PAGE * PAGE)
      for (const [key, bytes] of this.#store?.scan(Table.ELEM, u32Key(STORE_ID), u32Key(STORE_ID + 1)) ?? []) {
        const page = new DataView(key.buffer, key.byteOffset).getUint32(4)
        this.#stored.set(page, bytes)
        const at = HeapArea.START + page * PAGE
        this.#memory.reach(at + PAGE)
        this.#memory.u8.set(bytes, at)
      }
      if (this.#word(PAGES) === 0) this.#setWord(PAGES, FIRST_PAGE)
      this.#memory.reach(this.end)
    }
    return this.end
  }

  /** Where what is in use ends. */
  get end(): number {
    return HeapArea.START + this.#word(PAGES) * PAGE
  }

  /** A number that no one else has: what tells one list or tree from another. */
  number(): number {
    this.open()
    const number = this.#word(NUMBER) + 1
    this.#setWord(NUMBER, number)
    return number
  }

  /** @returns where the object is, zeroed; 0 where there's no room. */
  alloc(size: number, kind: number, btfId = 0, typeId = 0): number {
    this.open()
    const total = size + HEADER
    const which = classes.findIndex((bytes) => bytes >= total)
    const at = which < 0 ? this.#allocPages(Math.ceil(total / PAGE)) : this.#allocSlot(which)
    if (at === 0) return 0
    const { u8, view } = this.#memory
    u8.fill(0, at, at + total)
    view.setUint32(at, btfId, true)
    view.setUint32(at + 4, typeId, true)
    view.setUint32(at + 8, size, true)
    view.setUint32(at + 12, kind, true)
    return at + HEADER
  }

  free(at: number): void {
    const start = at - HEADER
    const { view } = this.#memory
    const cls = this.#memory.u8[PAGE_CLASS + this.#pageOf(start)] as number
    const list = cls === LARGE ? FREE_LARGE : FREE + cls - 1
    view.setUint32(start + 12, 0, true)
    view.setUint32(start, this.#word(list), true)
    this.#setWord(list, start)
  }

  /** The object that a place is in. */
  find(at: number): HeapObject | undefined {
    if (!this.#open || at < HeapArea.START + FIRST_PAGE * PAGE || at >= this.end) return undefined
    const { u8, view } = this.#memory
    let page = this.#pageOf(at)
    while (u8[PAGE_CLASS + page] === CONTINUED) page--
    const first = HeapArea.START + page * PAGE
    const size = classes[(u8[PAGE_CLASS + page] as number) - 1]
    const start = size === undefined ? first : first + Math.floor((at - first) / size) * size
    const kind = view.getUint32(start + 12, true)
    if (kind === 0) return undefined
    return {
      at: start + HEADER,
      kind,
      btfId: view.getUint32(start, true),
      typeId: view.getUint32(start + 4, true),
      size: view.getUint32(start + 8, true),
    }
  }

  /** Writes pages that changed; within a transaction. */
  flush(): void {
    if (!this.#open || !this.#store) return
    const pages = this.#word(PAGES)
    for (let page = 0; page < pages; page++) {
      const at = HeapArea.START + page * PAGE
      const { u8 } = this.#memory
      let end = at + PAGE
      while (end > at && u8[end - 1] === 0) end--
      const now = u8.subarray(at, end)
      const stored = this.#stored.get(page)
      if (stored ? Buffer.compare(stored, now) === 0 : end === at) continue
      const bytes = now.slice()
      this.#stored.set(page, bytes)
      this.#store.put(Table.ELEM, concat(u32Key(STORE_ID), u32Key(page)), bytes)
    }
  }

  #allocSlot(which: number): number {
    const size = classes[which] as number
    if (this.#word(FREE + which) === 0) {
      const first = this.#newPages(1, which + 1)
      if (first === 0) return 0
      const { view } = this.#memory
      // The lowest comes first.
      for (let at = first + (Math.floor(PAGE / size) - 1) * size; at >= first; at -= size) {
        view.setUint32(at, this.#word(FREE + which), true)
        this.#setWord(FREE + which, at)
      }
    }
    const at = this.#word(FREE + which)
    this.#setWord(FREE + which, this.#memory.view.getUint32(at, true))
    return at
  }

  #allocPages(count: number): number {
    const { view } = this.#memory
    let before = 0
    for (let at = this.#word(FREE_LARGE); at !== 0; at = view.getUint32(at, true)) {
      if (Math.ceil((view.getUint32(at + 8, true) + HEADER) / PAGE) === count) {
        const next = view.getUint32(at, true)
        if (before === 0) this.#setWord(FREE_LARGE, next)
        else view.setUint32(before, next, true)
        return at
      }
      before = at
    }
    return this.#newPages(count, LARGE)
  }

  #newPages(count: number, cls: number): number {
    const page = this.#word(PAGES)
    if (page + count > MAX_PAGES) return 0
    const at = HeapArea.START + page * PAGE
    this.#memory.reach(at + count * PAGE)
    this.#setWord(PAGES, page + count)
    const { u8 } = this.#memory
    u8.fill(CONTINUED, PAGE_CLASS + page, PAGE_CLASS + page + count)
    u8[PAGE_CLASS + page] = cls
    return at
  }

  #pageOf(at: number): number {
    return Math.floor((at - HeapArea.START) / PAGE)
  }

  #word(i: number): number {
    return (this.#memory.i32[HeapArea.START / 4 + i] as number) >>> 0
  }

  #setWord(i: number, value: number): void {
    this.#memory.i32[HeapArea.START / 4 + i] = value
  }
}
