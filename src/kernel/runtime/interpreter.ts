import { helperNames } from '../../uapi/helper-names.ts'
import { MAP_HI, MEM_HI } from '../helpers/impl/address.ts'
import { div64, mod64, mul64, sdiv64, smod64, swap16, swap32 } from '../helpers/impl/int64.ts'
import { helperImpls } from '../helpers/impl/index.ts'
import { kfuncByNumber } from '../helpers/kfuncs/index.ts'
import { Thrown } from '../helpers/kfuncs/throw.ts'
import type { Run } from '../helpers/impl/run.ts'
import { fault } from '../helpers/impl/run.ts'
import { RunArea } from '../memory/run-area.ts'
import { accessSize, atomic } from './atomic.ts'
import type { Code } from './decode.ts'
import { STRIDE } from './decode.ts'
import { noHelper, noKfunc, runaway } from './failures.ts'
import { FUEL, MAX_NESTED_FRAMES, MAX_TAIL_CALLS, MAX_TIMED_LOOPS, STACK_SIZE } from './limits.ts'
import { loadAbs } from './load-abs.ts'
import { HOT_CALLBACKS } from './tier.ts'
import { mayGotoAgain } from './may-goto.ts'

/** Words saved for each frame: r6 to r9, r10, where to go on, may_goto's turns and since when. */
const FRAME_WORDS = 13

/** What the interpreter asks the engine that it's part of. */
export interface InterpreterHost {
  /** The program in a slot of a program array. */
  tailCallTarget(mapId: number, index: number): Code | undefined
  /** What calls functions of a program that are called back very often, in the interpreter's place. */
  hotCallback(code: Code): Run['callback'] | undefined
}

/** The engine: runs decoded programs, one instruction after the other. */
export class Interpreter {
  readonly #run: Run
  readonly #stackTop: number
  readonly #frames = new Int32Array(FRAME_WORDS * (MAX_NESTED_FRAMES + 1))
  readonly #frameCode: Code[] = []
  readonly #host: InterpreterHost
  /** What load instructions of bad addresses give in tracing programs: 0, instead of the run's end (BPF_PROBE_MEM). */
  readonly #probes: boolean
  #code: Code | undefined
  #depth = 0
  #fuel = 0
  #mayGoto = 0
  #since = 0
  /** How often functions were called back, and what calls those of one program since that was often. */
  #callbacks = 0
  #hot: Run['callback'] | undefined
  #hotCode: Code | undefined

  /** @param stackTop r10 of the first frame; MAX_NESTED_FRAMES frames lie below it. */
  constructor(run: Run, stackTop: number, probes: boolean, host: InterpreterHost) {
    this.#run = run
    this.#probes = probes
    this.#host = host
    this.#stackTop = stackTop
    run.callback = (slot) => {
      this.#callback(slot)
    }
  }

  /**
   * Runs a program to its end: r1 is its argument, r0 of `run.regs` its result.
   * @throws KernelError EFAULT for what no verified program does, EINTR when it goes on for too long.
   */
  start(code: Code, argLo: number, argHi: number): void {
    this.#fuel = FUEL
    this.#run.tailCalls = 0
    try {
      this.#begin(code, 0, argLo, argHi)
    } catch (error) {
      if (!(error instanceof Thrown)) throw error
      this.#handle(code, error)
    }
  }

  /** What becomes of an exception: the program's function for that says what is returned, or it's what was thrown. */
  #handle(code: Code, { lo, hi }: Thrown): void {
    if (code.exceptionCallback >= 0) this.#begin(code, 0, lo, hi, code.exceptionCallback)
    else {
      this.#enter(code)
      this.#run.ret64(lo, hi)
    }
  }

  /** Calls a function of a program on its own: arguments and result are in the registers. */
  call(code: Code, slot: number): void {
    const { regs } = this.#run
    this.#fuel = FUEL
    for (let i = 2; i < 12; i++) code.regs[i] = regs[i] as number
    this.#begin(code, 0, code.regs[2] as number, code.regs[3] as number, slot)
  }

  #begin(code: Code, depth: number, argLo: number, argHi: number, slot = 0): void {
    this.#depth = depth
    this.#mayGoto = MAX_TIMED_LOOPS
    this.#since = 0
    this.#enter(code)
    const { regs } = code
    regs[2] = argLo
    regs[3] = argHi
    regs[20] = this.#stackTop - depth * STACK_SIZE
    regs[21] = MEM_HI
    this.#execute(slot * STRIDE)
  }

  /** Runs a program that compiled code tail-calls in one of its frames, and leaves the high word of r0 as that does. */
  tailCalled(code: Code, frame: number, argLo: number, argHi: number): number {
    const run = this.#run
    const before = { code: this.#code, depth: this.#depth, mayGoto: this.#mayGoto, since: this.#since }
    const { regs, callback, memory } = run
    run.callback = (slot) => {
      this.#callback(slot)
    }
    this.#fuel = memory.i32[RunArea.FUEL >> 2] as number
    this.#begin(code, (this.#stackTop - frame) / STACK_SIZE, argLo, argHi)
    // Another array where memory grew.
    const { i32 } = memory
    const result = run.regs
    i32[RunArea.FUEL >> 2] = this.#fuel
    i32[RunArea.R0_HI >> 2] = result[1] as number
    this.#code = before.code
    this.#depth = before.depth
    this.#mayGoto = before.mayGoto
    this.#since = before.since
    run.callback = callback
    const lo = result[0] as number
    run.regs = regs
    return lo
  }

  /** Makes `code` the program whose constants and registers are used. */
  #enter(code: Code): void {
    this.#code = code
    this.#run.regs = code.regs
  }

  /** Goes on in another program, with all registers as they are. */
  #switch(code: Code): void {
    const before = this.#run.regs
    if (before === code.regs) return
    for (let i = 0; i < 24; i++) code.regs[i] = before[i] as number
    this.#enter(code)
  }

  #callback(slot: number): void {
    const code = this.#code as Code
    if (++this.#callbacks === HOT_CALLBACKS) {
      this.#hot = this.#host.hotCallback(code)
      this.#hotCode = code
    }
    if (this.#hot && this.#hotCode === code) {
      this.#callCompiled(this.#hot, slot)
      return
    }
    if (slot < 0 || slot >= code.slots) throw fault('a callback')
    this.#push(0)
    this.#execute(slot * STRIDE)
    this.#pop()
  }

  /** Has compiled code call a function, as if it were called from this frame. */
  #callCompiled(callback: Run['callback'], slot: number): void {
    const { memory, regs } = this.#run
    memory.i32[RunArea.FUEL >> 2] = this.#fuel
    memory.i32[RunArea.CALL_FRAME >> 2] = regs[20] as number
    callback(slot)
    this.#fuel = memory.i32[RunArea.FUEL >> 2] as number
  }

  /** Enters a function: a new frame with a stack of its own. */
  #push(returnTo: number): void {
    if (this.#depth + 1 >= MAX_NESTED_FRAMES) throw fault('too many nested calls')
    if (--this.#fuel < 0) throw runaway()
    const r = this.#run.regs
    const frames = this.#frames
    let at = this.#depth * FRAME_WORDS
    for (let i = 12; i < 22; i++) frames[at++] = r[i] as number
    frames[at++] = returnTo
    frames[at++] = this.#mayGoto
    frames[at] = this.#since
    this.#frameCode[this.#depth] = this.#code as Code
    this.#depth++
    this.#mayGoto = MAX_TIMED_LOOPS
    this.#since = 0
    r[20] = this.#stackTop - this.#depth * STACK_SIZE
    r[21] = MEM_HI
  }

  /** Leaves a function. @returns where its caller goes on. */
  #pop(): number {
    this.#depth--
    const code = this.#frameCode[this.#depth] as Code
    this.#switch(code)
    const r = this.#run.regs
    const frames = this.#frames
    let at = this.#depth * FRAME_WORDS
    for (let i = 12; i < 22; i++) r[i] = frames[at++] as number
    this.#mayGoto = frames[at + 1] as number
    this.#since = frames[at + 2] as number
    return frames[at] as number
  }

  /** bpf_tail_call. @returns whether the program was left for another. */
  #tailCall(): boolean {
    const run = this.#run
    const r = run.regs
    const { i32 } = run.memory
    if (r[2] !== i32[RunArea.ARGUMENT >> 2] || r[3] !== i32[(RunArea.ARGUMENT >> 2) + 1]) {
      throw fault('a tail call without the context')
    }
    if (r[5] !== MAP_HI) throw fault('a tail call without a program array')
    if (run.tailCalls >= MAX_TAIL_CALLS) return false
    const code = this.#host.tailCallTarget(r[4] as number, (r[6] as number) >>> 0)
    if (!code) return false
    run.tailCalls++
    this.#switch(code)
    // The program finds its frame, whatever the one before made of r10.
    code.regs[20] = this.#stackTop - this.#depth * STACK_SIZE
    code.regs[21] = MEM_HI
    return true
  }

  /** Loads that are not plain bytes, and those that fail. */
  #slowLoad(code: number, d: number, lo: number, hi: number): void {
    const run = this.#run
    const r = run.regs
    const size = accessSize(code & 0x18)
    if (!run.loadObject(d, lo, hi, size)) {
      if (!this.#probes) throw fault(`a load of ${size} bytes`)
      r[d] = 0
      r[d + 1] = 0
    }
    if ((code & 0xe0) === 0x80) {
      const shift = 32 - size * 8
      r[d] = ((r[d] as number) << shift) >> shift
      r[d + 1] = (r[d] as number) >> 31
    }
  }

  #slowStore(code: number, lo: number, hi: number, s: number): void {
    const run = this.#run
    const size = accessSize(code & 0x18)
    if (!run.storeObject(lo, hi, size, run.regs[s] as number, run.regs[s + 1] as number)) {
      throw fault(`a store of ${size} bytes`)
    }
  }

  /** Runs from instruction `p` to the end of the function that it's in. */
  #execute(p: number): void {
    const run = this.#run
    const depth = this.#depth
    let r = run.regs
    let insns = (this.#code as Code).insns
    let view = run.memory.view
    let grants = run.grants.bytes
    for (;;) {
      const word = insns[p] as number
      const d = word >>> 16
      const s = insns[p + 1] as number
      p += STRIDE
      // The cases are opcode bytes, then the numbers of `Op`. Jumps and memory accesses find their third word at p - 2.
      switch (word & 0xffff) {
        // -- 64-bit arithmetic
        case 0x0f: {
          const a = r[d] as number
          const lo = (a + (r[s] as number)) | 0
          r[d + 1] = (r[d + 1] as number) + (r[s + 1] as number) + (lo >>> 0 < a >>> 0 ? 1 : 0)
          r[d] = lo
          continue
        }
        case 0x1f: {
          const a = r[d] as number
          const b = r[s] as number
          r[d + 1] = (r[d + 1] as number) - (r[s + 1] as number) - (a >>> 0 < b >>> 0 ? 1 : 0)
          r[d] = a - b
          continue
        }
        case 0x2f:
          mul64(r, d, s)
          continue
        case 0x3f:
          div64(r, d, s)
          continue
        case 0x4f:
          r[d] = (r[d] as number) | (r[s] as number)
          r[d + 1] = (r[d + 1] as number) | (r[s + 1] as number)
          continue
        case 0x5f:
          r[d] = (r[d] as number) & (r[s] as number)
          r[d + 1] = (r[d + 1] as number) & (r[s + 1] as number)
          continue
        case 0x6f: {
          const n = (r[s] as number) & 63
          const lo = r[d] as number
          if (n >= 32) {
            r[d + 1] = lo << (n - 32)
            r[d] = 0
          } else if (n > 0) {
            r[d + 1] = ((r[d + 1] as number) << n) | (lo >>> (32 - n))
            r[d] = lo << n
          }
          continue
        }
        case 0x7f: {
          const n = (r[s] as number) & 63
          const hi = r[d + 1] as number
          if (n >= 32) {
            r[d] = hi >>> (n - 32)
            r[d + 1] = 0
          } else if (n > 0) {
            r[d] = ((r[d] as number) >>> n) | (hi << (32 - n))
            r[d + 1] = hi >>> n
          }
          continue
        }
        case 0xcf: {
          const n = (r[s] as number) & 63
          const hi = r[d + 1] as number
          if (n >= 32) {
            r[d] = hi >> (n - 32)
            r[d + 1] = hi >> 31
          } else if (n > 0) {
            r[d] = ((r[d] as number) >>> n) | (hi << (32 - n))
            r[d + 1] = hi >> n
          }
          continue
        }
        case 0x87: {
          const lo = -(r[d] as number) | 0
          r[d] = lo
          r[d + 1] = ~(r[d + 1] as number) + (lo === 0 ? 1 : 0)
          continue
        }
        case 0x9f:
          mod64(r, d, s)
          continue
        case 0xaf: {
          const lo = (r[d] as number) ^ (r[s] as number)
          r[d + 1] = (r[d + 1] as number) ^ (r[s + 1] as number)
          r[d] = lo
          continue
        }
        case 0xbf:
          r[d] = r[s] as number
          r[d + 1] = r[s + 1] as number
          continue
        case 0x102:
          sdiv64(r, d, s)
          continue
        case 0x103:
          smod64(r, d, s)
          continue
        case 0x106:
          r[d] = ((r[s] as number) << 24) >> 24
          r[d + 1] = (r[d] as number) >> 31
          continue
        case 0x107:
          r[d] = ((r[s] as number) << 16) >> 16
          r[d + 1] = (r[d] as number) >> 31
          continue
        case 0x108:
          r[d] = r[s] as number
          r[d + 1] = (r[d] as number) >> 31
          continue

        // -- 32-bit arithmetic: the high word becomes 0
        case 0x0c:
          r[d] = (r[d] as number) + (r[s] as number)
          r[d + 1] = 0
          continue
        case 0x1c:
          r[d] = (r[d] as number) - (r[s] as number)
          r[d + 1] = 0
          continue
        case 0x2c:
          r[d] = Math.imul(r[d] as number, r[s] as number)
          r[d + 1] = 0
          continue
        case 0x3c: {
          const b = (r[s] as number) >>> 0
          r[d] = b === 0 ? 0 : ((r[d] as number) >>> 0) / b
          r[d + 1] = 0
          continue
        }
        case 0x4c:
          r[d] = (r[d] as number) | (r[s] as number)
          r[d + 1] = 0
          continue
        case 0x5c:
          r[d] = (r[d] as number) & (r[s] as number)
          r[d + 1] = 0
          continue
        case 0x6c:
          r[d] = (r[d] as number) << (r[s] as number)
          r[d + 1] = 0
          continue
        case 0x7c:
          r[d] = (r[d] as number) >>> (r[s] as number)
          r[d + 1] = 0
          continue
        case 0xcc:
          r[d] = (r[d] as number) >> (r[s] as number)
          r[d + 1] = 0
          continue
        case 0x84:
          r[d] = -(r[d] as number)
          r[d + 1] = 0
          continue
        case 0x9c: {
          const b = (r[s] as number) >>> 0
          if (b !== 0) r[d] = ((r[d] as number) >>> 0) % b
          r[d + 1] = 0
          continue
        }
        case 0xac:
          r[d] = (r[d] as number) ^ (r[s] as number)
          r[d + 1] = 0
          continue
        case 0xbc:
          r[d] = r[s] as number
          r[d + 1] = 0
          continue
        case 0x100: {
          const b = r[s] as number
          r[d] = b === 0 ? 0 : (r[d] as number) / b
          r[d + 1] = 0
          continue
        }
        case 0x101: {
          const b = r[s] as number
          if (b !== 0) r[d] = (r[d] as number) % b
          r[d + 1] = 0
          continue
        }
        case 0x104:
          r[d] = ((r[s] as number) << 24) >> 24
          r[d + 1] = 0
          continue
        case 0x105:
          r[d] = ((r[s] as number) << 16) >> 16
          r[d + 1] = 0
          continue

        // -- byte order
        case 0x109:
          r[d] = (r[d] as number) & 0xffff
          r[d + 1] = 0
          continue
        case 0x10a:
          r[d + 1] = 0
          continue
        case 0x10b:
          continue
        case 0x10c:
          r[d] = swap16(r[d] as number)
          r[d + 1] = 0
          continue
        case 0x10d:
          r[d] = swap32(r[d] as number)
          r[d + 1] = 0
          continue
        case 0x10e: {
          const lo = r[d] as number
          r[d] = swap32(r[d + 1] as number)
          r[d + 1] = swap32(lo)
          continue
        }

        // -- jumps on 64 bits
        case 0x05:
          p = insns[p - 2] as number
          continue
        case 0x1d:
          if (r[d] === r[s] && r[d + 1] === r[s + 1]) p = insns[p - 2] as number
          continue
        case 0x5d:
          if (r[d] !== r[s] || r[d + 1] !== r[s + 1]) p = insns[p - 2] as number
          continue
        case 0x4d:
          if (((r[d] as number) & (r[s] as number)) | ((r[d + 1] as number) & (r[s + 1] as number))) {
            p = insns[p - 2] as number
          }
          continue
        case 0x2d: {
          const a = r[d + 1] as number
          const b = r[s + 1] as number
          if (a === b ? (r[d] as number) >>> 0 > (r[s] as number) >>> 0 : a >>> 0 > b >>> 0) p = insns[p - 2] as number
          continue
        }
        case 0x3d: {
          const a = r[d + 1] as number
          const b = r[s + 1] as number
          if (a === b ? (r[d] as number) >>> 0 >= (r[s] as number) >>> 0 : a >>> 0 > b >>> 0) p = insns[p - 2] as number
          continue
        }
        case 0xad: {
          const a = r[d + 1] as number
          const b = r[s + 1] as number
          if (a === b ? (r[d] as number) >>> 0 < (r[s] as number) >>> 0 : a >>> 0 < b >>> 0) p = insns[p - 2] as number
          continue
        }
        case 0xbd: {
          const a = r[d + 1] as number
          const b = r[s + 1] as number
          if (a === b ? (r[d] as number) >>> 0 <= (r[s] as number) >>> 0 : a >>> 0 < b >>> 0) p = insns[p - 2] as number
          continue
        }
        case 0x6d: {
          const a = r[d + 1] as number
          const b = r[s + 1] as number
          if (a === b ? (r[d] as number) >>> 0 > (r[s] as number) >>> 0 : a > b) p = insns[p - 2] as number
          continue
        }
        case 0x7d: {
          const a = r[d + 1] as number
          const b = r[s + 1] as number
          if (a === b ? (r[d] as number) >>> 0 >= (r[s] as number) >>> 0 : a > b) p = insns[p - 2] as number
          continue
        }
        case 0xcd: {
          const a = r[d + 1] as number
          const b = r[s + 1] as number
          if (a === b ? (r[d] as number) >>> 0 < (r[s] as number) >>> 0 : a < b) p = insns[p - 2] as number
          continue
        }
        case 0xdd: {
          const a = r[d + 1] as number
          const b = r[s + 1] as number
          if (a === b ? (r[d] as number) >>> 0 <= (r[s] as number) >>> 0 : a < b) p = insns[p - 2] as number
          continue
        }

        // -- jumps on 32 bits
        case 0x1e:
          if (r[d] === r[s]) p = insns[p - 2] as number
          continue
        case 0x5e:
          if (r[d] !== r[s]) p = insns[p - 2] as number
          continue
        case 0x4e:
          if ((r[d] as number) & (r[s] as number)) p = insns[p - 2] as number
          continue
        case 0x2e:
          if ((r[d] as number) >>> 0 > (r[s] as number) >>> 0) p = insns[p - 2] as number
          continue
        case 0x3e:
          if ((r[d] as number) >>> 0 >= (r[s] as number) >>> 0) p = insns[p - 2] as number
          continue
        case 0xae:
          if ((r[d] as number) >>> 0 < (r[s] as number) >>> 0) p = insns[p - 2] as number
          continue
        case 0xbe:
          if ((r[d] as number) >>> 0 <= (r[s] as number) >>> 0) p = insns[p - 2] as number
          continue
        case 0x6e:
          if ((r[d] as number) > (r[s] as number)) p = insns[p - 2] as number
          continue
        case 0x7e:
          if ((r[d] as number) >= (r[s] as number)) p = insns[p - 2] as number
          continue
        case 0xce:
          if ((r[d] as number) < (r[s] as number)) p = insns[p - 2] as number
          continue
        case 0xde:
          if ((r[d] as number) <= (r[s] as number)) p = insns[p - 2] as number
          continue

        // -- loads
        case 0x61: {
          const at = ((r[s] as number) + (insns[p - 2] as number)) | 0
          if (r[s + 1] === MEM_HI && (grants[at >>> 3] as number) & (grants[(at + 3) >>> 3] as number) & 1) {
            r[d] = view.getInt32(at >>> 0, true)
            r[d + 1] = 0
          } else {
            this.#slowLoad(word, d, at, r[s + 1] as number)
            view = run.memory.view
            grants = run.grants.bytes
          }
          continue
        }
        case 0x69: {
          const at = ((r[s] as number) + (insns[p - 2] as number)) | 0
          if (r[s + 1] === MEM_HI && (grants[at >>> 3] as number) & (grants[(at + 1) >>> 3] as number) & 1) {
            r[d] = view.getUint16(at >>> 0, true)
            r[d + 1] = 0
          } else {
            this.#slowLoad(word, d, at, r[s + 1] as number)
            view = run.memory.view
            grants = run.grants.bytes
          }
          continue
        }
        case 0x71: {
          const at = ((r[s] as number) + (insns[p - 2] as number)) | 0
          if (r[s + 1] === MEM_HI && (grants[at >>> 3] as number) & 1) {
            r[d] = view.getUint8(at >>> 0)
            r[d + 1] = 0
          } else {
            this.#slowLoad(word, d, at, r[s + 1] as number)
            view = run.memory.view
            grants = run.grants.bytes
          }
          continue
        }
        case 0x79: {
          const at = ((r[s] as number) + (insns[p - 2] as number)) | 0
          if (r[s + 1] === MEM_HI && (grants[at >>> 3] as number) & (grants[(at + 7) >>> 3] as number) & 1) {
            r[d] = view.getInt32(at >>> 0, true)
            r[d + 1] = view.getInt32((at >>> 0) + 4, true)
          } else {
            this.#slowLoad(word, d, at, r[s + 1] as number)
            view = run.memory.view
            grants = run.grants.bytes
          }
          continue
        }
        case 0x81: {
          const at = ((r[s] as number) + (insns[p - 2] as number)) | 0
          if (r[s + 1] === MEM_HI && (grants[at >>> 3] as number) & (grants[(at + 3) >>> 3] as number) & 1) {
            r[d] = view.getInt32(at >>> 0, true)
            r[d + 1] = (r[d] as number) >> 31
          } else {
            this.#slowLoad(word, d, at, r[s + 1] as number)
            view = run.memory.view
            grants = run.grants.bytes
          }
          continue
        }
        case 0x89: {
          const at = ((r[s] as number) + (insns[p - 2] as number)) | 0
          if (r[s + 1] === MEM_HI && (grants[at >>> 3] as number) & (grants[(at + 1) >>> 3] as number) & 1) {
            r[d] = view.getInt16(at >>> 0, true)
            r[d + 1] = (r[d] as number) >> 31
          } else {
            this.#slowLoad(word, d, at, r[s + 1] as number)
            view = run.memory.view
            grants = run.grants.bytes
          }
          continue
        }
        case 0x91: {
          const at = ((r[s] as number) + (insns[p - 2] as number)) | 0
          if (r[s + 1] === MEM_HI && (grants[at >>> 3] as number) & 1) {
            r[d] = view.getInt8(at >>> 0)
            r[d + 1] = (r[d] as number) >> 31
          } else {
            this.#slowLoad(word, d, at, r[s + 1] as number)
            view = run.memory.view
            grants = run.grants.bytes
          }
          continue
        }
        case 0x18: // ld_imm64: two slots
          r[d] = r[s] as number
          r[d + 1] = r[s + 1] as number
          p += STRIDE
          continue

        // -- stores
        case 0x63: {
          const at = ((r[d] as number) + (insns[p - 2] as number)) | 0
          if (r[d + 1] === MEM_HI && (grants[at >>> 3] as number) & (grants[(at + 3) >>> 3] as number) & 2) {
            view.setInt32(at >>> 0, r[s] as number, true)
          } else {
            this.#slowStore(word, at, r[d + 1] as number, s)
            view = run.memory.view
            grants = run.grants.bytes
          }
          continue
        }
        case 0x6b: {
          const at = ((r[d] as number) + (insns[p - 2] as number)) | 0
          if (r[d + 1] === MEM_HI && (grants[at >>> 3] as number) & (grants[(at + 1) >>> 3] as number) & 2) {
            view.setInt16(at >>> 0, r[s] as number, true)
          } else {
            this.#slowStore(word, at, r[d + 1] as number, s)
            view = run.memory.view
            grants = run.grants.bytes
          }
          continue
        }
        case 0x73: {
          const at = ((r[d] as number) + (insns[p - 2] as number)) | 0
          if (r[d + 1] === MEM_HI && (grants[at >>> 3] as number) & 2) view.setInt8(at >>> 0, r[s] as number)
          else {
            this.#slowStore(word, at, r[d + 1] as number, s)
            view = run.memory.view
            grants = run.grants.bytes
          }
          continue
        }
        case 0x7b: {
          const at = ((r[d] as number) + (insns[p - 2] as number)) | 0
          if (r[d + 1] === MEM_HI && (grants[at >>> 3] as number) & (grants[(at + 7) >>> 3] as number) & 2) {
            view.setInt32(at >>> 0, r[s] as number, true)
            view.setInt32((at >>> 0) + 4, r[s + 1] as number, true)
          } else {
            this.#slowStore(word, at, r[d + 1] as number, s)
            view = run.memory.view
            grants = run.grants.bytes
          }
          continue
        }
        case 0x118:
          atomic(run, d, s, insns[p - 2] as number, insns[p - 1] as number)
          view = run.memory.view
          grants = run.grants.bytes
          continue

        // -- calls
        case 0x10f: {
          const helper = helperImpls[insns[p - 1] as number]
          if (!helper) throw noHelper(helperNames[insns[p - 1] as number] ?? String(insns[p - 1]))
          helper(run)
          view = run.memory.view
          grants = run.grants.bytes
          continue
        }
        case 0x110:
          this.#push(p)
          p = insns[p - 2] as number
          continue
        case 0x111: {
          const kfunc = kfuncByNumber(insns[p - 1] as number)
          if (!kfunc) throw noKfunc(insns[p - 1] as number)
          kfunc.impl(run)
          view = run.memory.view
          grants = run.grants.bytes
          continue
        }
        case 0x112:
          if (this.#tailCall()) {
            r = run.regs
            insns = (this.#code as Code).insns
            p = 0
          }
          view = run.memory.view
          grants = run.grants.bytes
          continue
        case 0x95:
          if (this.#depth === depth) return
          p = this.#pop()
          r = run.regs
          insns = (this.#code as Code).insns
          continue
        case 0x113: // may_goto jumps when its time is used up, which is looked at every so many turns
          if (this.#mayGoto === 0) p = insns[p - 2] as number
          else if (--this.#mayGoto === 0) {
            this.#since = mayGotoAgain(this.#since)
            if (this.#since !== 0) this.#mayGoto = MAX_TIMED_LOOPS
          }
          continue
        case 0x11a: // a cast for users: NULL stays that
          r[d + 1] = r[s] === 0 ? 0 : (run.arena?.castHi ?? 0)
          r[d] = r[s] as number
          continue
        case 0x114:
          if (--this.#fuel < 0) throw runaway()
          p = insns[p - 2] as number
          continue
        case 0x116:
        case 0x117:
          if (!loadAbs(run, (word & 0xffff) === 0x116 ? -1 : s, insns[p - 2] as number, insns[p - 1] as number)) {
            r[0] = 0
            r[1] = 0
            if (this.#depth === depth) return
            p = this.#pop()
            r = run.regs
            insns = (this.#code as Code).insns
          }
          continue
        default:
          throw fault('an instruction that is none')
      }
    }
  }
}
