import type { Memory } from '../../memory/memory.ts'
import { RunArea } from '../../memory/run-area.ts'
import { Errno } from '../../../uapi/errno.ts'
import { KernelError } from '../../error.ts'
import type { ArenaMemory } from '../../maps/arena-memory.ts'
import type { KernelMap } from '../../maps/map.ts'
import type { RingbufMap } from '../../maps/ringbuf.ts'
import { HeapArea, isInHeap } from '../../memory/heap-area.ts'
import type { Heap } from '../../memory/heap.ts'
import type { ProgRecord } from '../../objects/records.ts'
import { MAP_HI, MEM_HI, OBJ_BASE, OBJ_HI, objectAddress } from './address.ts'
import { GRANT_BOTH, GRANT_READ, GRANT_WRITE, Grants } from './grants.ts'
import { readKernelObject, taskAddress } from './kernel-objects.ts'
import type { RunKernel } from './run-kernel.ts'
import type { Skb } from './skb.ts'
import { UserMemory } from './user-memory.ts'
import type { XdpBuff } from './xdp-buff.ts'

/**
 * Something that a program reads by fields that the kernel computes (a context, a socket), not by bytes. Offsets are
 * those of the ABI's struct.
 */
export interface VirtualObject {
  /** Puts the field's value at index `d` of the registers, low word first. @returns false where nothing can be read. */
  load(r: Int32Array, d: number, off: number, size: number): boolean
  /** @returns false where nothing can be written. */
  store(off: number, size: number, lo: number, hi: number): boolean
}

/** A helper's implementation: arguments in r1 to r5, result in r0. */
export type HelperImpl = (run: Run) => void

/** bpf_redirect_info, as far as it can be seen. */
export interface RedirectInfo {
  ifindex: number
  flags: number
  mapId: number
}

/** A program that runs: its registers, its memory and what it can reach. */
export class Run {
  readonly kernel: RunKernel
  readonly memory: Memory
  readonly grants: Grants
  /** The program that was started; tail calls don't change it. */
  readonly prog: ProgRecord
  /** r0 at 0, r1 at 2, ...: low word, high word. Replaced when another program goes on (bpf_tail_call). */
  regs: Int32Array = new Int32Array(32)
  skb: Skb | undefined
  xdp: XdpBuff | undefined
  /** Ring buffers that the program may hold samples of. */
  readonly rings = new Set<RingbufMap>()
  /** Buffers of the process that has the program run. */
  readonly user = new UserMemory()
  readonly redirect: RedirectInfo = { ifindex: 0, flags: 0, mapId: 0 }
  /**
   * Calls a function of the program (bpf_loop's callback and the like): arguments are in the registers, and the result.
   * Set by the engine.
   */
  callback: (slot: number) => void = () => {
    throw new KernelError(Errno.ENOTSUP)
  }
  readonly #objects: VirtualObject[] = []
  readonly #owned: { at: number; size: number }[] = []
  readonly #atEnd: (() => void)[] = []
  #heapEnd = 0
  /** The arena that the program's pointers are into. */
  arena: ArenaMemory | undefined
  /** The timer or work whose function runs: its entry's number. */
  servicing = 0

  constructor(kernel: RunKernel, prog: ProgRecord) {
    this.kernel = kernel
    this.memory = kernel.memory
    this.grants = new Grants(kernel.memory)
    this.prog = prog
  }

  /** Tail calls that were made: compiled code counts them too. */
  get tailCalls(): number {
    return this.memory.i32[RunArea.TAIL_CALLS >> 2] as number
  }

  set tailCalls(count: number) {
    this.memory.i32[RunArea.TAIL_CALLS >> 2] = count
  }

  /** Memory for this run alone, which it may touch; taken back by `end`. */
  alloc(size: number, rights: number = GRANT_BOTH): number {
    const at = this.memory.alloc(Math.max(size, 8))
    this.#owned.push({ at, size: Math.max(size, 8) })
    this.grants.grant(at, size, rights)
    return at
  }

  /** Has something done when the run ends, while its memory is still there. */
  atEnd(fn: () => void): void {
    this.#atEnd.push(fn)
  }

  end(): void {
    for (const fn of this.#atEnd) fn()
    this.#atEnd.length = 0
    for (const { at, size } of this.#owned) this.memory.free(at, size)
    this.#owned.length = 0
    this.grants.end()
  }

  /** The address of the task that the program runs in. */
  get task(): readonly [lo: number, hi: number] {
    return taskAddress(this.kernel.task.pid)
  }

  /** Objects that programs allocate, in memory. */
  get heap(): Heap {
    const { heap } = this.kernel
    if (this.#heapEnd === 0) this.grantHeap()
    return heap
  }

  /** Lets the program touch objects: the verifier has seen that it has what it uses. */
  grantHeap(): void {
    const end = this.kernel.heap.open()
    if (end === this.#heapEnd) return
    this.#heapEnd = end
    this.grants.grant(HeapArea.START, end - HeapArea.START, GRANT_BOTH)
  }

  /** Whether a place is in an object that a value led to: such are there from then on. */
  #reachesHeap(lo: number, hi: number, size: number): boolean {
    if (hi !== MEM_HI || !isInHeap(lo >>> 0)) return false
    this.grantHeap()
    return this.grants.allows(lo >>> 0, size, GRANT_BOTH)
  }

  /** Gives a virtual object an address: its low word. */
  addObject(object: VirtualObject): number {
    let index = this.#objects.indexOf(object)
    if (index < 0) index = this.#objects.push(object) - 1
    return objectAddress(index)
  }

  /** The object that argument `n` points to the start of, or undefined. */
  object(n: number): VirtualObject | undefined {
    const lo = this.lo(n)
    return this.hi(n) === OBJ_HI && (lo & 0xffff) === OBJ_BASE ? this.#objects[lo >>> 16] : undefined
  }

  /** Loads of addresses that are no plain bytes. */
  loadObject(d: number, lo: number, hi: number, size: number): boolean {
    if (this.#reachesHeap(lo, hi, size)) {
      setBytes(this.regs, d, this.memory.u8.subarray(lo >>> 0, (lo >>> 0) + size))
      return true
    }
    if (hi !== OBJ_HI) {
      const bytes = readKernelObject(this.kernel, lo, hi, size)
      if (bytes) setBytes(this.regs, d, bytes)
      else if (this.arena && hi !== MEM_HI) this.arena.load(this.regs, d, lo, size)
      else return false
      return true
    }
    return this.#objects[lo >>> 16]?.load(this.regs, d, (lo & 0xffff) - OBJ_BASE, size) ?? false
  }

  storeObject(lo: number, hi: number, size: number, valueLo: number, valueHi: number): boolean {
    if (this.#reachesHeap(lo, hi, size)) {
      const { view } = this.memory
      const at = lo >>> 0
      if (size === 8) view.setInt32(at + 4, valueHi, true)
      if (size >= 4) view.setInt32(at, valueLo, true)
      else if (size === 2) view.setInt16(at, valueLo, true)
      else view.setInt8(at, valueLo)
      return true
    }
    if (hi !== OBJ_HI) {
      if (!this.arena || hi === MEM_HI) return false
      this.arena.store(lo, size, valueLo, valueHi)
      return true
    }
    return this.#objects[lo >>> 16]?.store((lo & 0xffff) - OBJ_BASE, size, valueLo, valueHi) ?? false
  }

  lo(n: number): number {
    return this.regs[n * 2] as number
  }

  hi(n: number): number {
    return this.regs[n * 2 + 1] as number
  }

  /** Argument `n` as an unsigned number of at most 53 bits; what's larger is as large as that. */
  size(n: number): number {
    const hi = this.hi(n) >>> 0
    return hi >= 0x200000 ? Number.MAX_SAFE_INTEGER : hi * 0x1_0000_0000 + (this.lo(n) >>> 0)
  }

  isNull(n: number): boolean {
    return (this.lo(n) | this.hi(n)) === 0
  }

  /** Returns a signed 32-bit number, such as 0 or a negative errno. */
  ret(value: number): void {
    this.regs[0] = value
    this.regs[1] = value < 0 ? -1 : 0
  }

  ret64(lo: number, hi: number): void {
    this.regs[0] = lo
    this.regs[1] = hi
  }

  retBig(value: bigint): void {
    this.regs[0] = Number(value & 0xffffffffn)
    this.regs[1] = Number((value >> 32n) & 0xffffffffn)
  }

  /** Returns the address of bytes of memory; 0 is NULL. */
  retAddress(at: number): void {
    this.regs[0] = at
    this.regs[1] = at === 0 ? 0 : MEM_HI
  }

  /** Offset of the `size` bytes that argument `n` points to. @throws KernelError EFAULT where there's no such memory. */
  read(n: number, size: number): number {
    return this.#bytes(n, size, GRANT_READ)
  }

  /** As `read`, for bytes that a helper writes. */
  write(n: number, size: number): number {
    return this.#bytes(n, size, GRANT_WRITE)
  }

  #bytes(n: number, size: number, rights: number): number {
    const at = this.lo(n) >>> 0
    if (size === 0) return at
    if (this.hi(n) !== MEM_HI || size > 0xffffffff || !this.#mayTouch(at, size, rights)) {
      throw fault(`argument ${n} of a helper`)
    }
    return at
  }

  #mayTouch(at: number, size: number, rights: number): boolean {
    return this.grants.allows(at, size, rights) || this.#reachesHeap(at, MEM_HI, size)
  }

  /** Where in memory an address is that may not be a plain one; 0 where it's none of bytes. */
  place(lo: number, hi: number, size: number): number {
    // Of an arena's addresses the low word is what counts.
    if (this.arena && hi !== MEM_HI && hi !== OBJ_HI) return this.arena.place(lo, size)
    return this.#reachesHeap(lo, hi, size) ? lo >>> 0 : 0
  }

  /** Whether `size` bytes at an address can be read: bpf_probe_read_kernel's question. */
  readable(lo: number, hi: number, size: number): boolean {
    return hi === MEM_HI && this.grants.allows(lo >>> 0, size, GRANT_READ)
  }

  /** What a program reads of one of the kernel's own structs (bpf_probe_read_kernel); undefined for anything else. */
  kernelBytes(lo: number, hi: number, size: number): Uint8Array | undefined {
    return readKernelObject(this.kernel, lo, hi, size)
  }

  /** The map that argument `n` is. */
  map(n: number): KernelMap {
    if (this.hi(n) !== MAP_HI) throw fault(`argument ${n} of a helper, which is no map`)
    return this.kernel.mapById(this.lo(n) >>> 0)
  }

  /** The bytes, as they are now. */
  bytes(at: number, size: number): Uint8Array {
    return this.memory.u8.subarray(at, at + size)
  }
}

/** Makes up to eight bytes a register's words. */
function setBytes(r: Int32Array, d: number, bytes: Uint8Array): void {
  let lo = 0
  let hi = 0
  for (let i = 0; i < bytes.length; i++) {
    if (i < 4) lo |= (bytes[i] as number) << (i * 8)
    else hi |= (bytes[i] as number) << (i * 8 - 32)
  }
  r[d] = lo
  r[d + 1] = hi
}

/** A wild access: no verified program does that. */
export function fault(what: string): KernelError {
  return new KernelError(Errno.EFAULT, `invalid access to memory: ${what}`)
}
