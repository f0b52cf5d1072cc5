import { Class, Jmp, Source } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapType } from '../../uapi/map-type.ts'
import { isBranchTaken, isPacketPointerAny } from './branch-taken.ts'
import type { VerifierEnv } from './env.ts'
import { LogLevel, refuse } from './env.ts'
import { pushSpeculative } from './sanitize.ts'
import { mayPointToLock } from './fields.ts'
import { widenImpreciseScalars } from './equal.ts'
import { InsnFlag, pushJmpHistory } from './history.ts'
import { collectLinked, syncLinkedRegs } from './linked.ts'
import { printInsnState } from './log.ts'
import { markChainPrecision } from './precision.ts'
import { findPrevEntry } from './prune.ts'
import { markKnownInt } from './ranges.ts'
import { setMinMax } from './refine.ts'
import { releaseReferenceNoMark } from './references.ts'
import { ArgUse, checkRegArg, isRcu, leaksPointer } from './regs.ts'
import { pushStack } from './stack-of-states.ts'
import type { LinkedReg, Reg, VerifierState } from './state.ts'
import { RegState, changeRegs, clearUnion, copyReg } from './state.ts'
import {
  AT_PKT_END,
  BEYOND_PKT_END,
  Flag,
  RegType,
  baseType,
  typeIsNonOwningRef,
  typeIsPtrAllocObj,
  typeMayBeNull,
} from './types.ts'
import { facts } from './versions.ts'

/** Conditional jumps (check_cond_jmp_op). */

const MAX_PACKET_OFF = 0xffff
const MAY_GOTO = 0

/** find_good_pkt_pointers: a comparison with the packet's end says how far a pointer's kin may go. */
function findGoodPackets(state: VerifierState, dst: Reg, rightOpen: boolean): void {
  if (dst.off < 0 || (dst.off === 0 && rightOpen)) return
  const umax = dst.umaxHi === 0 ? dst.umaxLo >>> 0 : Infinity
  if (umax > MAX_PACKET_OFF || umax + dst.off > MAX_PACKET_OFF) return
  const range = dst.off + (rightOpen ? 1 : 0)
  const { type, id } = dst
  changeRegs(
    state,
    (reg) => reg.type === type && reg.id === id && reg.range < range,
    (reg) => {
      reg.range = range
    },
  )
}

/** mark_pkt_end. */
function markPacketEnd(state: VerifierState, regno: number, open: boolean): void {
  const { frame } = state
  if (frame.reg(regno).type !== RegType.PTR_TO_PACKET) return
  frame.own(regno).range = open ? BEYOND_PKT_END : AT_PKT_END
}

/** reg_is_init_pkt_pointer. */
function isInitPacket(reg: Reg): boolean {
  const moved = reg.valHi | reg.valLo | reg.maskHi | reg.maskLo
  return reg.type === RegType.PTR_TO_PACKET && reg.id === 0 && reg.off === 0 && moved === 0
}

/** try_match_pkt_pointers. */
function matchPackets(env: VerifierEnv, src: number, dst: number, other: VerifierState): boolean {
  const { insns, insnIdx, curState } = env
  const code = insns.code(insnIdx)
  if ((code & Source.X) === 0 || (code & 7) === Class.JMP32) return false
  const op = code & 0xf0
  if (op !== Jmp.JGT && op !== Jmp.JLT && op !== Jmp.JGE && op !== Jmp.JLE) return false
  const dstReg = env.reg(dst)
  const srcReg = env.reg(src)
  const forward =
    (dstReg.type === RegType.PTR_TO_PACKET && srcReg.type === RegType.PTR_TO_PACKET_END) ||
    (dstReg.type === RegType.PTR_TO_PACKET_META && isInitPacket(srcReg))
  const backward =
    (dstReg.type === RegType.PTR_TO_PACKET_END && srcReg.type === RegType.PTR_TO_PACKET) ||
    (isInitPacket(dstReg) && srcReg.type === RegType.PTR_TO_PACKET_META)
  if (!forward && !backward) return false
  const regno = forward ? dst : src
  const packet = forward ? dstReg : srcReg
  // `packet > end` and `end < packet` alike: the pointer's bytes are there where that's false.
  const greater = op === Jmp.JGT || op === Jmp.JGE
  const goodIsThis = forward === greater
  const good = goodIsThis ? curState : other
  const bad = goodIsThis ? other : curState
  const strict = op === Jmp.JGT || op === Jmp.JLT
  const rightOpen = goodIsThis ? !strict : strict
  findGoodPackets(good, packet, rightOpen)
  markPacketEnd(bad, regno, !rightOpen)
  return true
}

/** mark_ptr_not_null_reg. */
export function markNotNull(reg: RegState): void {
  if (baseType(reg.type) !== RegType.PTR_TO_MAP_VALUE) {
    reg.type &= ~Flag.PTR_MAYBE_NULL
    return
  }
  const { map } = reg
  if (map?.inner) {
    reg.type = RegType.CONST_PTR_TO_MAP
    reg.map = map.inner
    const UID_FIELDS = (1 << 1) | (1 << 10) | (1 << 13)
    if (map.inner.fieldMask & UID_FIELDS) reg.mapUid = reg.id
  } else if (map?.type === MapType.XSKMAP) {
    reg.type = RegType.PTR_TO_XDP_SOCK
  } else if (map?.type === MapType.SOCKMAP || map?.type === MapType.SOCKHASH) {
    reg.type = RegType.PTR_TO_SOCKET
  } else {
    reg.type = RegType.PTR_TO_MAP_VALUE
  }
}

/** mark_ptr_or_null_regs: all copies of a pointer that was compared with zero. */
export function markPtrOrNull(env: VerifierEnv, state: VerifierState, regno: number, isNull: boolean): void {
  const { refObjId, id } = state.frame.reg(regno)
  if (refObjId && refObjId === id && isNull) releaseReferenceNoMark(state, id)
  changeRegs(
    state,
    (reg) => {
      if (!typeMayBeNull(reg.type) || reg.id !== id || !(isRcu(reg) || reg.id)) return false
      if (reg.sminHi | reg.sminLo | reg.smaxHi | reg.smaxLo | reg.valHi | reg.valLo | reg.maskHi | reg.maskLo) {
        return false
      }
      return reg.off === 0 || typeIsPtrAllocObj(reg.type) || typeIsNonOwningRef(reg.type)
    },
    (reg) => {
      if (isNull) {
        reg.type = RegType.SCALAR_VALUE
        reg.id = 0
        reg.refObjId = 0
        return
      }
      markNotNull(reg)
      if (!mayPointToLock(env, reg)) reg.id = 0
    },
  )
}

/** may_goto: falls through as long as the run hasn't gone on for too long. */
function checkMayGoto(env: VerifierEnv): void {
  const { insns, insnIdx } = env
  const code = insns.code(insnIdx)
  const imm = insns.imm(insnIdx)
  const off = insns.off(insnIdx)
  const nowhere = facts.mayGotoNowhere ? '' : `off ${off} `
  const goes = facts.mayGotoNowhere || off !== 0
  if (code !== (Class.JMP | Jmp.JCOND) || insns.src(insnIdx) !== MAY_GOTO || insns.dst(insnIdx) || imm || !goes) {
    refuse(env, Errno.EINVAL, `invalid may_goto ${nowhere}imm ${imm}\n`)
  }
  const cur = env.curState
  const previous = cur.parent && findPrevEntry(env, cur.parent, insnIdx)
  const queued = pushStack(env, insnIdx + 1, insnIdx, false)
  if (!queued) refuse(env, Errno.ENOMEM)
  queued.mayGotoDepth++
  if (previous) widenImpreciseScalars(env, previous, queued)
  env.insnIdx += insns.off(insnIdx)
}

const imm1 = new RegState()
const imm2 = new RegState()

function setImm(reg: RegState, imm: number): void {
  reg.type = RegType.SCALAR_VALUE
  clearUnion(reg)
  reg.frameno = 0
  reg.subregDef = 0
  reg.precise = false
  markKnownInt(reg, imm)
}

/** check_cond_jmp_op. The walk goes on behind the jump, or with insnIdx moved where it's taken. */
export function checkCondJmp(env: VerifierEnv): void {
  const { insns, insnIdx } = env
  const code = insns.code(insnIdx)
  const op = code & 0xf0
  if (op === Jmp.JA || op > Jmp.JCOND) {
    refuse(env, Errno.EINVAL, `invalid BPF_JMP/JMP32 opcode ${op.toString(16)}\n`)
  }
  if (op === Jmp.JCOND) {
    checkMayGoto(env)
    return
  }
  const dst = insns.dst(insnIdx)
  const src = insns.src(insnIdx)
  const fromReg = (code & Source.X) !== 0
  const narrow = (code & 7) === Class.JMP32
  checkRegArg(env, dst, ArgUse.SRC_OP)
  let flags = 0
  let srcReg: Reg
  if (fromReg) {
    if (insns.imm(insnIdx) !== 0) refuse(env, Errno.EINVAL, 'BPF_JMP/JMP32 uses reserved fields\n')
    checkRegArg(env, src, ArgUse.SRC_OP)
    srcReg = env.reg(src)
    if (!(isPacketPointerAny(env.reg(dst)) && isPacketPointerAny(srcReg)) && leaksPointer(env, src)) {
      refuse(env, Errno.EACCES, `R${src} pointer comparison prohibited\n`)
    }
    if (srcReg.type === RegType.PTR_TO_STACK) flags |= InsnFlag.SRC_REG_STACK
  } else {
    if (src !== 0) refuse(env, Errno.EINVAL, 'BPF_JMP/JMP32 uses reserved fields\n')
    setImm(imm1, insns.imm(insnIdx))
    srcReg = imm1
  }
  if (env.reg(dst).type === RegType.PTR_TO_STACK) flags |= InsnFlag.DST_REG_STACK
  if (flags) pushJmpHistory(env, env.curState, flags)

  const taken = isBranchTaken(env.reg(dst), srcReg, op, narrow)
  if (taken >= 0) {
    if (env.reg(dst).type === RegType.SCALAR_VALUE) markChainPrecision(env, dst)
    if (fromReg && srcReg.type === RegType.SCALAR_VALUE) markChainPrecision(env, src)
    const next = insnIdx + 1
    if (!env.bypassSpecV1) pushSpeculative(env, taken === 1 ? next : next + insns.off(insnIdx))
    printBranch(env)
    if (taken === 1) env.insnIdx += insns.off(insnIdx)
    return
  }
  splitBranch(env, dst, fromReg ? src : -1, op, narrow)
}

function printBranch(env: VerifierEnv): void {
  if (env.log.level & LogLevel.LEVEL) printInsnState(env, env.curState, env.curState.curframe)
}

/** Both ways: the one that's taken waits. @param src -1 for a constant, which is in imm1. */
function splitBranch(env: VerifierEnv, dst: number, src: number, op: number, narrow: boolean): void {
  const { insns, insnIdx, curState: cur } = env
  const linked: LinkedReg[] = []
  const scalarId = (regno: number): number => {
    const reg = env.reg(regno)
    return reg.type === RegType.SCALAR_VALUE ? reg.id : 0
  }
  if (src >= 0 && scalarId(src)) collectLinked(env, cur, scalarId(src), linked)
  if (scalarId(dst)) collectLinked(env, cur, scalarId(dst), linked)
  if (linked.length > 1) pushJmpHistory(env, cur, 0, linked)

  const other = pushStack(env, insnIdx + insns.off(insnIdx) + 1, insnIdx, false)
  if (!other) refuse(env, Errno.EFAULT)
  if (env.reg(dst).type === RegType.SCALAR_VALUE) {
    if (src < 0) {
      copyReg(imm2, imm1)
      setMinMax(env, other.frame.own(dst), imm1, env.own(dst), imm2, op, narrow)
    } else if (env.reg(src).type === RegType.SCALAR_VALUE) {
      setMinMax(env, other.frame.own(dst), other.frame.own(src), env.own(dst), env.own(src), op, narrow)
    }
  }
  for (const regno of src >= 0 ? [src, dst] : [dst]) {
    if (!scalarId(regno)) continue
    syncLinkedRegs(cur, env.reg(regno), linked)
    syncLinkedRegs(other, other.frame.reg(regno), linked)
  }
  if (!narrow && src >= 0 && facts.nullnessByOther) liftNull(env, dst, src, op, other)
  const dstType = env.reg(dst).type
  const zero = !narrow && src < 0 && insns.imm(insnIdx) === 0 && (op === Jmp.JEQ || op === Jmp.JNE)
  if (zero && typeMayBeNull(dstType)) {
    markPtrOrNull(env, cur, dst, op === Jmp.JNE)
    markPtrOrNull(env, other, dst, op === Jmp.JEQ)
  } else if (!matchPackets(env, insns.src(insnIdx), dst, other) && leaksPointer(env, dst)) {
    refuse(env, Errno.EACCES, `R${dst} pointer comparison prohibited\n`)
  }
  printBranch(env)
}

/** A pointer that may be null, equal to one that isn't, isn't null either. */
function liftNull(env: VerifierEnv, dst: number, src: number, op: number, other: VerifierState): void {
  const dstReg = env.reg(dst)
  const srcReg = env.reg(src)
  if (dstReg.type === RegType.SCALAR_VALUE || srcReg.type === RegType.SCALAR_VALUE) return
  if (typeMayBeNull(srcReg.type) === typeMayBeNull(dstReg.type)) return
  if (baseType(srcReg.type) === RegType.PTR_TO_BTF_ID || baseType(dstReg.type) === RegType.PTR_TO_BTF_ID) return
  if (op !== Jmp.JEQ && op !== Jmp.JNE) return
  const frame = op === Jmp.JEQ ? other.frame : env.frame
  markNotNull(frame.own(typeMayBeNull(srcReg.type) ? src : dst))
}
