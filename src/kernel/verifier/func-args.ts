import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { kindNames } from '../../btf/kinds.ts'
import { Errno } from '../../uapi/errno.ts'
import type { SubprogArg } from './aux.ts'
import { isStructOrUnion } from './btf-struct-walk.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { processDynptrFunc } from './dynptr.ts'
import { checkArgRegOff, checkMemReg, checkRegType, makeMeta } from './helper-args.ts'
import { kernelTypeOf } from './kernel-type.ts'
import { isProgContext, validateProgContext } from './prog-context.ts'
import { isNull } from './ranges.ts'
import { ArgType, Flag, RegType, baseType } from './types.ts'
import { argText } from './regs.ts'
import { facts } from './versions.ts'

/** What a function's BTF says of its arguments (btf_prepare_func_args), and whether a call's fit. */

const MAX_ARGS = 5

/** btf_kind_str, of a type that is no modifier. */
export function kindName(btf: Btf, id: number): string {
  return kindNames[btf.kind(id)] ?? 'UNKNOWN'
}

function isScalarKind(kind: number): boolean {
  return kind === Kind.INT || kind === Kind.ENUM || kind === Kind.ENUM64
}

/** btf_type_is_primitive: numbers of the usual sizes. */
function isPrimitive(btf: Btf, id: number): boolean {
  const kind = btf.kind(id)
  if (kind !== Kind.INT) return isScalarKind(kind)
  return (
    btf.intOffset(id) === 0 && [8, 16, 32, 64, 128].includes(btf.intBits(id)) && btf.intBits(id) === btf.size(id) * 8
  )
}

/** A struct or union, or a declaration of a struct. */
function isStructLike(btf: Btf, id: number): boolean {
  const kind = btf.kind(id)
  return isStructOrUnion(kind) || (kind === Kind.FWD && !btf.kflag(id))
}

/** btf_prepare_func_args. */
export function prepareFuncArgs(env: VerifierEnv, subprog: number): void {
  const info = env.subprog(subprog)
  if (info.argsCached) return
  const { btf, funcInfo } = env.input
  const { isGlobal } = info
  const func = funcInfo[subprog]?.typeId
  if (!btf || func === undefined) refuse(env, Errno.EFAULT, 'verifier bug: func_info undefined\n')
  const name = btf.name(func)
  if (info.unreliable) refuse(env, Errno.EFAULT, `verifier bug: unreliable BTF for function ${name}()\n`)
  const proto = btf.type(func)
  const count = btf.vlen(proto)
  // Texts are for global functions: static ones are checked along with their callers.
  const no = (text: string): never => refuse(env, Errno.EINVAL, isGlobal ? text : '')
  if (count > MAX_ARGS) no(`Global function ${name}() with ${count} > ${MAX_ARGS} args. Buggy compiler.\n`)
  if (!isScalarKind(btf.kind(btf.skipModsAndTypedefs(btf.type(proto))))) {
    no(`Global function ${name}() doesn't return scalar. Only those are supported.\n`)
  }
  const args: SubprogArg[] = []
  for (let i = 0; i < count; i++) args.push(prepareArg(env, btf, func, proto, i, isGlobal, name))
  info.args = args
  info.argsCached = true
}

const Tag = { CTX: 1, NONNULL: 2, TRUSTED: 4, UNTRUSTED: 8, NULLABLE: 16, ARENA: 32 } as const

const tagNames: Readonly<Record<string, number>> = {
  ctx: Tag.CTX,
  trusted: Tag.TRUSTED,
  untrusted: Tag.UNTRUSTED,
  nonnull: Tag.NONNULL,
  nullable: Tag.NULLABLE,
  arena: Tag.ARENA,
}

/** Declaration tags `arg:NAME` of an argument. */
function tagsOf(env: VerifierEnv, btf: Btf, func: number, i: number, isGlobal: boolean): number {
  let tags = 0
  for (const id of declTags(btf).get(func) ?? []) {
    if (btf.declTagIndex(id) !== i) continue
    const tag = btf.name(id)
    if (!tag.startsWith('arg:')) continue
    if (!isGlobal) refuse(env, Errno.EOPNOTSUPP, `arg#${i} type tag is not supported in static functions\n`)
    const bit = tagNames[tag.slice('arg:'.length)]
    if (bit === undefined) refuse(env, Errno.EOPNOTSUPP, `arg#${i} has unsupported set of tags\n`)
    tags |= bit
  }
  return tags
}

const tagIndexes = new WeakMap<Btf, Map<number, number[]>>()

/** Declaration tags by the type that they're of. */
function declTags(btf: Btf): Map<number, number[]> {
  let index = tagIndexes.get(btf)
  if (!index) {
    index = new Map()
    for (let id = btf.startId; id < btf.typeCount; id++) {
      if (btf.kind(id) !== Kind.DECL_TAG) continue
      const of = btf.type(id)
      const list = index.get(of)
      if (list) list.push(id)
      else index.set(of, [id])
    }
    tagIndexes.set(btf, index)
  }
  return index
}

function prepareArg(
  env: VerifierEnv,
  btf: Btf,
  func: number,
  proto: number,
  i: number,
  isGlobal: boolean,
  name: string,
): SubprogArg {
  const tags = tagsOf(env, btf, func, i, isGlobal)
  const type = btf.skipModsAndTypedefs(btf.paramType(proto, i))
  const plain = (argType: number, memSize = 0, btfId = 0): SubprogArg => ({ argType, memSize, btfId })
  const badTags = (): never => refuse(env, Errno.EINVAL, `arg#${i} has invalid combination of tags\n`)
  if (btf.kind(type) === Kind.PTR) {
    if (tags & Tag.CTX || isProgContext(btf, type, env.input.resolvedType)) {
      if (tags & ~Tag.CTX) badTags()
      if (tags & Tag.CTX) validateProgContext(env, btf, type, i)
      return plain(ArgType.PTR_TO_CTX)
    }
    const target = btf.skipModsAndTypedefs(btf.type(type))
    if (isStructLike(btf, target) && btf.name(target) === 'bpf_dynptr') {
      if (tags) badTags()
      return plain(ArgType.PTR_TO_DYNPTR | Flag.MEM_RDONLY)
    }
    if (tags & Tag.TRUSTED) {
      if (tags & Tag.NONNULL) badTags()
      const mayBeNull = tags & Tag.NULLABLE ? Flag.PTR_MAYBE_NULL : 0
      return plain(ArgType.PTR_TO_BTF_ID | Flag.PTR_TRUSTED | mayBeNull, 0, kernelTypeOf(env, btf, type, i))
    }
    if (tags & Tag.UNTRUSTED) {
      if (tags & ~Tag.UNTRUSTED) {
        refuse(env, Errno.EINVAL, `arg#${i} untrusted cannot be combined with any other tags\n`)
      }
      if (target === 0 || isPrimitive(btf, target)) {
        return plain(ArgType.PTR_TO_MEM | Flag.MEM_RDONLY | Flag.PTR_UNTRUSTED)
      }
      const id = kernelTypeOf(env, btf, type, i)
      if (!isStructOrUnion(env.vmlinux().kind(id))) {
        const what = `${kindName(env.vmlinux(), id)} '(anon)', but only struct or primitive types are allowed`
        refuse(env, Errno.EINVAL, `arg#${i} has type ${what}\n`)
      }
      return plain(ArgType.PTR_TO_BTF_ID | Flag.PTR_UNTRUSTED, 0, id)
    }
    if (tags & Tag.ARENA) {
      if (tags & ~Tag.ARENA) {
        refuse(env, Errno.EINVAL, `arg#${i} arena cannot be combined with any other tags\n`)
      }
      return plain(ArgType.PTR_TO_ARENA)
    }
    if (isGlobal && facts.pointersToGlobals) {
      if (tags & Tag.NULLABLE) badTags()
      const size = btf.resolveSize(target)
      if (size === undefined) {
        const what = `reference type('${kindName(btf, target)} ${btf.name(target)}') size cannot be determined`
        refuse(env, Errno.EINVAL, `arg#${i} ${what}: ${-Errno.EINVAL}\n`)
      }
      return plain(ArgType.PTR_TO_MEM | (tags & Tag.NONNULL ? 0 : Flag.PTR_MAYBE_NULL), size)
    }
  }
  if (tags) refuse(env, Errno.EINVAL, `arg#${i} has pointer tag, but is not a pointer type\n`)
  if (isScalarKind(btf.kind(type))) return plain(ArgType.ANYTHING)
  const text = isGlobal ? `Arg#${i} type ${kindName(btf, type)} in ${name}() is not supported yet.\n` : ''
  refuse(env, Errno.EINVAL, text)
}

/** btf_check_func_arg_match. */
export function checkFuncArgMatch(env: VerifierEnv, subprog: number): void {
  prepareFuncArgs(env, subprog)
  env.subprog(subprog).args.forEach((arg, i) => {
    checkArg(env, arg, i)
  })
}

function checkArg(env: VerifierEnv, { argType, memSize, btfId }: SubprogArg, i: number): void {
  const regno = i + 1
  const reg = env.reg(regno)
  const no = (text: string): never => refuse(env, Errno.EINVAL, `${text}\n`)
  if (argType === ArgType.ANYTHING) {
    if (reg.type !== RegType.SCALAR_VALUE) no(`R${regno} is not a scalar`)
    return
  }
  if (argType & Flag.PTR_UNTRUSTED) return
  switch (baseType(argType)) {
    case ArgType.PTR_TO_CTX:
      checkArgRegOff(env, reg, regno, ArgType.DONTCARE)
      if (reg.type !== RegType.PTR_TO_CTX) no(`${argText(i + 1)} expects pointer to ctx`)
      break
    case ArgType.PTR_TO_MEM:
      checkArgRegOff(env, reg, regno, ArgType.DONTCARE)
      checkMemReg(env, regno, memSize)
      if (
        !(argType & Flag.PTR_MAYBE_NULL) &&
        (reg.type & Flag.PTR_MAYBE_NULL || (facts.argsByRegister && isNull(reg)))
      ) {
        no(`${argText(i + 1)} is expected to be non-NULL`)
      }
      break
    case ArgType.PTR_TO_ARENA:
      if (reg.type !== RegType.PTR_TO_ARENA && reg.type !== RegType.SCALAR_VALUE) {
        no(`R${regno} is not a pointer to arena or scalar.`)
      }
      break
    case ArgType.PTR_TO_DYNPTR:
      checkArgRegOff(env, reg, regno, ArgType.PTR_TO_DYNPTR)
      processDynptrFunc(env, regno, -1, argType)
      break
    case ArgType.PTR_TO_BTF_ID:
      if (isNull(reg) && argType & Flag.PTR_MAYBE_NULL) break
      checkRegType(env, regno, argType, btfId, makeMeta(0, false))
      checkArgRegOff(env, reg, regno, argType)
      break
    default:
      refuse(env, Errno.EFAULT, `verifier bug: unrecognized arg#${i} type ${argType}\n`)
  }
}
