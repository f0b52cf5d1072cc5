import { Kind } from '../../btf/btf.ts'
import type { BtfEnv } from './env.ts'
import { isSourceOnly } from './env.ts'
import { badType } from './log-type.ts'
import { isIdentifier } from './names.ts'

/** What functions take and give back. */

/** Resolves a type that isn't resolved yet. */
interface Resolves {
  resolve(t: number, id: number): void
}

/** btf_func_proto_check. @throws KernelError. */
export function checkFuncProto(env: BtfEnv, t: number, resolver: Resolves): void {
  const returned = env.sizeOrType(t)
  if (returned !== 0) checkValue(env, t, returned, 'Invalid return type', resolver)
  let count = env.vlen(t)
  if (count === 0) return
  const nameOff = (i: number) => env.word(t, 3 + i * 2)
  const type = (i: number) => env.word(t, 4 + i * 2)
  if (type(count - 1) === 0) {
    if (nameOff(count - 1)) badType(env, t, `Invalid arg#${count}`)
    count--
  }
  for (let i = 0; i < count; i++) {
    const name = nameOff(i)
    const text = `Invalid arg#${i + 1}`
    const arg = env.byId(type(i))
    if (arg === undefined || isSourceOnly(env.kind(arg))) badType(env, t, text)
    if (name && (!env.hasString(name) || !isIdentifier(env.strings, name))) badType(env, t, text)
    checkValue(env, t, type(i), text, resolver)
  }
}

/** What is passed must be there and must have a size. */
function checkValue(env: BtfEnv, t: number, id: number, text: string, resolver: Resolves): void {
  const value = env.byId(id)
  if (value === undefined || isSourceOnly(env.kind(value))) badType(env, t, text)
  resolver.resolve(value, id)
  if (!env.idSize(id)) badType(env, t, text)
}

/** btf_func_check: a function has a prototype, whose parameters have names. */
export function checkFunc(env: BtfEnv, t: number): void {
  const proto = env.byId(env.sizeOrType(t))
  if (proto === undefined || env.kind(proto) !== Kind.FUNC_PROTO) badType(env, t, 'Invalid type_id')
  const count = env.vlen(proto)
  for (let i = 0; i < count; i++) {
    if (!env.word(proto, 3 + i * 2) && env.word(proto, 4 + i * 2)) badType(env, t, `Invalid arg#${i + 1}`)
  }
}
