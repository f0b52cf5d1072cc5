import { Alu, Class, Source } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { ltS64, ltU64 } from './int64.ts'
import { markChainPrecision } from './precision.ts'
import { adjustPointer } from './pointer-alu.ts'
import {
  checkSane,
  coerceSubregToSizeSx,
  coerceToSize,
  coerceToSizeSx,
  isRegConst,
  mark32Known,
  markKnown,
  markKnownInt,
  markUnbounded,
  markUnknown,
  regWidth,
  syncBounds,
  zext32To64,
} from './ranges.ts'
import { ArgUse, checkRegArg, leaksPointer } from './regs.ts'
import { sanitizeValAlu } from './sanitize.ts'
import {
  add32Bounds,
  add64Bounds,
  and32Bounds,
  and64Bounds,
  arsh32Bounds,
  arsh64Bounds,
  lsh32Bounds,
  lsh64Bounds,
  mul32Bounds,
  mul64Bounds,
  or32Bounds,
  or64Bounds,
  rsh32Bounds,
  rsh64Bounds,
  sub32Bounds,
  sub64Bounds,
  xor32Bounds,
  xor64Bounds,
} from './scalar.ts'
import { pushStack } from './stack-of-states.ts'
import { assignScalarId } from './stack.ts'
import type { Reg } from './state.ts'
import { RegState, copyReg } from './state.ts'
import {
  makeTnum,
  tnumAdd,
  tnumAnd,
  tnumIsConst,
  tnumMul,
  tnumOr,
  tnumSub,
  tnumSubregIsConst,
  tnumSwapBytes,
  tnumXor,
} from './tnum.ts'
import { BPF_ADD_CONST, BPF_ADD_CONST32, BPF_ADD_CONST64, RegType } from './types.ts'
import { facts } from './versions.ts'

/** Arithmetic (check_alu_op). */

/** bpf_alu_string. */
const aluNames = ['+=', '-=', '*=', '/=', '|=', '&=', '<<=', '>>=', 'neg', '%=', '^=', '=', 's>>=', 'endian']

export function aluName(op: number): string {
  return aluNames[op >> 4] ?? '(null)'
}

const ADDR_SPACE_CAST = 1

/** check_alu_op. */
export function checkAlu(env: VerifierEnv): void {
  const { insns, insnIdx } = env
  const op = insns.code(insnIdx) & 0xf0
  if (op === Alu.END || op === Alu.NEG) checkUnary(env, op)
  else if (op === Alu.MOV) checkMove(env)
  else if (op > Alu.END) refuse(env, Errno.EINVAL, `invalid BPF_ALU opcode ${op.toString(16)}\n`)
  else checkBinary(env, op)
  checkSane(env, env.own(insns.dst(insnIdx)), 'alu')
}

/** Byte swaps and negation. */
function checkUnary(env: VerifierEnv, op: number): void {
  const { insns, insnIdx } = env
  const code = insns.code(insnIdx)
  const fromReg = (code & Source.X) !== 0
  const imm = insns.imm(insnIdx)
  const dst = insns.dst(insnIdx)
  if (op === Alu.NEG) {
    if (fromReg || insns.src(insnIdx) !== 0 || insns.off(insnIdx) !== 0 || imm !== 0) {
      refuse(env, Errno.EINVAL, 'BPF_NEG uses reserved fields\n')
    }
  } else if (
    insns.src(insnIdx) !== 0 ||
    insns.off(insnIdx) !== 0 ||
    (imm !== 16 && imm !== 32 && imm !== 64) ||
    ((code & 7) === Class.ALU64 && fromReg)
  ) {
    refuse(env, Errno.EINVAL, 'BPF_END uses reserved fields\n')
  }
  checkRegArg(env, dst, ArgUse.SRC_OP)
  if (leaksPointer(env, dst)) refuse(env, Errno.EACCES, `R${dst} pointer arithmetic prohibited\n`)
  const follows = op === Alu.NEG ? facts.negationsTracked : facts.byteSwapsTracked
  if (follows && env.reg(dst).type === RegType.SCALAR_VALUE) {
    checkRegArg(env, dst, ArgUse.DST_OP_NO_MARK)
    const own = env.own(dst)
    adjustScalar(env, own, own)
  } else {
    checkRegArg(env, dst, ArgUse.DST_OP)
  }
}

function checkMove(env: VerifierEnv): void {
  const { insns, insnIdx } = env
  const code = insns.code(insnIdx)
  const wide = (code & 7) === Class.ALU64
  const off = insns.off(insnIdx)
  const imm = insns.imm(insnIdx)
  const src = insns.src(insnIdx)
  const dst = insns.dst(insnIdx)
  const reserved = () => {
    refuse(env, Errno.EINVAL, 'BPF_MOV uses reserved fields\n')
  }
  if (off !== 0 && !facts.signedArithmetic) reserved()
  if (code & Source.X) {
    if (!wide) {
      if ((off !== 0 && off !== 8 && off !== 16) || imm) reserved()
    } else if (off === ADDR_SPACE_CAST) {
      checkAddrSpaceCast(env, imm)
    } else if ((off !== 0 && off !== 8 && off !== 16 && off !== 32) || imm) {
      reserved()
    }
    checkRegArg(env, src, ArgUse.SRC_OP)
  } else if (src !== 0 || off !== 0) {
    reserved()
  }
  checkRegArg(env, dst, ArgUse.DST_OP_NO_MARK)
  if ((code & Source.X) === 0) {
    const own = env.own(dst)
    markUnknown(env, own)
    if (wide) markKnownInt(own, imm)
    else markKnown(own, 0, imm)
  } else if (wide) {
    moveWide(env, dst, src, off, imm)
  } else {
    moveNarrow(env, dst, src, off)
  }
}

function checkAddrSpaceCast(env: VerifierEnv, imm: number): void {
  if (imm !== 1 && imm !== 1 << 16) {
    refuse(env, Errno.EINVAL, 'addr_space_cast insn can only convert between address space 1 and 0\n')
  }
  if (!env.hasArena) {
    const text = 'addr_space_cast insn can only be used in a program that has an associated arena\n'
    refuse(env, Errno.EINVAL, text)
  }
}

/** Whether the sign bit of the low `bits` is never set, so that extending it changes nothing. */
function staysPositive(reg: Reg, bits: number): boolean {
  return reg.umaxHi === 0 && reg.umaxLo >>> 0 < 2 ** (bits - 1)
}

function moveWide(env: VerifierEnv, dst: number, src: number, off: number, imm: number): void {
  const { frame } = env
  if (imm) {
    const own = env.own(dst)
    markUnknown(env, own)
    if (imm === 1) {
      own.type = RegType.PTR_TO_ARENA
      own.subregDef = env.insnIdx + 1
    }
    return
  }
  if (off === 0) {
    frame.put(dst, assignScalarId(env, frame, src)).subregDef = 0
    return
  }
  if (leaksPointer(env, src)) refuse(env, Errno.EACCES, `R${src} sign-extension part of pointer\n`)
  const reg = frame.reg(src)
  if (reg.type !== RegType.SCALAR_VALUE) {
    markUnknown(env, env.own(dst))
    return
  }
  const same = staysPositive(reg, off)
  const own = frame.put(dst, same ? assignScalarId(env, frame, src) : reg)
  if (!same) own.id = 0
  coerceToSizeSx(own, off >> 3)
  own.subregDef = 0
}

function moveNarrow(env: VerifierEnv, dst: number, src: number, off: number): void {
  const { frame } = env
  if (leaksPointer(env, src)) refuse(env, Errno.EACCES, `R${src} partial copy of pointer\n`)
  const reg = frame.reg(src)
  let own: RegState
  if (reg.type !== RegType.SCALAR_VALUE) {
    own = env.own(dst)
    markUnknown(env, own)
  } else {
    const same = off === 0 ? facts.wordMovesLink && regWidth(reg) <= 32 : staysPositive(reg, off)
    own = frame.put(dst, same ? assignScalarId(env, frame, src) : reg)
    if (!same) own.id = 0
    own.subregDef = env.insnIdx + 1
    if (off !== 0) coerceSubregToSizeSx(own, off >> 3)
  }
  zext32To64(own)
  syncBounds(own)
}

/** Everything with two operands. */
function checkBinary(env: VerifierEnv, op: number): void {
  const { insns, insnIdx } = env
  const code = insns.code(insnIdx)
  const off = insns.off(insnIdx)
  const imm = insns.imm(insnIdx)
  const src = insns.src(insnIdx)
  const dst = insns.dst(insnIdx)
  const signedOk = op === Alu.MOD || op === Alu.DIV
  const reserved = (off !== 0 && off !== 1) || (off === 1 && !(signedOk && facts.signedArithmetic))
  if (code & Source.X) {
    if (imm !== 0 || reserved) refuse(env, Errno.EINVAL, 'BPF_ALU uses reserved fields\n')
    checkRegArg(env, src, ArgUse.SRC_OP)
  } else if (src !== 0 || reserved) {
    refuse(env, Errno.EINVAL, 'BPF_ALU uses reserved fields\n')
  }
  checkRegArg(env, dst, ArgUse.SRC_OP)
  if ((code & Source.X) === 0) {
    if (signedOk && imm === 0) refuse(env, Errno.EINVAL, 'div by zero\n')
    if (op === Alu.LSH || op === Alu.RSH || op === Alu.ARSH) {
      const width = (code & 7) === Class.ALU64 ? 64 : 32
      if (imm < 0 || imm >= width) refuse(env, Errno.EINVAL, `invalid shift ${imm}\n`)
    }
  }
  checkRegArg(env, dst, ArgUse.DST_OP_NO_MARK)
  adjustReg(env, op)
}

const constant = new RegState()
constant.type = RegType.SCALAR_VALUE

/** adjust_reg_min_max_vals. */
function adjustReg(env: VerifierEnv, op: number): void {
  const { insns, insnIdx } = env
  const code = insns.code(insnIdx)
  const wide = (code & 7) === Class.ALU64
  const dst = insns.dst(insnIdx)
  const src = insns.src(insnIdx)
  const dstReg = env.reg(dst)
  const fromArena = facts.arenaFromEither && code & Source.X && env.reg(src).type === RegType.PTR_TO_ARENA
  if (dstReg.type === RegType.PTR_TO_ARENA || fromArena) {
    if (dstReg.type !== RegType.PTR_TO_ARENA) copyReg(env.own(dst), env.reg(src))
    if (wide) env.curAux.needsZext = true
    return
  }
  const pointer = dstReg.type !== RegType.SCALAR_VALUE
  let srcReg: Reg
  if (code & Source.X) {
    srcReg = env.reg(src)
    if (srcReg.type !== RegType.SCALAR_VALUE) {
      if (pointer) {
        if (op === Alu.SUB && env.allowPtrLeaks) {
          markUnknown(env, env.own(dst))
          return
        }
        refuse(env, Errno.EACCES, `R${dst} pointer ${aluName(op)} pointer prohibited\n`)
      }
      // scalar += pointer: the other way round.
      markChainPrecision(env, dst)
      adjustPointer(env, src, dst, env.reg(dst))
      return
    }
    if (pointer) {
      markChainPrecision(env, src)
      adjustPointer(env, dst, src, env.reg(src))
      return
    }
    if (dstReg.precise) markChainPrecision(env, src)
    srcReg = env.reg(src)
  } else {
    markKnownInt(constant, insns.imm(insnIdx))
    srcReg = constant
    if (pointer) {
      adjustPointer(env, dst, -1, constant)
      return
    }
  }
  if (facts.signsFork && (op === Alu.AND || op === Alu.OR) && tnumIsConst(srcReg)) forkSign(env, dst)
  const own = env.own(dst)
  const fits32 = own.umaxHi === 0
  adjustScalar(env, own, srcReg)
  const itself = code & Source.X && src === dst
  const apart =
    env.bpfCapable && own.id ? linkDistance(op, wide, itself ? own : srcReg, Boolean(itself), fits32) : undefined
  // What was moved once isn't moved again.
  if (apart === undefined || Number.isNaN(apart) || own.id & BPF_ADD_CONST) {
    if (apart !== undefined) own.off = 0
    own.id = 0
  } else {
    own.id |= wide ? BPF_ADD_CONST64 : BPF_ADD_CONST32
    own.off = apart
  }
}

/**
 * A constant that is added to a register links it to what it was, so that what a jump says of one it says of the other.
 * @param fits32 the register's high half was zero. @returns undefined for what makes no link; NaN for what ends one.
 */
function linkDistance(op: number, wide: boolean, added: Reg, itself: boolean, fits32: boolean): number | undefined {
  if (!facts.linksOfAllWidths) {
    if (op !== Alu.ADD || !wide || !isRegConst(added, false)) return undefined
    return added.valHi !== 0 || added.valLo < 0 ? NaN : added.valLo
  }
  if ((op !== Alu.ADD && op !== Alu.SUB) || itself || !isRegConst(added, !wide)) return undefined
  const { valHi, valLo } = added
  if (wide ? valHi !== valLo >> 31 : !fits32) return NaN
  if (op === Alu.ADD) return valLo
  return valLo === -0x80000000 ? NaN : -valLo | 0
}

/** is_safe_to_compute_dst_reg_range. */
function canCompute(op: number, wide: boolean, src: Reg): boolean {
  if (!facts.unknownOperands && !isSettled(op, wide, src)) return false
  switch (op) {
    case Alu.ADD:
    case Alu.SUB:
    case Alu.NEG:
    case Alu.END:
    case Alu.AND:
    case Alu.XOR:
    case Alu.OR:
    case Alu.MUL:
      return true
    case Alu.LSH:
    case Alu.RSH:
    case Alu.ARSH: {
      const known = wide
        ? tnumIsConst(src) && src.sminHi === src.smaxHi && src.sminLo === src.smaxLo && sameUnsigned(src)
        : tnumSubregIsConst(src) && src.s32Min === src.s32Max && src.u32Min === src.u32Max
      return known && src.umaxHi === 0 && src.umaxLo >>> 0 < (wide ? 64 : 32)
    }
    default:
      return false
  }
}

/** Whether older kernels follow what's computed with an operand: not where its bounds contradict each other. */
function isSettled(op: number, wide: boolean, src: Reg): boolean {
  const { sminHi, sminLo, smaxHi, smaxLo, uminHi, uminLo, umaxHi, umaxLo } = src
  const known = wide ? tnumIsConst(src) : tnumSubregIsConst(src)
  if (wide) {
    if (ltS64(smaxHi, smaxLo, sminHi, sminLo) || ltU64(umaxHi, umaxLo, uminHi, uminLo)) return false
    if (known && !(sminHi === smaxHi && sminLo === smaxLo && sameUnsigned(src))) return false
  } else {
    if (src.s32Min > src.s32Max || src.u32Min >>> 0 > src.u32Max >>> 0) return false
    if (known && !(src.s32Min === src.s32Max && src.u32Min === src.u32Max)) return false
  }
  return known || op === Alu.ADD || op === Alu.SUB || op === Alu.AND
}

function sameUnsigned(reg: Reg): boolean {
  return reg.uminHi === reg.umaxHi && reg.uminLo === reg.umaxLo
}

/** maybe_fork_scalars: a register that can be 0 and -1 only, as a sign shifted down is, is the one here, the other later. */
function forkSign(env: VerifierEnv, dst: number): void {
  const reg = env.reg(dst)
  const wide = reg.sminHi === -1 && reg.sminLo === -1 && reg.smaxHi === 0 && reg.smaxLo === 0
  if (!wide && !(reg.s32Min === -1 && reg.s32Max === 0)) return
  const other = pushStack(env, env.insnIdx, env.insnIdx, false)
  if (!other) refuse(env, Errno.ENOMEM)
  const mark = (state: RegState, value: number) => {
    if (wide) markKnownInt(state, value)
    else mark32Known(state, value)
  }
  mark(other.frame.own(dst), 0)
  mark(env.own(dst), -1)
}

const scratch = new RegState()
const zero = makeTnum()

/** adjust_scalar_min_max_vals. @param source may be the destination itself. */
function adjustScalar(env: VerifierEnv, dst: RegState, source: Reg): void {
  const { insns, insnIdx } = env
  const code = insns.code(insnIdx)
  const op = code & 0xf0
  const wide = (code & 7) === Class.ALU64
  if (!canCompute(op, wide, source)) {
    markUnknown(env, dst)
    return
  }
  if (op === Alu.ADD || op === Alu.SUB) sanitizeValAlu(env)
  let src = source as RegState
  if (source === dst) {
    copyReg(scratch, source)
    src = scratch
  }
  switch (op) {
    case Alu.ADD:
      add32Bounds(dst, src)
      add64Bounds(dst, src)
      tnumAdd(dst, dst, src)
      break
    case Alu.SUB:
      sub32Bounds(dst, src)
      sub64Bounds(dst, src)
      tnumSub(dst, dst, src)
      break
    case Alu.NEG:
      copyReg(scratch, dst)
      markKnown(dst, 0, 0)
      sub32Bounds(dst, scratch)
      sub64Bounds(dst, scratch)
      tnumSub(dst, zero, scratch)
      break
    case Alu.MUL:
      tnumMul(dst, dst, src)
      mul32Bounds(dst, src)
      mul64Bounds(dst, src)
      break
    case Alu.AND:
      tnumAnd(dst, dst, src)
      and32Bounds(dst, src)
      and64Bounds(dst, src)
      break
    case Alu.OR:
      tnumOr(dst, dst, src)
      or32Bounds(dst, src)
      or64Bounds(dst, src)
      break
    case Alu.XOR:
      tnumXor(dst, dst, src)
      xor32Bounds(dst, src)
      xor64Bounds(dst, src)
      break
    case Alu.LSH:
      if (wide) lsh64Bounds(dst, src)
      else lsh32Bounds(dst, src)
      break
    case Alu.RSH:
      if (wide) rsh64Bounds(dst, src)
      else rsh32Bounds(dst, src)
      break
    case Alu.ARSH:
      if (wide) arsh64Bounds(dst, src)
      else arsh32Bounds(dst, src)
      break
  }
  if (op === Alu.END) swapBytes(dst, wide || (code & Source.X) !== 0, insns.imm(insnIdx))
  else if (!wide) zext32To64(dst)
  syncBounds(dst)
}

/** scalar_byte_swap. @param swaps or only cuts, as what turns numbers to this machine's own order does. */
function swapBytes(dst: RegState, swaps: boolean, bits: number): void {
  if (facts.byteSwapEndsLink && (swaps || bits < 64)) dst.id = 0
  if (swaps) {
    tnumSwapBytes(dst, dst, bits)
    markUnbounded(dst)
  }
  if (bits < 64) coerceToSize(dst, bits / 8)
}
