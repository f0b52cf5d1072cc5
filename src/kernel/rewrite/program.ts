import { INSN_SIZE, Insns } from '../../isa/insn.ts'
import { Class, Jmp, LD_IMM64 } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { PseudoCall, PseudoLdImm64 } from '../../uapi/flags.ts'
import { InsnAux } from '../verifier/aux.ts'
import type { VerifierEnv } from '../verifier/env.ts'
import { refuse } from '../verifier/env.ts'
import { Code } from './code.ts'

/** A function of a program that is being rewritten. */
export interface Part {
  start: number
  /** Its place among the functions that the walk knew; -1 for one that a rewrite made. */
  readonly index: number
  stackDepth: number
  stackExtra: number
}

/** One struct bpf_line_info: where it is now, and its place in what was loaded. */
export interface Line {
  readonly at: number
  readonly index: number
}

const LINE_INFO_SIZE = 16

/** Of an instruction that a rewrite made: seen, and nothing else. */
const made = new InsnAux()
made.seen = 1

/** bpf_patch_insn_single looks whether jumps still fit only in programs that are longer. */
const S16_MAX = 0x7fff

/** Where an instruction leads to, as a slot: jumps, calls of functions, and their addresses; -1 for all others. */
export function targetOf(insns: Insns, i: number): number {
  const code = insns.code(i)
  if (code === LD_IMM64) return insns.src(i) === PseudoLdImm64.FUNC ? i + 1 + insns.imm(i) : -1
  const cls = code & 7
  if (cls !== Class.JMP && cls !== Class.JMP32) return -1
  const op = code & 0xf0
  if (op === Jmp.EXIT) return -1
  if (op === Jmp.CALL) return insns.src(i) === PseudoCall.CALL ? i + 1 + insns.imm(i) : -1
  return i + 1 + (code === (Class.JMP32 | Jmp.JA) ? insns.imm(i) : insns.off(i))
}

/** It says where it leads in imm, not in off. */
function targetInImm(code: number): boolean {
  return code === LD_IMM64 || (code & 0xf0) === Jmp.CALL || code === (Class.JMP32 | Jmp.JA)
}

/** A jump, to which an entry of the target's own may be given; calls and addresses lead to the function's start. */
function isJump(code: number): boolean {
  return code !== LD_IMM64 && (code & 0xf0) !== Jmp.CALL
}

/** The code of one pass: what it writes for each instruction, and where that leads. */
export class Patches extends Code {
  readonly #program: Program
  /** Where what stands for each old slot begins, and where jumps to it go. */
  readonly starts: Int32Array
  readonly entries: Int32Array
  readonly aux: InsnAux[] = []
  readonly orig: number[] = []
  /** By new slot: the old slot that it leads to; else nothing. */
  readonly targets = new Map<number, number>()
  #removed = false

  constructor(program: Program) {
    const { length } = program.insns
    super(length + (length >> 2) + 32)
    this.#program = program
    this.starts = new Int32Array(length + 1)
    this.entries = new Int32Array(length + 1)
  }

  /** The instruction as it was, leading where it led. */
  keep(i: number): void {
    const { insns } = this.#program
    const target = targetOf(insns, i)
    if (target >= 0) this.targets.set(this.length, target)
    this.raw(insns.code(i), insns.dst(i), insns.src(i), insns.off(i), insns.imm(i))
  }

  /** What is written next leads to an old slot. */
  leadsTo(target: number): void {
    this.targets.set(this.length, target)
  }

  /** Nothing stands for the instruction. */
  drop(): void {
    this.#removed = true
  }

  /** Jumps to the instruction lead to what is written next, not to the beginning of what stands for it. */
  enterHere(i: number): void {
    this.entries[i] = this.length
  }

  /** Lets a pass write what stands for one slot; it stays as it is where nothing is written. */
  slot(i: number, write: (i: number, out: Patches) => void): void {
    const start = this.length
    this.starts[i] = this.entries[i] = start
    this.#removed = false
    write(i, this)
    if (this.#removed) return
    if (this.length === start) this.keep(i)
    const aux = this.#program.aux[i] as InsnAux
    const orig = this.#program.orig[i] as number
    while (this.aux.length < this.length - 1) {
      this.aux.push(made)
      this.orig.push(orig)
    }
    this.aux.push(aux)
    this.orig.push(orig)
  }

  isRemoved(i: number): boolean {
    return this.starts[i] === this.starts[i + 1]
  }
}

/**
 * A program on its way through the rewrites: instructions, what the walk noted about each, where functions and lines
 * begin. The kernel replaces one instruction at a time and moves all that follows (bpf_patch_insn_data,
 * verifier_remove_insns); here a pass writes the program anew, and jumps, functions and lines are moved once, with the
 * same result.
 */
export class Program {
  readonly env: VerifierEnv
  insns: Insns
  aux: readonly InsnAux[]
  /** By slot: which instruction of the loaded program it was (orig_idx). */
  orig: readonly number[]
  parts: Part[]
  lines: Line[]
  /** The most slots that it ever had: pages aren't given back. */
  longest: number
  /** Tail calls that are jumps. */
  pokes = 0

  constructor(env: VerifierEnv, insns: Insns) {
    this.env = env
    const { length } = insns
    this.insns = new Insns(insns.bytes.slice(0, length * INSN_SIZE))
    this.aux = env.aux
    this.orig = Array.from({ length }, (_, i) => i)
    this.parts = env.subprogs.map(({ start, stackDepth }, index) => ({ start, index, stackDepth, stackExtra: 0 }))
    const count = Math.floor(env.lineInfo.byteLength / LINE_INFO_SIZE)
    this.lines = Array.from({ length: count }, (_, index) => ({
      at: env.lineInfo.getUint32(index * LINE_INFO_SIZE, true),
      index,
    }))
    this.longest = length
  }

  get length(): number {
    return this.insns.length
  }

  /** One past the last slot of a function. */
  endOf(part: number): number {
    return this.parts[part + 1]?.start ?? this.length
  }

  auxAt(i: number): InsnAux {
    return this.aux[i] as InsnAux
  }

  /** Writes the program anew: `write` writes what stands for each slot. */
  rewrite(write: (i: number, out: Patches) => void): void {
    const out = new Patches(this)
    const { length } = this
    for (let i = 0; i < length; i++) out.slot(i, write)
    out.starts[length] = out.entries[length] = out.length
    this.#relocate(out)
    this.#moveParts(out)
    this.#moveLines(out)
    this.insns = new Insns(out.bytes())
    this.aux = out.aux
    this.orig = out.orig
    this.longest = Math.max(this.longest, this.length)
  }

  /** A function of the kernel's own behind all others (add_hidden_subprog). */
  append(code: Code): void {
    const start = this.length
    const bytes = new Uint8Array((start + code.length) * INSN_SIZE)
    bytes.set(this.insns.bytes)
    bytes.set(code.bytes(), start * INSN_SIZE)
    this.insns = new Insns(bytes)
    this.aux = [...this.aux, ...new Array<InsnAux>(code.length).fill(made)]
    this.orig = [...this.orig, ...new Array<number>(code.length).fill(this.orig[start - 1] ?? 0)]
    this.parts.push({ start, index: -1, stackDepth: 0, stackExtra: 0 })
    this.longest = Math.max(this.longest, this.length)
  }

  #relocate(out: Patches): void {
    const { insns } = out
    let tooFar = -1
    for (const [i, target] of out.targets) {
      const code = insns.code(i)
      const to = (isJump(code) ? out.entries : out.starts)[target] as number
      const distance = to - i - 1
      if (targetInImm(code)) insns.setImm(i, distance)
      else {
        insns.setOff(i, distance)
        if (distance !== insns.off(i) && tooFar < 0) tooFar = out.orig[i] as number
      }
    }
    if (tooFar >= 0 && out.length > S16_MAX) {
      refuse(this.env, Errno.ENOMEM, `insn ${tooFar} cannot be patched due to 16-bit range\n`)
    }
  }

  /** adjust_subprog_starts: a function of which nothing is left is gone. */
  #moveParts(out: Patches): void {
    const moved: Part[] = []
    this.parts.forEach((part, i) => {
      const start = out.starts[part.start] as number
      if (start !== out.starts[this.endOf(i)]) moved.push({ ...part, start })
    })
    this.parts = moved
  }

  /**
   * bpf_adj_linfo, and where instructions were removed bpf_adj_linfo_after_remove: the last line of what is gone stays
   * with what follows, if that has none of its own.
   */
  #moveLines(out: Patches): void {
    const { lines } = this
    const moved: Line[] = []
    lines.forEach(({ at, index }, i) => {
      if (out.isRemoved(at)) {
        let next = at + 1
        while (next < this.length && out.isRemoved(next)) next++
        if (next === this.length || (lines[i + 1]?.at ?? this.length) <= next) return
      }
      moved.push({ at: out.starts[at] as number, index })
    })
    this.lines = moved
  }
}
