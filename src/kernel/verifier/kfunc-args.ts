import { Kind } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { kindName } from './func-args.ts'
import {
  checkArgRegOff,
  checkConstString,
  checkMemSizeReg,
  checkMemory,
  makeMeta,
  withMaybeNull,
} from './helper-args.ts'
import { toNumber } from './int64.ts'
import { processIrqFlag } from './irq-flags.ts'
import { checkIterArg } from './iterators.ts'
import type { KfArgKind, KfuncParam } from './kfunc-arg-kinds.ts'
import { KfArg, hasSuffix, isMemSize, isScalarType, paramsOf, pointerArgKind } from './kfunc-arg-kinds.ts'
import { checkBtfIdArg, kernelContextOf } from './kfunc-btf-arg.ts'
import { checkOwnArg } from './kfunc-graph.ts'
import type { KfuncMeta } from './kfunc-meta.ts'
import { KfFlag } from './kfuncs.ts'
import { regTypeText } from './log.ts'
import { markChainPrecision } from './precision.ts'
import { isNull } from './ranges.ts'
import { argText, checkPtrOffReg, isRcu, isTrusted } from './regs.ts'
import { tnumIsConst } from './tnum.ts'
import { Access, ArgType, Flag, RegType, baseType, typeMayBeNull } from './types.ts'
import { facts } from './versions.ts'

/** Arguments of kernel functions (check_kfunc_args). */

const MAX_ARGS = 5
/** BPF_WORKQUEUE and BPF_TASK_WORK. */
const LATER = (1 << 10) | (1 << 13)

export function checkKfuncArgs(env: VerifierEnv, meta: KfuncMeta): void {
  const { kfunc } = meta
  const params = paramsOf(kfunc)
  if (facts.kfuncsTrusted && kfunc.flags & KfFlag.RELEASE) meta.releaseRegno = 1
  if (params.length > MAX_ARGS) {
    refuse(env, Errno.EINVAL, `Function ${kfunc.name} has ${params.length} > ${MAX_ARGS} args\n`)
  }
  for (let i = 0; i < params.length; i++) {
    const param = params[i] as KfuncParam
    if (isProgAux(meta, param)) {
      if (meta.argProg) {
        refuse(env, Errno.EFAULT, 'verifier bug: Only 1 prog->aux argument supported per-kfunc\n')
      }
      meta.argProg = true
      env.curAux.argProg = i + 1
      continue
    }
    if (hasSuffix(param.name, '__ign') || i >= kfunc.given) continue
    if (isScalarType(kfunc.btf, param.type)) {
      checkScalar(env, meta, param, i + 1)
      continue
    }
    if (kfunc.btf.kind(param.type) !== Kind.PTR) {
      refuse(env, Errno.EINVAL, `Unrecognized ${argText(i + 1)} type ${kindName(kfunc.btf, param.type)}\n`)
    }
    // The size behind some memory was looked at with it.
    if (checkPointer(env, meta, param, i) === KfArg.MEM_SIZE) i++
  }
  if (!facts.kfuncsTrusted && kfunc.flags & KfFlag.RELEASE && !meta.releaseRegno) {
    const text = `release kernel function ${kfunc.name} expects refcounted PTR_TO_BTF_ID\n`
    refuse(env, Errno.EINVAL, text)
  }
}

/** is_kfunc_arg_prog, is_kfunc_arg_prog_aux. */
function isProgAux({ kfunc: { btf } }: KfuncMeta, { name, target }: KfuncParam): boolean {
  if (!facts.implicitArgs) return hasSuffix(name, '__prog')
  return btf.kind(target) === Kind.STRUCT && btf.name(target) === 'bpf_prog_aux'
}

/** A number; some must be known. */
function checkScalar(env: VerifierEnv, meta: KfuncMeta, { name }: KfuncParam, regno: number): void {
  const reg = env.reg(regno)
  if (reg.type !== RegType.SCALAR_VALUE) refuse(env, Errno.EINVAL, `R${regno} is not a scalar\n`)
  if (hasSuffix(name, '__k')) {
    setConstant(env, meta, regno)
    markChainPrecision(env, regno)
    return
  }
  const readOnly = name === 'rdonly_buf_size'
  if (!readOnly && name !== 'rdwr_buf_size') return
  if (readOnly) meta.r0Rdonly = true
  if (meta.r0Size) refuse(env, Errno.EINVAL, '2 or more rdonly/rdwr_buf_size parameters for kfunc')
  if (!tnumIsConst(reg)) refuse(env, Errno.EINVAL, `R${regno} is not a const\n`)
  meta.r0Size = toNumber(reg.valHi, reg.valLo)
  markChainPrecision(env, regno)
}

/** meta.arg_constant. */
function setConstant(env: VerifierEnv, meta: KfuncMeta, regno: number): void {
  const reg = env.reg(regno)
  if (meta.constFound) refuse(env, Errno.EFAULT, 'verifier bug: only one constant argument permitted\n')
  if (!tnumIsConst(reg)) refuse(env, Errno.EINVAL, `R${regno} must be a known constant\n`)
  meta.constFound = true
  meta.constHi = reg.valHi
  meta.constLo = reg.valLo
}

/** @returns what kind it is. */
function checkPointer(env: VerifierEnv, meta: KfuncMeta, param: KfuncParam, i: number): KfArgKind {
  const { kfunc } = meta
  const { flags } = kfunc
  const regno = i + 1
  const reg = env.reg(regno)
  // Functions that take a reference back want trusted arguments too (is_kfunc_trusted_args).
  const careful = facts.kfuncsTrusted || (flags & (KfFlag.TRUSTED_ARGS | KfFlag.RELEASE | KfFlag.RCU)) !== 0
  if (careful && (isNull(reg) || typeMayBeNull(reg.type)) && !hasSuffix(param.name, '__nullable')) {
    refuse(env, Errno.EACCES, `Possibly NULL pointer passed to trusted ${argText(regno, 'arg')}\n`)
  }
  const release = (flags & KfFlag.RELEASE) !== 0
  const isDynptr = kfunc.btf.kind(param.target) === Kind.STRUCT && kfunc.btf.name(param.target) === 'bpf_dynptr'
  if (regno === meta.releaseRegno && !isDynptr && !reg.refObjId && !isNull(reg)) {
    const text = `expects referenced PTR_TO_BTF_ID passed to R${regno}`
    refuse(env, Errno.EINVAL, `release kfunc ${kfunc.name} ${text}\n`)
  }
  if (reg.refObjId) {
    if (release && meta.refObjId) {
      const ids = `R${regno} ${reg.refObjId} ${meta.refObjId}`
      refuse(env, Errno.EFAULT, `verifier bug: more than one arg with ref_obj_id ${ids}\n`)
    }
    meta.refObjId = reg.refObjId
    if (release && !facts.kfuncsTrusted) meta.releaseRegno = regno
  }
  const kind = pointerArgKind(env, kfunc, i)
  if (kind === KfArg.NULL) return kind
  if (kind === KfArg.MAP) checkMap(env, meta, regno)
  if (careful && (kind === KfArg.MAP || kind === KfArg.ALLOC_BTF_ID || kind === KfArg.BTF_ID) && !isTrusted(reg)) {
    if (!(flags & KfFlag.RCU)) refuse(env, Errno.EINVAL, `R${regno} must be referenced or trusted\n`)
    if (!isRcu(reg)) refuse(env, Errno.EINVAL, `R${regno} must be a rcu pointer\n`)
  }
  checkArgRegOff(env, reg, regno, argTypeOf(kind) | (regno === meta.releaseRegno ? Flag.OBJ_RELEASE : 0))
  const atBeginning = kind === KfArg.REFCOUNTED_KPTR && facts.countedAtBeginning
  if (atBeginning && baseType(reg.type) === RegType.PTR_TO_BTF_ID) checkPtrOffReg(env, reg, regno)
  checkKind(env, meta, param, kind, i)
  return kind
}

function argTypeOf(kind: KfArgKind): number {
  return kind === KfArg.DYNPTR ? ArgType.PTR_TO_DYNPTR : ArgType.DONTCARE
}

/** A map; where a work queue or the like is one of its values, it must be of that very map. */
function checkMap(env: VerifierEnv, meta: KfuncMeta, regno: number): void {
  const { map, mapUid, btf } = env.reg(regno)
  // A pointer to a struct bpf_map is one too; that it is, is seen to later.
  if (!map && btf) return
  if (!map) refuse(env, Errno.EINVAL, `pointer in R${regno} isn't map pointer\n`)
  if (meta.map && map.fieldMask & LATER && (meta.map !== map || meta.mapUid !== mapUid)) {
    const [what, of, with_] = map.fieldMask & (1 << 13) ? ['bpf_task_work', 2, 3] : ['workqueue', 1, 2]
    const uids = `R${of} map_uid=${meta.mapUid} doesn't match map pointer in R${with_} map_uid=${mapUid}`
    refuse(env, Errno.EINVAL, `${what} pointer in ${uids}\n`)
  }
  meta.map = map
  meta.mapUid = mapUid
}

/** What each kind asks for. */
function checkKind(env: VerifierEnv, meta: KfuncMeta, param: KfuncParam, kind: KfArgKind, i: number): void {
  const { kfunc } = meta
  const regno = i + 1
  const reg = env.reg(regno)
  const no = (text: string) => {
    refuse(env, Errno.EINVAL, `${argText(regno)} ${text}\n`)
  }
  switch (kind) {
    case KfArg.CTX:
      if (reg.type !== RegType.PTR_TO_CTX) no(`expected pointer to ctx, but got ${regTypeText(reg.type)}`)
      if (kfunc.name === 'bpf_cast_to_kern_ctx') meta.retBtfId = kernelContextOf(env)
      break
    case KfArg.ITER:
      checkIterArg(env, meta, regno)
      break
    case KfArg.MAP:
    case KfArg.BTF_ID:
      checkBtfIdArg(env, meta, param, kind === KfArg.MAP, i)
      break
    case KfArg.MEM: {
      const size = kfunc.btf.resolveSize(param.target)
      if (size === undefined) {
        const what = `reference type('${kindName(kfunc.btf, param.target)} ${kfunc.btf.name(param.target)}')`
        no(`${what} size cannot be determined: ${-Errno.EINVAL}`)
        return
      }
      checkMemory(env, regno, size)
      break
    }
    case KfArg.MEM_SIZE:
      checkSizedMemory(env, meta, param, i)
      break
    case KfArg.CALLBACK:
      if (reg.type !== RegType.PTR_TO_FUNC)
        refuse(env, Errno.EINVAL, `${argText(regno, 'arg')} expected pointer to func\n`)
      meta.subprogno = reg.subprogno
      break
    case KfArg.CONST_STR:
      if (reg.type !== RegType.PTR_TO_MAP_VALUE) no("doesn't point to a const string")
      checkConstString(env, regno)
      break
    case KfArg.IRQ_FLAG:
      if (reg.type !== RegType.PTR_TO_STACK) no("doesn't point to an irq flag on stack")
      processIrqFlag(env, kfunc.name, regno)
      break
    default:
      checkOwnArg(env, meta, kind, regno)
  }
}

/** Memory and its size. */
function checkSizedMemory(env: VerifierEnv, meta: KfuncMeta, param: KfuncParam, i: number): void {
  const regno = i + 1
  const optional = hasSuffix(param.name, '__opt') || (facts.kfuncsTrusted && hasSuffix(param.name, '__nullable'))
  if (!isNull(env.reg(regno)) || !optional) checkSize(env, i)
  const size = paramsOf(meta.kfunc)[i + 1]
  if (size && isMemSize(meta.kfunc.btf, size, env.reg(regno + 1), '__szk')) setConstant(env, meta, regno + 1)
}

/** check_kfunc_mem_size_reg: the function may read and write it. */
function checkSize(env: VerifierEnv, i: number): void {
  const regno = i + 1
  const meta = makeMeta(0, false)
  try {
    withMaybeNull(env, regno, () => {
      checkMemSizeReg(env, regno + 1, Access.READ, true, meta)
      checkMemSizeReg(env, regno + 1, Access.WRITE, true, meta)
    })
  } catch (error) {
    const both = facts.argsByRegister ? ' and ' : ' '
    env.verbose(`${argText(regno)}${both}${argText(regno + 1)} memory, len pair leads to invalid memory access\n`)
    throw error
  }
}
