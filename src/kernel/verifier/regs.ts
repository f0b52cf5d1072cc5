import { Alu, Atomic, Class, Jmp, Mode, Size } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { PseudoCall } from '../../uapi/flags.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { movedText, tnumIsConst, tnumText } from './tnum.ts'
import { regTypeText } from './log.ts'
import { markNotInit, markUnknown } from './ranges.ts'
import type { FuncState, Reg } from './state.ts'
import { FP, Flag, MAX_BPF_REG, RegType, TRUSTED_MODIFIERS, baseType, typeFlag, typeMayBeNull } from './types.ts'
import { facts } from './versions.ts'

/** Registers as operands: may they be read or written, and is only their low half (check_reg_arg). */

/** enum reg_arg_type. */
export const ArgUse = { SRC_OP: 0, DST_OP: 1, DST_OP_NO_MARK: 2 } as const
type Use = (typeof ArgUse)[keyof typeof ArgUse]

/** is_reg64: whether the instruction uses, or defines, all of the register. */
function isReg64(env: VerifierEnv, reg: Reg | undefined, use: Use): boolean {
  const { insns, insnIdx } = env
  const code = insns.code(insnIdx)
  const cls = code & 7
  const op = code & 0xf0
  switch (cls) {
    case Class.JMP:
      if (op === Jmp.CALL) return insns.src(insnIdx) !== PseudoCall.CALL && use === ArgUse.SRC_OP
      return true
    case Class.ALU64:
      return !(op === Alu.END && (insns.imm(insnIdx) === 16 || insns.imm(insnIdx) === 32))
    case Class.ALU:
      return op === Alu.END && insns.imm(insnIdx) === 64
    case Class.JMP32:
      return false
    case Class.LDX:
      return use === ArgUse.SRC_OP || (code & 0x18) === Size.DW || (code & 0xe0) === Mode.MEMSX
    case Class.STX:
      if (use === ArgUse.SRC_OP && reg?.type !== RegType.SCALAR_VALUE) return true
      return (code & 0x18) === Size.DW
    case Class.LD:
      return (code & 0xe0) === Mode.IMM || use === ArgUse.SRC_OP
    default:
      return true
  }
}

/** insn_def_regno; -1 for none. */
export function definedReg(env: VerifierEnv, i: number): number {
  const { insns } = env
  const code = insns.code(i)
  switch (code & 7) {
    case Class.JMP:
    case Class.JMP32:
    case Class.ST:
      return -1
    case Class.STX: {
      if ((code & 0xe0) !== Mode.ATOMIC) return -1
      const imm = insns.imm(i)
      if (imm === Atomic.CMPXCHG) return 0
      if (imm === Atomic.LOAD_ACQ) return insns.dst(i)
      return imm & Atomic.FETCH ? insns.src(i) : -1
    }
    default:
      return insns.dst(i)
  }
}

/** mark_insn_zext: who wrote the low half must clear the high one. */
export function markInsnZext(env: VerifierEnv, frame: FuncState, regno: number): void {
  const { subregDef } = frame.reg(regno)
  if (subregDef === 0) return
  env.auxAt(subregDef - 1).zextDst = true
  frame.own(regno).subregDef = 0
}

/** check_reg_arg. */
export function checkRegArg(env: VerifierEnv, regno: number, use: Use): void {
  checkFrameReg(env, env.frame, regno, use)
}

/** __check_reg_arg. */
export function checkFrameReg(env: VerifierEnv, frame: FuncState, regno: number, use: Use): void {
  if (regno >= MAX_BPF_REG) refuse(env, Errno.EINVAL, `R${regno} is invalid\n`)
  env.markRegScratched(regno)
  if (use === ArgUse.SRC_OP) {
    const reg = frame.reg(regno)
    if (reg.type === RegType.NOT_INIT) refuse(env, Errno.EACCES, `R${regno} !read_ok\n`)
    if (regno === FP) return
    if (reg.subregDef !== 0 && isReg64(env, reg, use)) markInsnZext(env, frame, regno)
    return
  }
  if (regno === FP) refuse(env, Errno.EACCES, 'frame pointer is read only\n')
  frame.writtenRegs |= 1 << regno
  const own = frame.own(regno)
  own.subregDef = isReg64(env, undefined, use) ? 0 : env.insnIdx + 1
  if (use === ArgUse.DST_OP) markUnknown(env, own)
}

/** After a call r0 to r5 hold nothing (clear_caller_saved_regs). */
export function clearCallerSaved(env: VerifierEnv, frame: FuncState): void {
  for (let i = 0; i <= 5; i++) {
    markNotInit(env, frame.own(i))
    checkFrameReg(env, frame, i, ArgUse.DST_OP_NO_MARK)
  }
}

/** __is_pointer_value: whether a register's value mustn't be seen. */
export function leaksPointer(env: VerifierEnv, regno: number): boolean {
  return !env.allowPtrLeaks && env.reg(regno).type !== RegType.SCALAR_VALUE
}

/** reg2btf_ids: types that are known by struct, by name; always trusted. */
export const trustedStructs: Readonly<Record<number, string>> = {
  [RegType.PTR_TO_SOCKET]: 'socket',
  [RegType.PTR_TO_SOCK_COMMON]: 'sock_common',
  [RegType.PTR_TO_TCP_SOCK]: 'tcp_sock',
  [RegType.CONST_PTR_TO_MAP]: 'bpf_map',
}

/** bpf_type_has_unsafe_modifiers. */
export function hasUnsafeModifiers(type: number): boolean {
  return (typeFlag(type) & ~TRUSTED_MODIFIERS) !== 0
}

/** is_trusted_reg. */
export function isTrusted(reg: Reg): boolean {
  if (reg.refObjId) return true
  const unsafe = hasUnsafeModifiers(reg.type)
  if (trustedStructs[baseType(reg.type)] !== undefined && !unsafe) return true
  return (reg.type & TRUSTED_MODIFIERS) !== 0 && !unsafe
}

/** is_rcu_reg. */
export function isRcu(reg: Reg): boolean {
  return (reg.type & Flag.MEM_RCU) !== 0
}

/** in_rcu_cs. */
export function inRcuSection(env: VerifierEnv): boolean {
  return env.curState.activeRcuLocks > 0 || env.curState.activeLocks > 0 || !env.inSleepable
}

/** reg_not_null. */
export function isNotNull(reg: Reg): boolean {
  if (typeMayBeNull(reg.type)) return false
  switch (baseType(reg.type)) {
    case RegType.PTR_TO_SOCKET:
    case RegType.PTR_TO_TCP_SOCK:
    case RegType.PTR_TO_MAP_VALUE:
    case RegType.PTR_TO_MAP_KEY:
    case RegType.PTR_TO_SOCK_COMMON:
    case RegType.CONST_PTR_TO_MAP:
      return true
    case RegType.PTR_TO_BTF_ID:
      return isTrusted(reg)
    case RegType.PTR_TO_MEM:
      return (reg.type & Flag.PTR_UNTRUSTED) === 0
    default:
      return false
  }
}

/** __check_ptr_off_reg: a pointer that must be what it was given as. */
export function checkPtrOffReg(env: VerifierEnv, reg: Reg, regno: number, fixedOffOk = false): void {
  const name = regTypeText(reg.type)
  const isMoved = (reg.valHi | reg.valLo | reg.maskHi | reg.maskLo) !== 0
  if (facts.offsetsInBounds && !tnumIsConst(reg)) {
    refuse(env, Errno.EACCES, `variable ${name} access var_off=${movedText(reg)} disallowed\n`)
  }
  if (reg.off < 0 && facts.negativeOffsets) {
    refuse(env, Errno.EACCES, `negative offset ${name} ptr R${regno} off=${reg.off} disallowed\n`)
  }
  if (!fixedOffOk && reg.off) {
    refuse(env, Errno.EACCES, `dereference of modified ${name} ptr R${regno} off=${reg.off} disallowed\n`)
  }
  if (isMoved) {
    refuse(env, Errno.EACCES, `variable ${name} access var_off=${tnumText(reg)} disallowed\n`)
  }
}

/** reg_arg_name: how messages call an argument. @param before what kernels that count from zero write before its number. */
export function argText(regno: number, before = 'arg#'): string {
  return facts.argsByRegister ? `R${regno}` : `${before}${regno - 1}`
}
