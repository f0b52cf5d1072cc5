import { Alu, Source } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import { AluState } from './aux.ts'
import type { InsnAux } from './aux.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { markUnknown } from './ranges.ts'
import { AccessSource, checkMapAccess } from './regions.ts'
import { pushStack } from './stack-of-states.ts'
import type { Reg } from './state.ts'
import { RegState, copyReg } from './state.ts'
import { tnumIsConst, tnumText } from './tnum.ts'
import { MAX_STACK, RegType } from './types.ts'

/**
 * Speculative execution: what a processor does behind a branch that it predicts wrongly, or with a number that it reads
 * too early. Programs of users without CAP_PERFMON must not reach anything that way: what they add to pointers is
 * masked, and both sides of each branch are followed.
 */

/** sanitize_mark_insn_seen: only what runs for real is alive. */
export function markInsnSeen(env: VerifierEnv): void {
  if (!env.curState.speculative) env.curAux.seen = env.passCnt
}

/** error_recoverable_with_nospec: what's only wrong on a speculative path is kept from running there by a barrier. */
export function isRecoverable(error: unknown): boolean {
  if (!(error instanceof KernelError)) return false
  const { errno } = error
  return errno === Errno.EPERM || errno === Errno.EACCES || errno === Errno.EINVAL
}

/** sanitize_speculative_path, of a branch: what is compared may be anything there. */
export function pushSpeculative(env: VerifierEnv, to: number): void {
  const { insns, insnIdx } = env
  const branch = pushStack(env, to, insnIdx, true)
  if (!branch) return refuse(env, Errno.EFAULT)
  const { frame } = branch
  markUnknown(env, frame.own(insns.dst(insnIdx)))
  if (insns.code(insnIdx) & Source.X) markUnknown(env, frame.own(insns.src(insnIdx)))
}

/** Why a number can't be masked (REASON_*). */
const Reason = { BOUNDS: 1, TYPE: 2, PATHS: 3, LIMIT: 4, STACK: 5 } as const
type ReasonKind = (typeof Reason)[keyof typeof Reason]

/** can_skip_alu_sanitation. */
function canSkip(env: VerifierEnv): boolean {
  return env.bypassSpecV1 || (env.insns.code(env.insnIdx) & Source.X) === 0 || env.curAux.nospec
}

/** sanitize_needed. */
function isNeeded(op: number): boolean {
  return op === Alu.ADD || op === Alu.SUB
}

/** update_alu_sanitation_state: one instruction is masked in one way, whichever path leads to it. */
function updateState(aux: Pick<InsnAux, 'aluState' | 'aluLimit'>, state: number, limit: number): boolean {
  if (aux.aluState && (aux.aluState !== state || aux.aluLimit !== limit)) return false
  aux.aluState = state
  aux.aluLimit = limit
  return true
}

/** sanitize_err. @param offIsDst the number is what the instruction writes to. */
function refuseAlu(env: VerifierEnv, reason: ReasonKind, offIsDst: boolean): never {
  const { insns, insnIdx } = env
  const [dst, src] = [insns.dst(insnIdx), insns.src(insnIdx)]
  const op = (insns.code(insnIdx) & 0xf0) === Alu.ADD ? 'add' : 'sub'
  const no = (text: string, errno: number = Errno.EACCES): never =>
    refuse(env, errno, `${text}, pointer arithmetic with it prohibited for !root\n`)
  switch (reason) {
    case Reason.BOUNDS:
      return no(`R${offIsDst ? dst : src} has unknown scalar with mixed signed bounds`)
    case Reason.TYPE:
      return no(`R${offIsDst ? src : dst} has pointer with unsupported alu operation`)
    case Reason.PATHS:
      return no(`R${dst} tried to ${op} from different maps, paths or scalars`)
    case Reason.LIMIT:
      return no(`R${dst} tried to ${op} beyond pointer bounds`)
    case Reason.STACK:
      return no(`R${dst} could not be pushed for speculative verification`, Errno.ENOMEM)
  }
}

/** sanitize_val_alu: a number that on another path is added to a pointer. */
export function sanitizeValAlu(env: VerifierEnv): void {
  if (canSkip(env)) return
  if (!updateState(env.curAux, AluState.NON_POINTER, 0)) refuseAlu(env, Reason.PATHS, false)
}

/** What is found out before the pointer moves, for when it has (struct bpf_sanitize_info). */
export interface SanitizeInfo {
  aluState: number
  aluLimit: number
  maskToLeft: boolean
}

export function newSanitizeInfo(): SanitizeInfo {
  return { aluState: 0, aluLimit: 0, maskToLeft: false }
}

/** retrieve_ptr_limit: how far a pointer may move. @returns an unsigned number, or a reason below 0. */
function pointerLimit(ptr: Reg, maskToLeft: boolean): number {
  let limit: number
  let max: number
  switch (ptr.type) {
    case RegType.PTR_TO_STACK:
      max = MAX_STACK + Number(maskToLeft)
      limit = -(ptr.valLo + ptr.off) >>> 0
      break
    case RegType.PTR_TO_MAP_VALUE:
      max = ptr.map?.valueSize ?? 0
      limit = ((maskToLeft ? ptr.sminLo : ptr.umaxLo) + ptr.off) >>> 0
      break
    default:
      return -Reason.TYPE
  }
  return limit >= max ? -Reason.LIMIT : limit
}

const saved = new RegState()

/**
 * sanitize_ptr_alu, before the pointer moves: where it can't be masked the program is refused; where it is masked, the
 * path on which nothing is added is followed too. The destination's register is another one afterwards.
 *
 * @param offIsDst the number is in the destination, and the pointer is added to it.
 */
export function sanitizePointer(env: VerifierEnv, ptr: Reg, off: Reg, offIsDst: boolean, info: SanitizeInfo): void {
  const op = env.insns.code(env.insnIdx) & 0xf0
  if (!isNeeded(op) || canSkip(env)) return
  const isImm = tnumIsConst(off)
  if (!env.curState.speculative) {
    const isNegative = off.sminHi < 0
    if (!isImm && isNegative !== off.smaxHi < 0) refuseAlu(env, Reason.BOUNDS, offIsDst)
    info.maskToLeft = (op === Alu.ADD && isNegative) || (op === Alu.SUB && !isNegative)
    const limit = pointerLimit(ptr, info.maskToLeft)
    if (limit < 0) refuseAlu(env, -limit as ReasonKind, offIsDst)
    const state =
      (isNegative ? AluState.NEG_VALUE : 0) |
      (isImm ? AluState.IMMEDIATE : 0) |
      (offIsDst ? AluState.SANITIZE_DST : AluState.SANITIZE_SRC)
    // States with different numbers aren't taken for each other: they may be masked differently.
    if (!isImm) env.exploreAluLimits = true
    updateState(info, state, limit)
  }
  if (isImm) return
  const dst = env.insns.dst(env.insnIdx)
  if (offIsDst) {
    copyReg(saved, env.reg(dst))
    copyReg(env.own(dst), ptr)
  }
  if (!pushStack(env, env.insnIdx + 1, env.insnIdx, true)) refuseAlu(env, Reason.STACK, offIsDst)
  if (offIsDst) copyReg(env.own(dst), saved)
}

/** sanitize_ptr_alu, when the pointer has moved: how much at most is known now. */
export function commitPointer(env: VerifierEnv, moved: Reg, offIsDst: boolean, info: SanitizeInfo): void {
  const op = env.insns.code(env.insnIdx) & 0xf0
  if (!isNeeded(op) || canSkip(env) || env.curState.speculative) return
  const limit = pointerLimit(moved, info.maskToLeft)
  if (limit < 0) refuseAlu(env, -limit as ReasonKind, offIsDst)
  const distance = Math.abs((info.aluLimit - limit) | 0)
  if (!updateState(env.curAux, info.aluState, distance)) refuseAlu(env, Reason.PATHS, offIsDst)
}

/** sanitize_check_bounds: a pointer that is out of bounds can't be masked later. */
export function checkMovedBounds(env: VerifierEnv, regno: number): void {
  if (env.bypassSpecV1) return
  const reg = env.reg(regno)
  if (reg.type === RegType.PTR_TO_STACK) {
    const off = (reg.off + reg.valLo) | 0
    if (!tnumIsConst(reg)) {
      const what = `variable stack access prohibited for !root, var_off=${tnumText(reg)} off=${off}`
      refuse(env, Errno.EACCES, `R${regno} ${what}\n`)
    }
    if (off >= 0 || off < -MAX_STACK) {
      const what = `stack pointer arithmetic goes out of range, prohibited for !root; off=${off}`
      refuse(env, Errno.EACCES, `R${regno} ${what}\n`)
    }
  } else if (reg.type === RegType.PTR_TO_MAP_VALUE) {
    try {
      checkMapAccess(env, regno, reg.off, 1, false, AccessSource.HELPER)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      const what = 'pointer arithmetic of map value goes out of range, prohibited for !root'
      refuse(env, Errno.EACCES, `R${regno} ${what}\n`)
    }
  }
}
