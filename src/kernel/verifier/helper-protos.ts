import { helperProto } from '../helpers/access.ts'
import type { ArgType as RowType, HelperProto } from '../helpers/row.ts'
import type { VerifierEnv } from './env.ts'
import { changesPktData } from './func-ids.ts'
import { ArgType, Flag, RetType } from './types.ts'

/** A helper's prototype in the numbers that the walk compares. */
export interface CompiledProto {
  readonly name: string
  readonly gplOnly: boolean
  readonly pktAccess: boolean
  readonly mightSleep: boolean
  readonly allowFastcall: boolean
  readonly allowed: string | undefined
  /** RetType with flags. */
  readonly ret: number
  /** The struct that a returned pointer is to, by name. */
  readonly retBtf: string | undefined
  /** Five of them. */
  readonly args: readonly CompiledArg[]
}

export interface CompiledArg {
  /** ArgType with flags. */
  readonly type: number
  readonly btf: string | undefined
  readonly size: number
}

const UNUSED: CompiledArg = { type: ArgType.DONTCARE, btf: undefined, size: 0 }

/** Names that stand for a type and flags. */
const argAliases: Readonly<Record<string, readonly [name: keyof typeof ArgType, flags: number]>> = {
  PTR_TO_UNINIT_MEM: ['PTR_TO_MEM', Flag.MEM_UNINIT | Flag.MEM_WRITE],
  PTR_TO_FIXED_SIZE_MEM: ['PTR_TO_MEM', Flag.MEM_FIXED_SIZE],
}

const retAliases: Readonly<Record<string, readonly [name: keyof typeof RetType, flags: number]>> = {
  PTR_TO_RINGBUF_MEM: ['PTR_TO_MEM', Flag.MEM_RINGBUF],
  PTR_TO_DYNPTR_MEM: ['PTR_TO_MEM', 0],
}

function compile(
  { base, flags }: RowType,
  types: Readonly<Record<string, number>>,
  aliases: Readonly<Record<string, readonly [name: string, flags: number]>>,
): number {
  let name = base
  let extra = 0
  if (name.endsWith('_OR_NULL')) {
    name = name.slice(0, -'_OR_NULL'.length)
    extra |= Flag.PTR_MAYBE_NULL
  } else if (name.endsWith('_TRUSTED')) {
    name = name.slice(0, -'_TRUSTED'.length)
    extra |= Flag.PTR_TRUSTED
  }
  const alias = aliases[name]
  const type = types[alias?.[0] ?? name]
  if (type === undefined) throw new Error(`unknown type ${base} in a helper's prototype`)
  for (const flag of flags) {
    const bit = Flag[flag as keyof typeof Flag]
    if (bit === undefined) throw new Error(`unknown flag ${flag} in a helper's prototype`)
    extra |= bit
  }
  return type | (alias?.[1] ?? 0) | extra
}

const compiled = new WeakMap<HelperProto, CompiledProto>()

function compileProto(proto: HelperProto): CompiledProto {
  let made = compiled.get(proto)
  if (!made) {
    const args: CompiledArg[] = proto.args.map((arg) => ({
      type: compile(arg, ArgType, argAliases),
      btf: arg.btfType,
      size: arg.size,
    }))
    while (args.length < 5) args.push(UNUSED)
    const { name, gplOnly, pktAccess, mightSleep, allowFastcall, allowed, ret } = proto
    made = {
      name,
      gplOnly,
      pktAccess,
      mightSleep,
      allowFastcall,
      allowed,
      ret: compile(ret, RetType, retAliases),
      retBtf: ret.btfType,
      args,
    }
    compiled.set(proto, made)
  }
  return made
}

const perEnv = new WeakMap<VerifierEnv, Map<number, CompiledProto | undefined>>()

/** get_helper_proto: how this program may call a helper; undefined where it may not. */
export function helperOf(env: VerifierEnv, id: number): CompiledProto | undefined {
  let known = perEnv.get(env)
  if (!known) perEnv.set(env, (known = new Map<number, CompiledProto | undefined>()))
  if (known.has(id)) return known.get(id)
  const { input } = env
  const proto = helperProto(
    {
      type: input.resolvedType,
      expectedAttachType: input.expectedAttachType,
      sleepable: input.sleepable,
      attachFuncName: input.attach.funcName,
      opsName: input.attach.opsName,
      kernel: env.kernel,
      rights: { bpfCapable: env.bpfCapable, perfmon: env.allowPtrLeaks, sysAdmin: input.capabilities.sysAdmin },
    },
    id,
  )
  const found = proto && compileProto(proto)
  known.set(id, found)
  return found
}

export function helperChangesPktData(id: number): boolean {
  return changesPktData.has(id)
}
