/**
 * Random programs for comparing the two engines: whatever the instruction set has, calls, loops in all shapes, maps,
 * contexts and atomics; most of it sensible, some not. They always come to an end: each jump back counts down.
 */
import { BpfFunc } from '../../src/uapi/helper-names.ts'
import { ProgType } from '../../src/uapi/prog-type.ts'
import { Assembler, W, sizes } from './assembler.ts'
import { random } from '../random.ts'

export interface WildProgram {
  type: number
  insns: Uint8Array
  packet: Uint8Array
}

/** Maps of wild-world.ts, by id. */
export const WildMap = { ARRAY: 2001, PERCPU: 2002, HASH: 2003, GLOBAL: 2004, PROGS: 2005, READ_ONLY: 2006 } as const
/** Sizes of the maps' values, and how many elements they have. */
export const WILD_VALUE = 16
export const WILD_ENTRIES = 6

const edges = [0, 1, 2, 7, 8, 31, 32, 63, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, -1, -2, -128, -0x80000000]
const ALU = [0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80, 0x90, 0xa0, 0xb0, 0xc0, 0xd0]
const JUMPS = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0]
const ATOMICS = [0x00, 0x01, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe1, 0xf1, 0x100, 0x110]
/** r9 counts jumps back, r8 is the context, r7 some pointer, r6 the packet; none of them is computed with at will. */
const FREE = [0, 1, 2, 3, 4, 5]
const BASES = [6, 6, 7, 7, 10, 10, 10, 1, 8]

type Kind = 'main' | 'function' | 'callback'

interface Label {
  slot: number
}

class WildGenerator {
  readonly #next: () => number
  readonly #asm = new Assembler()
  readonly #type: number
  /** Calls and addresses of functions, to be filled in when they are written: slot, and which function. */
  readonly #calls: { slot: number; to: number }[] = []
  readonly #kinds: Kind[]
  readonly #sane: boolean
  /** Which function is written. */
  #current = 0

  constructor(seed: number) {
    this.#next = random(seed)
    this.#type = this.#pick([ProgType.XDP, ProgType.XDP, ProgType.SCHED_CLS, ProgType.SOCKET_FILTER])
    this.#kinds = ['main', ...Array.from({ length: this.#below(4) }, () => this.#pick<Kind>(['function', 'callback']))]
    this.#sane = this.#below(4) !== 0
  }

  #below(n: number): number {
    return this.#next() % n
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)] as T
  }

  #word(): number {
    return (this.#below(3) === 0 ? this.#next() : this.#pick(edges)) | 0
  }

  make(): WildProgram {
    const packet = new Uint8Array(64)
    for (let i = 0; i < packet.length; i++) packet[i] = this.#word()
    packet.set([8, 0], 12)
    const starts = this.#kinds.map((kind, i) => {
      const start = this.#asm.length
      this.#current = i
      this.#function(kind)
      return start
    })
    for (const { slot, to } of this.#calls) this.#asm.setImm(slot, (starts[to] as number) - slot - 1)
    return { type: this.#type, insns: this.#asm.bytes(), packet }
  }

  #function(kind: Kind): void {
    const asm = this.#asm
    this.#prologue(kind)
    const count = 2 + this.#below(5)
    const labels: Label[] = []
    const jumps: { slot: number; to: number }[] = []
    for (let block = 0; block < count; block++) {
      labels.push({ slot: asm.length })
      const steps = 1 + this.#below(5)
      for (let i = 0; i < steps; i++) this.#step(kind)
      if (this.#below(4) === 0) continue
      this.#jump(block, count, jumps)
    }
    labels.push({ slot: asm.length })
    if (kind === 'callback') asm.emit(0x57, 0, 0, 0, this.#below(8) === 0 ? 1 : 0)
    if (kind === 'main' && this.#below(2)) this.#epilogue()
    asm.emit(0x95, 0, 0, 0, 0)
    for (const { slot, to } of jumps) asm.setOff(slot, (labels[to] as Label).slot - slot - 1)
  }

  #prologue(kind: Kind): void {
    const asm = this.#asm
    if (kind === 'main') asm.emit(0xbf, 8, 1, 0, 0)
    else asm.emit(0xbf, 8, this.#pick([1, 2]), 0, 0)
    asm.emit(0xb7, 9, 0, 0, this.#below(kind === 'main' ? 30 : 5))
    if (kind === 'main') {
      const [data, end] = this.#type === ProgType.XDP ? [0, 4] : [76, 80]
      asm.emit(0x61, 6, 8, data, 0)
      asm.emit(0x61, 2, 8, end, 0)
      asm.emit(0xbf, 3, 6, 0, 0)
      asm.emit(0x07, 3, 0, 0, this.#pick([14, 32, 64, 64, 80]))
      asm.emit(this.#pick([0xbd, 0xad]), 3, 2, 2, 0)
      asm.exit(2)
    } else {
      asm.emit(0xbf, 6, this.#pick(kind === 'function' ? [1, 2, 3, 4, 10] : [1, 2, 2, 10]), 0, 0)
    }
    asm.emit(0xbf, 7, this.#pick([6, 8, 10]), 0, 0)
    for (let off = -64; off < 0; off += 8) asm.emit(0x7a, 10, 0, off, this.#word())
    this.#fill(kind === 'main' ? [0, 1, 2, 3, 4, 5] : kind === 'function' ? [0] : [0, 3, 4, 5])
  }

  /** Gives registers values: what a call leaves in them is for nobody to know. */
  #fill(regs: readonly number[]): void {
    for (const reg of regs) {
      if (this.#below(3) === 0) this.#asm.wide(reg, BigInt(this.#word()) * BigInt(this.#word()))
      else this.#asm.emit(this.#pick([0xb7, 0xb4]), reg, 0, 0, this.#word())
    }
  }

  /** All registers to the packet. */
  #epilogue(): void {
    for (const reg of [0, 1, 2, 3, 4, 5, 7]) this.#asm.emit(0x7b, 6, reg, reg * 8, 0)
  }

  #jump(block: number, count: number, jumps: { slot: number; to: number }[]): void {
    const asm = this.#asm
    const to = this.#below(count + 1)
    if (to <= block) {
      // Back, as long as r9 lasts; from there on again where it doesn't.
      asm.emit(0x07, 9, 0, 0, -1)
      jumps.push({ slot: asm.length, to })
      if (this.#below(2)) asm.emit(0x65, 9, 0, 0, 0)
      else asm.emit(0x66, 9, 0, 0, 0)
      return
    }
    jumps.push({ slot: asm.length, to })
    if (this.#below(10) === 0) asm.emit(this.#pick([0x05, 0xe5]), 0, 0, 0, 0)
    else {
      const register = this.#below(2) ? 8 : 0
      const imm = register ? 0 : this.#word()
      asm.emit(this.#pick(JUMPS) | this.#pick([5, 6]) | register, this.#reg(), register ? this.#reg() : 0, 0, imm)
    }
  }

  #reg(): number {
    return this.#pick(FREE)
  }

  #step(kind: Kind): void {
    const step = this.#below(30)
    if (step < 9) this.#alu()
    else if (step < 15) this.#memory()
    else if (step < 17) this.#atomic()
    else if (step < 18) this.#asm.wide(this.#reg(), (BigInt(this.#word()) << 32n) | BigInt(this.#word() >>> 0))
    else if (step < 21) this.#lookup()
    else if (step < 22) this.#update()
    else if (step < 23) this.#pointer()
    else if (step < 25) this.#context(kind)
    else if (step < 27) this.#call(kind)
    else if (step < 28) this.#helper(kind)
    else if (step < 29) this.#spill()
    else this.#odd()
  }

  #alu(): void {
    const wide = this.#below(2) === 0
    const cls = wide ? 7 : 4
    const op = this.#pick(ALU)
    const dst = this.#reg()
    if (op === 0x80) this.#asm.emit(op | cls, dst, 0, 0, 0)
    else if (op === 0xd0) {
      this.#asm.emit(wide ? 0xd7 : this.#pick([0xd4, 0xdc]), dst, 0, 0, this.#pick([16, 32, 64]))
    } else {
      const register = this.#below(2) ? 8 : 0
      let off = 0
      if (op === 0x30 || op === 0x90) off = this.#below(2)
      if (op === 0xb0 && register) off = this.#pick(wide ? [0, 8, 16, 32] : [0, 8, 16])
      this.#asm.emit(op | cls | register, dst, register ? this.#reg() : 0, off, register ? 0 : this.#word())
    }
  }

  /** An offset that mostly makes sense for the pointer. */
  #offset(base: number, size: number): number {
    if (!this.#sane && this.#below(12) === 0) return this.#pick([-600, -513, -8, 8, 48, 64, 512, 4096, 32767, -32768])
    if (base === 10) return -64 + this.#below(64 / size) * size
    if (base === 7) return this.#below(WILD_VALUE + 1 - size)
    return this.#below(64 - size)
  }

  #base(): number {
    return this.#below(this.#sane ? 40 : 8) === 0 ? this.#pick(BASES) : this.#pick([6, 10, 10])
  }

  #memory(): void {
    const asm = this.#asm
    const { bits, bytes } = this.#pick(Object.values(sizes))
    const base = this.#base()
    const off = this.#offset(base, bytes)
    switch (this.#below(5)) {
      case 0:
        asm.emit(0x62 | bits, base, 0, off, this.#word())
        return
      case 1:
        asm.store(bits, base, off, this.#reg())
        return
      case 2:
        asm.load(bits, this.#reg(), base, off)
        return
      case 3:
        if (bytes === 8) asm.load(bits, this.#reg(), base, off)
        else asm.emit(0x81 | bits, this.#reg(), base, off, 0)
        return
      default: {
        // A place that depends.
        const reg = this.#reg()
        asm.emit(0x57, reg, 0, 0, this.#pick([7, 15, 24, 31]))
        asm.emit(0x0f, reg, base, 0, 0)
        const at = base === 10 ? -64 + this.#below(24) : 0
        if (this.#below(2)) asm.load(bits, this.#reg(), reg, at)
        else asm.store(bits, reg, at, this.#reg())
      }
    }
  }

  #atomic(): void {
    const op = this.#pick(ATOMICS)
    const { bits, bytes } = op >= 0x100 ? this.#pick(Object.values(sizes)) : this.#pick([sizes.w, sizes.dw])
    const base = this.#base()
    const off = this.#offset(base, bytes)
    if (op === 0x100) this.#asm.emit(0xc3 | bits, this.#reg(), base, off, op)
    else this.#asm.emit(0xc3 | bits, base, this.#reg(), off, op)
  }

  #map(): number {
    return this.#pick([WildMap.ARRAY, WildMap.ARRAY, WildMap.PERCPU, WildMap.HASH, WildMap.READ_ONLY])
  }

  #mapPointer(reg: number, map: number): void {
    this.#asm.emit(0x18, reg, 1, 0, map)
    this.#asm.emit(0x00, 0, 0, 0, 0)
  }

  /** A key at r10-72: a constant, or what comes. */
  #key(): void {
    const asm = this.#asm
    if (this.#below(2)) asm.emit(0x62, 10, 0, -72, this.#below(WILD_ENTRIES + 2))
    else {
      const reg = this.#reg()
      asm.emit(0x57, reg, 0, 0, 7)
      asm.emit(0x63, 10, reg, -72, 0)
    }
    asm.emit(0xbf, 2, 10, 0, 0)
    asm.emit(0x07, 2, 0, 0, -72)
  }

  #lookup(): void {
    const asm = this.#asm
    this.#key()
    this.#mapPointer(1, this.#map())
    asm.emit(0x85, 0, 0, 0, BpfFunc['map_lookup_elem'] ?? 0)
    const steps = 1 + this.#below(3)
    if (this.#below(10) !== 0) {
      // Where there is none, what's done with it is stepped over.
      asm.emit(0x15, 0, 0, steps, 0)
    }
    for (let i = 0; i < steps; i++) {
      const { bits, bytes } = this.#pick(Object.values(sizes))
      const off = this.#below(this.#sane ? WILD_VALUE + 1 - bytes : WILD_VALUE + 2)
      if (this.#below(3) === 0) asm.load(bits, this.#pick([1, 2, 3]), 0, off)
      else if (this.#below(2)) asm.emit(0x62 | bits, 0, 0, off, this.#word())
      else if (this.#below(2) && bytes >= 4) asm.emit(0xc3 | bits, 0, 9, off, 0)
      else asm.emit(0xbf, 7, 0, 0, 0)
    }
    this.#fill([0, 1, 2, 3, 4, 5])
  }

  #update(): void {
    const asm = this.#asm
    if (this.#below(3) === 0) {
      this.#key()
      this.#mapPointer(1, this.#map())
      asm.emit(0x85, 0, 0, 0, BpfFunc['map_delete_elem'] ?? 0)
    } else {
      this.#key()
      this.#mapPointer(1, this.#map())
      asm.emit(0xbf, 3, this.#pick([10, 10, 6, 7]), 0, 0)
      asm.emit(0x07, 3, 0, 0, this.#pick([-64, -32, -16, 0]))
      asm.emit(0xb7, 4, 0, 0, this.#below(5) - 1)
      asm.emit(0x85, 0, 0, 0, BpfFunc['map_update_elem'] ?? 0)
    }
    this.#fill([1, 2, 3, 4, 5])
  }

  /** Something else to r7. */
  #pointer(): void {
    const asm = this.#asm
    switch (this.#below(5)) {
      case 0:
        asm.emit(0x18, 7, 2, 0, WildMap.GLOBAL)
        asm.emit(0x00, 0, 0, 0, this.#pick([0, 0, 4, 8]))
        return
      case 1:
        asm.emit(0xbf, 7, 10, 0, 0)
        asm.emit(0x07, 7, 0, 0, this.#pick([-64, -40, -24, -16]))
        return
      case 2:
        asm.emit(0xbf, 7, 6, 0, 0)
        asm.emit(0x07, 7, 0, 0, this.#below(40))
        return
      case 3:
        asm.emit(0xbf, 7, this.#pick([8, 9, 0]), 0, 0)
        return
      default:
        asm.emit(0x18, 7, 2, 0, WildMap.READ_ONLY)
        asm.emit(0x00, 0, 0, 0, 0)
    }
  }

  #context(kind: Kind): void {
    const asm = this.#asm
    const { bits, bytes } = this.#pick([sizes.w, sizes.w, sizes.w, sizes.h, sizes.b, sizes.dw])
    const fields =
      this.#type === ProgType.XDP ? [0, 4, 8, 12, 16, 20] : [0, 4, 8, 12, 16, 32, 40, 44, 48, 60, 68, 72, 152]
    const off = this.#pick(fields) + (this.#below(6) === 0 ? this.#below(4 / Math.min(bytes, 4)) * bytes : 0)
    if (kind !== 'main' && this.#below(2)) return
    if (this.#type !== ProgType.XDP && this.#below(3) === 0) {
      const writable = this.#pick([8, 32, 44, 48, 52, 56, 60, 64])
      asm.store(writable >= 48 ? bits : W.W, 8, writable, this.#reg())
    } else {
      asm.load(this.#sane && bytes === 8 ? W.W : bits, this.#reg(), 8, off)
    }
  }

  #call(kind: Kind): void {
    const asm = this.#asm
    // Functions call those that come later, or there'd be no end; one in many calls itself, which ends soon.
    const to = this.#current + 1 + this.#below(3) - (this.#below(200) === 0 ? 1 : 0)
    if (to >= this.#kinds.length || to === 0 || (kind !== 'main' && this.#below(3) === 0)) return
    const argument = (reg: number) => {
      if (this.#below(2)) asm.emit(0xbf, reg, this.#pick([6, 7, 8, 9]), 0, 0)
      else {
        asm.emit(0xbf, reg, 10, 0, 0)
        asm.emit(0x07, reg, 0, 0, this.#pick([-64, -48, -32, -16, -8]))
      }
    }
    if (this.#kinds[to] === 'callback' && this.#below(4) !== 0) {
      if (this.#below(4) === 0) this.#mapPointer(1, this.#map())
      else asm.emit(0xb7, 1, 0, 0, this.#pick([0, 1, 3, 10, 0x800001]))
      argument(3)
      this.#calls.push({ slot: asm.length, to })
      asm.emit(0x18, 2, 4, 0, 0)
      asm.emit(0x00, 0, 0, 0, 0)
      asm.emit(0xb7, 4, 0, 0, this.#below(20) === 0 ? 1 : 0)
      const isMap = asm.codeAt(asm.length - 6) === 0x18 || asm.codeAt(asm.length - 5) === 0x18
      asm.emit(0x85, 0, 0, 0, (isMap ? BpfFunc['for_each_map_elem'] : BpfFunc['loop']) ?? 0)
    } else {
      for (let reg = 1; reg <= 5; reg++) argument(reg)
      this.#calls.push({ slot: asm.length, to })
      asm.emit(0x85, 0, 1, 0, 0)
    }
    this.#fill([1, 2, 3, 4, 5])
  }

  #helper(kind: Kind): void {
    const asm = this.#asm
    switch (this.#below(4)) {
      case 0:
        asm.emit(0x85, 0, 0, 0, BpfFunc['get_smp_processor_id'] ?? 0)
        break
      case 1:
        asm.emit(0xb7, 1, 0, 0, 0)
        asm.emit(0xb7, 2, 0, 0, 0)
        asm.emit(0xbf, 3, this.#pick([10, 6, 7]), 0, 0)
        asm.emit(0x07, 3, 0, 0, this.#pick([-64, -32, 0, 4]))
        asm.emit(0xb7, 4, 0, 0, this.#pick([0, 4, 8, 32]))
        asm.emit(0xb7, 5, 0, 0, this.#word())
        asm.emit(0x85, 0, 0, 0, BpfFunc['csum_diff'] ?? 0)
        break
      case 2:
        asm.emit(0xbf, 1, 8, 0, 0)
        this.#mapPointer(2, WildMap.PROGS)
        asm.emit(0xb7, 3, 0, 0, this.#below(4))
        asm.emit(0x85, 0, 0, 0, BpfFunc['tail_call'] ?? 0)
        break
      default:
        if (this.#type !== ProgType.XDP) {
          asm.emit(this.#pick([0x20, 0x28, 0x30, 0x40, 0x48, 0x50]), 0, this.#reg(), 0, this.#pick([0, 14, 60, 63, -4]))
          return
        }
        asm.emit(0xbf, 1, 8, 0, 0)
        asm.emit(0xb7, 2, 0, 0, this.#pick([0, 4, -4, 8]))
        asm.emit(0x85, 0, 0, 0, BpfFunc['xdp_adjust_head'] ?? 0)
        if (this.#sane && kind === 'main') asm.emit(0x61, 6, 8, 0, 0)
    }
    this.#fill([1, 2, 3, 4, 5])
  }

  /** A register to the stack and back, and what may come between. */
  #spill(): void {
    const asm = this.#asm
    const off = -8 - 8 * this.#below(8)
    const reg = this.#pick([6, 7, 8])
    asm.emit(0x7b, 10, reg, off, 0)
    if (this.#below(2)) this.#memory()
    if (this.#sane) asm.emit(0x7b, 10, reg, off, 0)
    asm.emit(0x79, reg, 10, off, 0)
  }

  /** What programs don't do, or seldom. */
  #odd(): void {
    const asm = this.#asm
    if (this.#sane || this.#below(2)) {
      asm.emit(0xe5, 0, 0, 0, 0)
      return
    }
    switch (this.#below(6)) {
      case 0:
        asm.emit(this.#below(256), this.#reg(), this.#reg(), 0, this.#word())
        if (asm.codeAt(asm.length - 1) === 0x18) asm.emit(0, 0, 0, 0, 0)
        return
      case 1:
        asm.emit(0x07, 10, 0, 0, this.#pick([-8, 8, 512]))
        return
      case 2:
        asm.emit(0x85, 0, 0, 0, this.#below(220))
        this.#fill([1, 2, 3, 4, 5])
        return
      case 3:
        asm.emit(0x85, 0, 2, 0, 5)
        return
      case 4:
        asm.emit(0x95, 0, 0, 0, 0)
        return
      default:
        asm.emit(0x7b, 7, this.#pick([6, 7, 8, 10]), 0, 0)
    }
  }
}

export function wildProgram(seed: number): WildProgram {
  return new WildGenerator(seed).make()
}
