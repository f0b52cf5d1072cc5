import { FuncLinkage, Kind } from '../../btf/btf.ts'
import { Mode, Size } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { PseudoLdImm64 } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { leaveFunction } from './calls.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { markKnown, markKnownZero, markNotInit, markUnknown } from './ranges.ts'
import { checkResourceLeak } from './references.ts'
import { ArgUse, checkPtrOffReg, checkRegArg } from './regs.ts'
import { pushStack } from './stack-of-states.ts'
import { Flag, RegType } from './types.ts'
import { facts } from './versions.ts'

/** Two-slot loads (check_ld_imm), and the old packet loads (check_ld_abs). */

export function checkLdImm(env: VerifierEnv): void {
  const { insns, insnIdx } = env
  if ((insns.code(insnIdx) & 0x18) !== Size.DW) refuse(env, Errno.EINVAL, 'invalid BPF_LD_IMM insn\n')
  if (insns.off(insnIdx) !== 0) refuse(env, Errno.EINVAL, 'BPF_LD_IMM64 uses reserved fields\n')
  const dst = insns.dst(insnIdx)
  checkRegArg(env, dst, ArgUse.DST_OP)
  const reg = env.own(dst)
  const src = insns.src(insnIdx)
  if (src === 0) {
    reg.type = RegType.SCALAR_VALUE
    markKnown(reg, insns.imm(insnIdx + 1), insns.imm(insnIdx))
    return
  }
  markKnownZero(reg)
  switch (src) {
    case PseudoLdImm64.BTF_ID: {
      const aux = env.curAux
      if (aux.btfVarType === RegType.NOT_INIT) resolveKsym(env)
      reg.type = aux.btfVarType
      reg.memSize = aux.btfVarSize
      reg.btf = aux.btfVarBtf
      reg.btfId = aux.btfVarId
      return
    }
    case PseudoLdImm64.FUNC: {
      const subprog = env.findSubprog(insnIdx + insns.imm(insnIdx) + 1)
      const { btf, funcInfo } = env.input
      const func = funcInfo[subprog]?.typeId
      if (!btf || func === undefined) refuse(env, Errno.EINVAL, 'missing btf func_info\n')
      if (btf.funcLinkage(func) !== FuncLinkage.STATIC) {
        refuse(env, Errno.EINVAL, 'callback function not static\n')
      }
      reg.type = RegType.PTR_TO_FUNC
      reg.subprogno = subprog
      return
    }
  }
  const index = env.input.mapAt.get(insnIdx) ?? 0
  const map = env.map(index)
  env.curAux.mapIndex = index
  reg.map = map
  if (src === PseudoLdImm64.MAP_VALUE || src === PseudoLdImm64.MAP_IDX_VALUE) {
    if (map.type === MapType.ARENA) {
      markUnknown(env, reg)
      return
    }
    reg.type = RegType.PTR_TO_MAP_VALUE
    reg.off = env.curAux.mapOff = insns.imm(insnIdx + 1)
  } else {
    reg.type = RegType.CONST_PTR_TO_MAP
  }
}

/** What a variable or function of the kernel gives (__check_pseudo_btf_id, which the loader has done the checks of). */
function resolveKsym(env: VerifierEnv): void {
  const aux = env.curAux
  const btf = env.vmlinux()
  const id = env.insns.imm(env.insnIdx) >>> 0
  if (btf.kind(id) === Kind.FUNC) {
    aux.btfVarType = RegType.PTR_TO_MEM | Flag.MEM_RDONLY
    return
  }
  const type = btf.type(id)
  const target = btf.skipModsAndTypedefs(type)
  const kind = btf.kind(target)
  const percpu = isPercpu(env, id)
  if (percpu || kind === Kind.STRUCT || kind === Kind.UNION) {
    aux.btfVarType = RegType.PTR_TO_BTF_ID | (percpu ? Flag.MEM_PERCPU : 0)
    aux.btfVarBtf = btf
    aux.btfVarId = type
  } else {
    aux.btfVarType = RegType.PTR_TO_MEM | Flag.MEM_RDONLY
    aux.btfVarSize = btf.resolveSize(target) ?? 0
  }
}

function isPercpu(env: VerifierEnv, id: number): boolean {
  const btf = env.vmlinux()
  const section = btf.findByNameKind('.data..percpu', Kind.DATASEC)
  if (section === undefined) return false
  for (let i = 0; i < btf.vlen(section); i++) if (btf.secVarType(section, i) === id) return true
  return false
}

/** may_access_skb. */
const skbTypes: readonly number[] = [ProgType.SOCKET_FILTER, ProgType.SCHED_CLS, ProgType.SCHED_ACT]
const CTX_REG = 6

export function checkLdAbs(env: VerifierEnv): void {
  const { insns, insnIdx } = env
  const code = insns.code(insnIdx)
  const indirect = (code & 0xe0) === Mode.IND
  if (!skbTypes.includes(env.input.resolvedType)) {
    refuse(env, Errno.EINVAL, 'BPF_LD_[ABS|IND] instructions not allowed for this program type\n')
  }
  const reserved =
    insns.dst(insnIdx) !== 0 ||
    insns.off(insnIdx) !== 0 ||
    (code & 0x18) === Size.DW ||
    (!indirect && insns.src(insnIdx) !== 0)
  if (reserved) refuse(env, Errno.EINVAL, 'BPF_LD_[ABS|IND] uses reserved fields\n')
  checkRegArg(env, CTX_REG, ArgUse.SRC_OP)
  checkResourceLeak(env, false, true, 'BPF_LD_[ABS|IND]')
  if (env.reg(CTX_REG).type !== RegType.PTR_TO_CTX) {
    refuse(env, Errno.EINVAL, 'at the time of BPF_LD_ABS|IND R6 != pointer to skb\n')
  }
  if (indirect) checkRegArg(env, insns.src(insnIdx), ArgUse.SRC_OP)
  checkPtrOffReg(env, env.reg(CTX_REG), CTX_REG)
  for (let i = 0; i <= 5; i++) {
    markNotInit(env, env.own(i))
    checkRegArg(env, i, ArgUse.DST_OP_NO_MARK)
  }
  const r0 = env.own(0)
  markUnknown(env, r0)
  r0.subregDef = insnIdx + 1
  if (facts.packetLoadsReturn && env.curState.curframe > 0) returnZero(env)
}

/** The other way that a packet load may go: the function ends with zero. */
function returnZero(env: VerifierEnv): void {
  env.markRegScratched(0)
  if (!pushStack(env, env.insnIdx + 1, env.insnIdx, false)) refuse(env, Errno.EFAULT)
  markKnownZero(env.own(0))
  leaveFunction(env)
  env.insnIdx--
}
