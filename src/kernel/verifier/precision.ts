import { Alu, Atomic, Class, Jmp, Mode, Source } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { PseudoCall } from '../../uapi/flags.ts'
import { isPseudoCall, isSyncCallbackCall } from './call-kinds.ts'
import type { VerifierEnv } from './env.ts'
import { LogLevel, refuse } from './env.ts'
import { Func } from './func-ids.ts'
import { InsnFlag } from './history.ts'
import { stackMaskText } from './liveness.ts'
import { insnText, printState } from './log.ts'
import type { JmpHistoryEntry, VerifierState } from './state.ts'
import { BPF_MAIN_FUNC, FP, MAX_CALL_FRAMES, RegType } from './types.ts'
import { facts } from './versions.ts'

/**
 * Which scalars were needed to know exactly. When one is, the walk goes back over the instructions that made it and
 * marks what it came from, up to the first state (__mark_chain_precision). States are compared exactly only in what is
 * marked.
 */

const REGMASK_ARGS = 0x3e

/** What is still looked for, by frame (struct backtrack_state). */
export class Backtrack {
  frame = 0
  readonly regMasks = new Int32Array(MAX_CALL_FRAMES)
  /** Two words each. */
  readonly stackMasks = new Int32Array(MAX_CALL_FRAMES * 2)

  reset(): void {
    this.frame = 0
    this.regMasks.fill(0)
    this.stackMasks.fill(0)
  }

  get empty(): boolean {
    for (let i = 0; i <= this.frame; i++) {
      if (this.regs(i) | (this.stackMasks[i * 2] as number) | (this.stackMasks[i * 2 + 1] as number)) return false
    }
    return true
  }

  regs(frame: number): number {
    return this.regMasks[frame] as number
  }

  setFrameReg(frame: number, reg: number): void {
    this.regMasks[frame] = this.regs(frame) | (1 << reg)
  }

  clearFrameReg(frame: number, reg: number): void {
    this.regMasks[frame] = this.regs(frame) & ~(1 << reg)
  }

  setReg(reg: number): void {
    this.setFrameReg(this.frame, reg)
  }

  clearReg(reg: number): void {
    this.clearFrameReg(this.frame, reg)
  }

  hasReg(reg: number): boolean {
    return ((this.regs(this.frame) >>> reg) & 1) !== 0
  }

  setFrameSlot(frame: number, spi: number): void {
    const at = frame * 2 + (spi >> 5)
    this.stackMasks[at] = (this.stackMasks[at] as number) | (1 << (spi & 31))
  }

  clearFrameSlot(frame: number, spi: number): void {
    const at = frame * 2 + (spi >> 5)
    this.stackMasks[at] = (this.stackMasks[at] as number) & ~(1 << (spi & 31))
  }

  hasFrameSlot(frame: number, spi: number): boolean {
    return (((this.stackMasks[frame * 2 + (spi >> 5)] as number) >>> (spi & 31)) & 1) !== 0
  }

  noSlots(frame: number): boolean {
    return ((this.stackMasks[frame * 2] as number) | (this.stackMasks[frame * 2 + 1] as number)) === 0
  }

  slotsText(frame: number): string {
    return stackMaskText(this.stackMasks[frame * 2] as number, this.stackMasks[frame * 2 + 1] as number)
  }
}

/** fmt_reg_mask. */
function regMaskText(mask: number): string {
  const names: string[] = []
  for (let i = 0; i < 32; i++) if ((mask >>> i) & 1) names.push(`r${i}`)
  return names.join(',')
}

/** Kernels that show states before each instruction show backtracking to whoever wants a log. */
function showsBacktracking({ log }: VerifierEnv): boolean {
  return (log.level & (facts.statesBehind ? LogLevel.LEVEL2 : LogLevel.LEVEL)) !== 0
}

/** What is looked for, as bits. */
function oldMasks(bt: Backtrack, frame: number): string {
  const [low = 0, high = 0] = bt.stackMasks.subarray(frame * 2)
  const stack = high === 0 ? hex(low) : `${hex(high)}${hex(low).padStart(8, '0')}`
  return `regs=${hex(bt.regs(frame))} stack=${stack}`
}

/** A kept state, and whether it learned something. */
function printOldParent(env: VerifierEnv, state: VerifierState, f: number, changed: boolean, masks: string): void {
  const text = `parent ${changed ? "didn't have" : 'already had'} ${masks} marks`
  if (facts.statesBehind) env.log.append(`${text}:`)
  printState(env, state, f, true)
  if (!facts.statesBehind) env.verbose(`${text}\n`)
}

/** bt_sync_linked_regs: of registers that gained a range together, all are looked for when one is. */
function syncLinked(bt: Backtrack, hist: JmpHistoryEntry | undefined): void {
  const linked = hist?.linkedRegs
  if (!linked) return
  const wanted = linked.some(({ frameno, index, isReg }) =>
    isReg ? ((bt.regs(frameno) >>> index) & 1) !== 0 : bt.hasFrameSlot(frameno, index),
  )
  if (!wanted) return
  for (const { frameno, index, isReg } of linked) {
    if (isReg) bt.setFrameReg(frameno, index)
    else bt.setFrameSlot(frameno, index)
  }
}

function bug(env: VerifierEnv, text: string): never {
  refuse(env, Errno.EFAULT, `verifier bug: ${text}\n`)
}

function hex(value: number): string {
  return (value >>> 0).toString(16)
}

/**
 * backtrack_insn: what is looked for after an instruction becomes what is before it.
 * @returns false where that can't be told, and all scalars must be marked (-ENOTSUPP).
 */
function backtrackInsn(
  env: VerifierEnv,
  idx: number,
  subseqIdx: number,
  hist: JmpHistoryEntry | undefined,
  bt: Backtrack,
): boolean {
  const { insns } = env
  const code = insns.code(idx)
  if (code === 0) return true
  if (showsBacktracking(env)) {
    const where = facts.precisionByFrame
      ? `mark_precise: frame${bt.frame}: regs=${regMaskText(bt.regs(bt.frame))} stack=${bt.slotsText(bt.frame)}`
      : oldMasks(bt, bt.frame)
    env.log.append(`${where} before ${idx}: ${insnText(env, idx)}\n`)
  }
  syncLinked(bt, hist)
  const dst = insns.dst(idx)
  const src = insns.src(idx)
  const fromReg = (code & Source.X) !== 0
  switch (code & 7) {
    case Class.ALU:
    case Class.ALU64: {
      if (!bt.hasReg(dst)) return true
      const op = code & 0xf0
      if (op === Alu.END || op === Alu.NEG) return true
      if (op === Alu.MOV) bt.clearReg(dst)
      if (fromReg && src !== FP) bt.setReg(src)
      break
    }
    case Class.LDX:
      if (!backtrackLoad(bt, dst, hist)) return true
      break
    case Class.STX:
    case Class.ST:
      if ((code & 7) === Class.STX && (code & 0xe0) === Mode.ATOMIC && insns.imm(idx) === Atomic.LOAD_ACQ) {
        if (!backtrackLoad(bt, dst, hist)) return true
        break
      }
      // A store through what is looked for: a pointer was subtracted from another.
      if (bt.hasReg(dst)) return false
      if (!hist || (hist.flags & InsnFlag.STACK_ACCESS) === 0) return true
      {
        const frame = hist.flags & InsnFlag.FRAMENO_MASK
        const spi = (hist.flags >> InsnFlag.SPI_SHIFT) & InsnFlag.SPI_MASK
        if (!bt.hasFrameSlot(frame, spi)) return true
        bt.clearFrameSlot(frame, spi)
        if ((code & 7) === Class.STX) bt.setReg(src)
      }
      break
    case Class.JMP:
    case Class.JMP32: {
      const done = backtrackJump(env, idx, subseqIdx, hist, bt)
      if (done !== undefined) return done
      break
    }
    default: {
      if (!bt.hasReg(dst)) return true
      bt.clearReg(dst)
      const mode = code & 0xe0
      if (mode === Mode.IND || mode === Mode.ABS) return false
    }
  }
  syncLinked(bt, hist)
  return true
}

/** @returns false when no more is to do for this instruction. */
function backtrackLoad(bt: Backtrack, dst: number, hist: JmpHistoryEntry | undefined): boolean {
  if (!bt.hasReg(dst)) return false
  bt.clearReg(dst)
  if (!hist || (hist.flags & InsnFlag.STACK_ACCESS) === 0) return false
  bt.setFrameSlot(hist.flags & InsnFlag.FRAMENO_MASK, (hist.flags >> InsnFlag.SPI_SHIFT) & InsnFlag.SPI_MASK)
  return true
}

/** Calls, exits and conditional jumps. @returns undefined when linked registers remain to be looked at. */
function backtrackJump(
  env: VerifierEnv,
  idx: number,
  subseqIdx: number,
  hist: JmpHistoryEntry | undefined,
  bt: Backtrack,
): boolean | undefined {
  const { insns } = env
  const code = insns.code(idx)
  const op = code & 0xf0
  if (isPseudoCall(env, idx)) return leaveSubprog(env, idx, subseqIdx, bt)
  if (isSyncCallbackCall(env, idx) && idx !== subseqIdx - 1) {
    const regs = bt.regs(bt.frame)
    if (regs & ~REGMASK_ARGS) bug(env, `callback unexpected regs ${hex(regs)}`)
    if (!bt.noSlots(bt.frame)) bug(env, `callback leftover stack slots`)
    for (let i = 1; i <= 5; i++) bt.clearReg(i)
    subprogExit(env, bt)
    return true
  }
  if (op === Jmp.CALL) {
    if (insns.src(idx) === PseudoCall.KFUNC_CALL && insns.imm(idx) === 0) return false
    bt.clearReg(0)
    const regs = bt.regs(bt.frame)
    if (regs & REGMASK_ARGS) bug(env, `backtracking call unexpected regs ${hex(regs)}`)
    if (insns.src(idx) === 0 && insns.imm(idx) === Func.TAIL_CALL && subseqIdx - idx !== 1) subprogEnter(env, bt)
    return undefined
  }
  if (op === Jmp.EXIT) {
    if (subseqIdx >= 0 && env.auxAt(subseqIdx).callsCallback) for (let i = 1; i <= 5; i++) bt.clearReg(i)
    const regs = bt.regs(bt.frame)
    if (regs & REGMASK_ARGS) bug(env, `backtracking exit unexpected regs ${hex(regs)}`)
    const r0Precise = subseqIdx - 1 >= 0 && isPseudoCall(env, subseqIdx - 1) && bt.hasReg(0)
    bt.clearReg(0)
    subprogEnter(env, bt)
    if (r0Precise) bt.setReg(0)
    return true
  }
  if (code & Source.X) {
    const dst = insns.dst(idx)
    const src = insns.src(idx)
    if (!bt.hasReg(dst) && !bt.hasReg(src)) return true
    const flags = hist?.flags ?? 0
    if ((flags & InsnFlag.SRC_REG_STACK) === 0) bt.setReg(src)
    if ((flags & InsnFlag.DST_REG_STACK) === 0) bt.setReg(dst)
  }
  return undefined
}

/** A call of a function: backwards, that leaves it. */
function leaveSubprog(env: VerifierEnv, idx: number, subseqIdx: number, bt: Backtrack): boolean {
  const subprog = env.findSubprog(idx + env.insns.imm(idx) + 1)
  if (subprog < 0) refuse(env, Errno.EFAULT)
  const regs = bt.regs(bt.frame)
  if (env.subprog(subprog).isGlobal) {
    if (idx + 1 !== subseqIdx) env.verbose('verifier bug: extra insn from subprog (idx + 1 != subseq_idx)\n')
    if (regs & REGMASK_ARGS) bug(env, `global subprog unexpected regs ${hex(regs)}`)
    bt.clearReg(0)
    return true
  }
  if (regs & ~REGMASK_ARGS) bug(env, `static subprog unexpected regs ${hex(regs)}`)
  if (!bt.noSlots(bt.frame)) bug(env, 'static subprog leftover stack slots')
  for (let i = 1; i <= 5; i++) {
    if (!bt.hasReg(i)) continue
    bt.clearReg(i)
    bt.setFrameReg(bt.frame - 1, i)
  }
  subprogExit(env, bt)
  return true
}

function subprogEnter(env: VerifierEnv, bt: Backtrack): void {
  if (bt.frame === MAX_CALL_FRAMES - 1) bug(env, `subprog enter from frame ${bt.frame}`)
  bt.frame++
}

function subprogExit(env: VerifierEnv, bt: Backtrack): void {
  if (bt.frame === 0) bug(env, 'subprog exit from frame 0')
  bt.frame--
}

/** mark_all_scalars_precise: of all states before this one. */
export function markAllScalarsPrecise(env: VerifierEnv, state: VerifierState): void {
  const told = (env.log.level & LogLevel.LEVEL2) !== 0
  if (told) {
    env.verbose(`mark_precise: frame${state.curframe}: falling back to forcing all scalars precise\n`)
  }
  for (let st = state.parent; st; st = st.parent) {
    for (let f = 0; f <= st.curframe; f++) {
      const frame = st.frameAt(f)
      for (let i = 0; i < FP; i++) {
        const reg = frame.reg(i)
        if (reg.type !== RegType.SCALAR_VALUE || reg.precise) continue
        frame.own(i).precise = true
        if (told) env.verbose(`force_precise: frame${f}: forcing r${i} to be precise\n`)
      }
      for (let i = 0; i < frame.slots; i++) {
        if (!frame.isSpilledScalar(i) || frame.spilled(i).precise) continue
        frame.ownSpilled(i).precise = true
        if (told) env.verbose(`force_precise: frame${f}: forcing fp${-(i + 1) * 8} to be precise\n`)
      }
    }
  }
}

/** mark_all_scalars_imprecise: a state that is kept forgets what the one before it needed. */
export function markAllScalarsImprecise(state: VerifierState): void {
  for (let f = 0; f <= state.curframe; f++) {
    const frame = state.frameAt(f)
    for (let i = 0; i < FP; i++) {
      const reg = frame.reg(i)
      if (reg.type === RegType.SCALAR_VALUE && reg.precise) frame.own(i).precise = false
    }
    for (let i = 0; i < frame.slots; i++) {
      if (frame.isSpilledScalar(i) && frame.spilled(i).precise) frame.ownSpilled(i).precise = false
    }
  }
}

/** mark_chain_precision: a register of the current function. */
export function markChainPrecision(env: VerifierEnv, regno: number): void {
  markChain(env, env.curState, regno)
}

/**
 * __mark_chain_precision. @param regno register to mark, or -1 for what is set in env.bt already.
 * @returns whether anything was marked that wasn't.
 */
export function markChain(env: VerifierEnv, start: VerifierState, regno: number): boolean {
  if (!env.bpfCapable) return false
  const { bt, log } = env
  let changed = false
  bt.frame = start.curframe
  if (regno >= 0) {
    if (start.frame.reg(regno).type !== RegType.SCALAR_VALUE) bug(env, 'backtracking misuse')
    bt.setReg(regno)
  }
  if (bt.empty) return false
  const level2 = (log.level & LogLevel.LEVEL2) !== 0
  let state = start
  let firstIdx = state.firstInsnIdx
  let lastIdx = state.insnIdx
  let subseqIdx = -1
  let skipFirst = true
  for (;;) {
    let history = state.jmpHistory.length
    if (!facts.precisionByFrame) {
      if (showsBacktracking(env)) env.verbose(`last_idx ${lastIdx} first_idx ${firstIdx}\n`)
    } else if (level2) {
      const where = `last_idx ${lastIdx} first_idx ${firstIdx} subseq_idx ${subseqIdx} `
      env.verbose(`mark_precise: frame${bt.frame}: ${where}\n`)
    }
    if (lastIdx < 0) return markEntry(env, state, bt) || changed
    for (let i = lastIdx; ;) {
      if (skipFirst) {
        skipFirst = false
      } else {
        const entry = history > 0 ? state.jmpHistory[history - 1] : undefined
        const hist = entry?.idx === i ? entry : undefined
        if (!backtrackInsn(env, i, subseqIdx, hist, bt)) {
          markAllScalarsPrecise(env, start)
          bt.reset()
          return changed
        }
      }
      if (bt.empty) return changed
      subseqIdx = i
      // get_prev_insn_idx
      const first = state.jmpHistory[0]
      if (i === state.firstInsnIdx && (history === 0 || (history === 1 && first?.idx === i))) break
      const last = history > 0 ? state.jmpHistory[history - 1] : undefined
      if (last?.idx === i) {
        i = last.prevIdx
        history--
      } else {
        i--
      }
      if (i < 0 || i >= env.insns.length) bug(env, `backtracking idx ${i}`)
    }
    const { parent } = state
    if (!parent) break
    state = parent
    if (markParent(env, state, bt)) changed = true
    if (bt.empty) return changed
    subseqIdx = firstIdx
    lastIdx = state.lastInsnIdx
    firstIdx = state.firstInsnIdx
  }
  if (!bt.empty) {
    markAllScalarsPrecise(env, start)
    bt.reset()
  }
  return changed
}

/** At the entry of a function that is checked on its own, arguments are what is looked for. */
function markEntry(env: VerifierEnv, state: VerifierState, bt: Backtrack): boolean {
  const frame = state.frameAt(0)
  const regs = bt.regs(bt.frame)
  const fits =
    state.curframe === 0 &&
    frame.subprogno > 0 &&
    frame.callsite === BPF_MAIN_FUNC &&
    bt.noSlots(bt.frame) &&
    (regs & ~REGMASK_ARGS) === 0
  if (!fits) {
    bug(env, `backtracking func entry subprog ${frame.subprogno} reg_mask ${hex(regs)} stack_mask`)
  }
  let changed = false
  for (let i = 0; i < 32; i++) {
    if (((regs >>> i) & 1) === 0) continue
    bt.clearReg(i)
    if (frame.reg(i).type !== RegType.SCALAR_VALUE) continue
    frame.own(i).precise = true
    changed = true
  }
  return changed
}

/** Marks what is looked for in a kept state. */
function markParent(env: VerifierEnv, state: VerifierState, bt: Backtrack): boolean {
  let changed = false
  for (let f = bt.frame; f >= 0; f--) {
    const frame = state.frameAt(f)
    const regs = bt.regs(f)
    const masks = facts.precisionByFrame ? '' : oldMasks(bt, f)
    for (let i = 0; i < 11; i++) {
      if (((regs >>> i) & 1) === 0) continue
      const reg = frame.reg(i)
      if (reg.type !== RegType.SCALAR_VALUE || reg.precise) {
        bt.clearFrameReg(f, i)
      } else {
        frame.own(i).precise = true
        changed = true
      }
    }
    for (let i = 0; i < 64; i++) {
      if (!bt.hasFrameSlot(f, i)) continue
      if (i >= frame.slots) bug(env, `stack slot ${i}, total slots ${frame.slots} (i >= func->allocated_stack / 8)`)
      if (!frame.isSpilledScalar(i) || frame.spilled(i).precise) {
        bt.clearFrameSlot(f, i)
      } else {
        frame.ownSpilled(i).precise = true
        changed = true
      }
    }
    if (!facts.precisionByFrame) {
      if (showsBacktracking(env)) printOldParent(env, state, f, changed, masks)
    } else if (env.log.level & LogLevel.LEVEL2) {
      const wanted = `regs=${regMaskText(bt.regs(f))} stack=${bt.slotsText(f)}`
      env.log.append(`mark_precise: frame${f}: parent state ${wanted}: `)
      printState(env, state, f, true)
    }
  }
  return changed
}

/** propagate_precision: what an equal state needed, the current one and those before it need too. */
export function propagatePrecision(env: VerifierEnv, old: VerifierState, cur: VerifierState): boolean {
  const told = (env.log.level & LogLevel.LEVEL2) !== 0
  for (let f = old.curframe; f >= 0; f--) {
    const frame = old.frameAt(f)
    const wanted: string[] = []
    let any = false
    for (let i = 0; i < FP; i++) {
      const reg = frame.reg(i)
      if (reg.type !== RegType.SCALAR_VALUE || !reg.precise) continue
      env.bt.setFrameReg(f, i)
      any = true
      if (told) wanted.push(`r${i}`)
    }
    for (let i = 0; i < frame.slots; i++) {
      if (!frame.isSpilledScalar(i) || !frame.spilled(i).precise) continue
      env.bt.setFrameSlot(f, i)
      any = true
      if (told) wanted.push(`fp${-(i + 1) * 8}`)
    }
    // At level 1 the kernel writes the line's end alone.
    if (any) env.log.append(told ? `frame ${f}: propagating ${wanted.join(',')}\n` : '\n')
  }
  return markChain(env, cur, -1)
}
