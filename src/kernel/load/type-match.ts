import type { Btf } from '../../btf/btf.ts'
import { FuncLinkage, Kind } from '../../btf/btf.ts'
import { kindNames } from '../../btf/kinds.ts'
import { Errno } from '../../uapi/errno.ts'
import { refuse } from '../log.ts'
import type { LoadEnv } from './env.ts'

/** A function of a program's, with its prototype. */
interface Func {
  readonly btf: Btf
  readonly name: string
  readonly proto: number
}

function funcOf(btf: Btf, id: number): Func {
  return { btf, name: btf.name(id), proto: btf.type(id) }
}

/** btf_check_type_match: an extension has the types of the function that it replaces. */
export function checkTypeMatch(env: LoadEnv, btf: Btf, id: number): void {
  const own = env.funcInfo[0]?.typeId
  if (!env.btf || own === undefined) return refuse(env, Errno.EINVAL, 'Program extension requires BTF\n')
  const [ours, theirs] = [funcOf(env.btf, own), funcOf(btf, id)]
  checkLinkage(env, ours, own)
  checkLinkage(env, theirs, id)
  matchFuncs(env, ours, theirs)
}

function checkLinkage(env: LoadEnv, { btf, name }: Func, id: number): void {
  if (btf.funcLinkage(id) !== FuncLinkage.GLOBAL) refuse(env, Errno.EINVAL, `${name}() is not a global function\n`)
}

/** Kinds whose third word is a size. */
const sized: ReadonlySet<number> = new Set([
  Kind.INT,
  Kind.STRUCT,
  Kind.UNION,
  Kind.ENUM,
  Kind.DATASEC,
  Kind.FLOAT,
  Kind.ENUM64,
])

/** btf_type.info of both: kind, number of members, kind flag. */
function sameInfo(a: Btf, aId: number, b: Btf, bId: number): boolean {
  return a.kind(aId) === b.kind(bId) && a.vlen(aId) === b.vlen(bId) && a.kflag(aId) === b.kflag(bId)
}

function kindText(btf: Btf, id: number): string {
  return kindNames[btf.kind(id)] ?? 'UNKNOWN'
}

/** btf_check_func_type_match. */
function matchFuncs(env: LoadEnv, a: Func, b: Func): void {
  const no = (text: string): void => {
    refuse(env, Errno.EINVAL, `${text}\n`)
  }
  const [aCount, bCount] = [a.btf.vlen(a.proto), b.btf.vlen(b.proto)]
  if (aCount !== bCount) no(`${a.name}() has ${aCount} args while ${b.name}() has ${bCount} args`)
  const [aRet, bRet] = [a, b].map(({ btf, proto }) => btf.skipModsAndTypedefs(btf.type(proto))) as [number, number]
  if (!sameInfo(a.btf, aRet, b.btf, bRet)) {
    const theirs = `type ${kindText(b.btf, bRet)} of ${b.name}()`
    no(`Return type ${kindText(a.btf, aRet)} of ${a.name}() doesn't match ${theirs}`)
  }
  for (let i = 0; i < aCount; i++) matchArg(a, b, i, no)
}

function matchArg(a: Func, b: Func, i: number, no: (text: string) => void): void {
  const at = a.btf.skipModsAndTypedefs(a.btf.paramType(a.proto, i))
  const bt = b.btf.skipModsAndTypedefs(b.btf.paramType(b.proto, i))
  const kind = a.btf.kind(at)
  if (!sameInfo(a.btf, at, b.btf, bt)) {
    no(`arg${i} in ${a.name}() is ${kindText(a.btf, at)} while ${b.name}() has ${kindText(b.btf, bt)}`)
  }
  if (sized.has(kind) && a.btf.size(at) !== b.btf.size(bt)) {
    no(`arg${i} in ${a.name}() has size ${a.btf.size(at)} while ${b.name}() has ${b.btf.size(bt)}`)
  }
  if (kind === Kind.INT || kind === Kind.ENUM || kind === Kind.ENUM64) return
  if (kind !== Kind.PTR) no(`arg${i} in ${a.name}() has unrecognized type`)
  const [aTo, bTo] = [a.btf.skipModsAndTypedefs(a.btf.type(at)), b.btf.skipModsAndTypedefs(b.btf.type(bt))]
  if (!isStruct(a.btf, aTo)) no(`arg${i} in ${a.name}() is not a pointer to context`)
  if (!isStruct(b.btf, bTo)) no(`arg${i} in ${b.name}() is not a pointer to context`)
  const [aName, bName] = [a.btf.name(aTo), b.btf.name(bTo)]
  if (aName !== bName) no(`arg${i} ${a.name}(struct ${aName} *) doesn't match ${b.name}(struct ${bName} *)`)
}

function isStruct(btf: Btf, id: number): boolean {
  return btf.kind(id) === Kind.STRUCT || btf.kind(id) === Kind.UNION
}
