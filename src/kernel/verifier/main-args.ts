import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { kindNames } from '../../btf/kinds.ts'
import type { VerifierEnv } from './env.ts'
import { isProgContext } from './prog-context.ts'
import { facts } from './versions.ts'

const MAX_ARGS = 5

/**
 * How kernels before 6.8 compare the main function's prototype with the only argument that it has, the context
 * (btf_check_subprog_arg_match). What doesn't fit isn't refused: its types aren't trusted.
 */
export function isMainOfContext(env: VerifierEnv): boolean {
  const { input } = env
  const { btf } = input
  const typeId = input.funcInfo[0]?.typeId
  if (!btf || !typeId || btf.kind(typeId) !== Kind.FUNC) return false
  const proto = btf.type(typeId)
  if (btf.kind(proto) !== Kind.FUNC_PROTO) return false
  const count = btf.vlen(proto)
  if (count > MAX_ARGS) {
    env.verbose(`Function ${btf.name(typeId)} has ${count} > ${MAX_ARGS} args\n`)
    return false
  }
  for (let i = 0; i < count; i++) if (!fits(env, btf, typeId, btf.paramType(proto, i), i)) return false
  return true
}

/** Only r1 holds something when the walk begins. */
function fits(env: VerifierEnv, btf: Btf, func: number, param: number, i: number): boolean {
  const type = btf.skipModsAndTypedefs(param)
  const kind = btf.kind(type)
  if (kind === Kind.INT || kind === Kind.ENUM) {
    env.verbose(`R${i + 1} is not a scalar\n`)
    return false
  }
  if (kind === Kind.PTR) {
    if (isProgContext(btf, type, env.input.resolvedType)) {
      if (i === 0) return true
      env.verbose(`arg#${i} expected pointer to ctx, but got ?\n`)
      return false
    }
    if (facts.pointersToGlobals) {
      env.verbose(`reg type unsupported for arg#${i} function ${btf.name(func)}#${func}\n`)
      return false
    }
    const target = btf.kind(btf.skipModsAndTypedefs(btf.type(type)))
    if (target !== Kind.STRUCT && target !== Kind.UNION) env.verbose(`arg#${i} type is not a struct\n`)
  }
  env.verbose(`Unrecognized arg#${i} type ${kindNames[kind] ?? 'UNKNOWN'}\n`)
  return false
}
