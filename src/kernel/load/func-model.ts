import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import { kindNames } from '../../btf/kinds.ts'
import { refuse } from '../log.ts'
import type { LoadEnv } from './env.ts'

const MAX_FUNC_ARGS = 12
const MAX_ARG_SIZE = 16
const POINTER_SIZE = 8

/** btf_distill_func_proto: whether a trampoline can pass a function's arguments on. @param proto its FUNC_PROTO. */
export function checkFuncModel(env: LoadEnv, btf: Btf, proto: number, name: string): void {
  const no = (text: string) => {
    refuse(env, Errno.EINVAL, `The function ${name} ${text}\n`)
  }
  const count = btf.vlen(proto)
  if (count > MAX_FUNC_ARGS) no(`has ${count} arguments. Too many.`)
  const returned = btf.skipModsAndTypedefs(btf.type(proto))
  if (sizeOf(btf, returned) === undefined || isStruct(btf, returned)) {
    no(`return type ${kindNames[btf.kind(returned)]} is unsupported.`)
  }
  for (let i = 0; i < count; i++) {
    if (i === count - 1 && btf.paramType(proto, i) === 0) no('with variable args is unsupported.')
    const type = btf.skipModsAndTypedefs(btf.paramType(proto, i))
    const size = sizeOf(btf, type)
    if (size === undefined || size > MAX_ARG_SIZE) no(`arg${i} type ${kindNames[btf.kind(type)]} is unsupported.`)
    if (size === 0) no('has malformed void argument.')
  }
}

function isStruct(btf: Btf, type: number): boolean {
  return btf.kind(type) === Kind.STRUCT || btf.kind(type) === Kind.UNION
}

/** __get_type_size: 0 for void, undefined for what can't be passed. */
function sizeOf(btf: Btf, type: number): number | undefined {
  switch (btf.kind(type)) {
    case Kind.UNKN:
      return 0
    case Kind.PTR:
      return POINTER_SIZE
    case Kind.INT:
    case Kind.ENUM:
    case Kind.ENUM64:
    case Kind.STRUCT:
    case Kind.UNION:
      return btf.size(type)
    default:
      return undefined
  }
}
