import { Kind } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import type { BtfEnv } from './env.ts'
import { isModifier, isSourceOnly, isStructOrUnion, needsResolve } from './env.ts'
import { checkFunc, checkFuncProto } from './func.ts'
import { badType, logMember, logVariable } from './log-type.ts'
import { checkMember } from './member.ts'

/**
 * Follows each type to what it is made of, depth first and without recursion, until all have a size (btf_resolve). A
 * pointer ends a struct's way, and a struct a pointer's, so that only real circles are refused.
 */

const MAX_DEPTH = 32

/** enum visit_state. */
const VISITED = 1
const RESOLVED = 2

/** enum resolve_mode: which types end the way. */
type Mode = 'undecided' | 'pointer' | 'structOrArray'

/** btf_check_all_types. @throws KernelError. */
export function resolveAll(env: BtfEnv): void {
  const resolver = new Resolver(env)
  env.resolvedIds = new Uint32Array(env.count)
  env.resolvedSizes = new Uint32Array(env.count)
  env.resolving = true
  for (let id = 1; id < env.count; id++) {
    const t = env.offsets[id] as number
    env.logTypeId = id
    resolver.resolve(t, id)
    if (env.kind(t) === Kind.FUNC_PROTO) checkFuncProto(env, t, resolver)
  }
}

/** The stack of types on the way (struct resolve_vertex). */
export class Resolver {
  readonly #env: BtfEnv
  readonly #states: Uint8Array
  readonly #types = new Int32Array(MAX_DEPTH)
  readonly #ids = new Int32Array(MAX_DEPTH)
  /** The element of the type with which its way goes on. */
  readonly #next = new Int32Array(MAX_DEPTH)
  #top = 0
  #mode: Mode = 'undecided'

  constructor(env: BtfEnv) {
    this.#env = env
    this.#states = new Uint8Array(env.count)
  }

  /** btf_resolve, for what isn't resolved yet. @throws KernelError. */
  resolve(t: number, id: number): void {
    const env = this.#env
    if (!needsResolve(env.kind(t)) || this.#states[id] === RESOLVED) return
    const logTypeId = env.logTypeId
    this.#mode = 'undecided'
    let errno = this.#push(t, id)
    while (errno === 0 && this.#top > 0) {
      const at = this.#top - 1
      env.logTypeId = this.#ids[at] as number
      errno = this.#step(this.#types[at] as number, this.#next[at] as number)
    }
    env.logTypeId = id
    if (errno === Errno.E2BIG) badType(env, t, `Exceeded max resolving depth:${MAX_DEPTH}`, errno)
    if (errno === Errno.EEXIST) badType(env, t, 'Loop detected', errno)
    if (!this.#isValid(t, id)) badType(env, t, 'Invalid resolve state')
    env.logTypeId = logTypeId
  }

  /** env_stack_push. @returns 0 or an errno. */
  #push(t: number, id: number): number {
    if (this.#top === MAX_DEPTH) return Errno.E2BIG
    if (this.#states[id] !== 0) return Errno.EEXIST
    this.#states[id] = VISITED
    this.#types[this.#top] = t
    this.#ids[this.#top] = id
    this.#next[this.#top] = 0
    this.#top++
    if (this.#mode !== 'undecided') return 0
    const kind = this.#env.kind(t)
    if (kind === Kind.PTR) this.#mode = 'pointer'
    else if (isStructOrUnion(kind) || kind === Kind.ARRAY) this.#mode = 'structOrArray'
    return 0
  }

  /** env_stack_pop_resolved. */
  #pop(resolvedId: number, size: number): number {
    const env = this.#env
    const id = this.#ids[--this.#top] as number
    env.resolvedIds[id] = resolvedId
    env.resolvedSizes[id] = size
    this.#states[id] = RESOLVED
    return 0
  }

  /** env_type_is_resolve_sink. */
  #isSink(t: number): boolean {
    const kind = this.#env.kind(t)
    if (this.#mode === 'undecided') return !needsResolve(kind)
    if (isModifier(kind)) return false
    return this.#mode === 'pointer' ? kind !== Kind.PTR : kind !== Kind.ARRAY && !isStructOrUnion(kind)
  }

  #mustGoOn(t: number, id: number): boolean {
    return !this.#isSink(t) && this.#states[id] !== RESOLVED
  }

  /** btf_kind_operations.resolve. @returns 0 or what env_stack_push gave. */
  #step(t: number, next: number): number {
    switch (this.#env.kind(t)) {
      case Kind.ARRAY:
        return this.#array(t)
      case Kind.STRUCT:
      case Kind.UNION:
        return this.#struct(t, next)
      case Kind.VAR:
        return this.#reference(t, false)
      case Kind.DATASEC:
        return this.#section(t, next)
      case Kind.DECL_TAG:
        return this.#tag(t)
      case Kind.FUNC:
        checkFunc(this.#env, t)
        return this.#pop(this.#env.sizeOrType(t), 0)
      default:
        return this.#reference(t, true)
    }
  }

  /**
   * btf_modifier_resolve, btf_ptr_resolve and btf_var_resolve.
   * @param mayLackSize whether it may be of void, of a declared struct or of a function.
   */
  #reference(t: number, mayLackSize: boolean): number {
    const env = this.#env
    let id = env.sizeOrType(t)
    let target = env.byId(id)
    if (target === undefined || isSourceOnly(env.kind(target))) badType(env, t, 'Invalid type_id')
    if (this.#mustGoOn(target, id)) return this.#push(target, id)
    // A modifier that was resolved on a struct's way may have stopped at a pointer, which goes on from here.
    if (!isModifier(env.kind(t)) && isModifier(env.kind(target))) {
      const resolvedId = env.resolvedIds[id] as number
      const resolved = env.byId(resolvedId)
      if (resolved !== undefined && env.kind(resolved) === Kind.PTR && this.#mustGoOn(resolved, resolvedId)) {
        return this.#push(resolved, resolvedId)
      }
    }
    const sized = env.idSize(id)
    if (sized) return this.#pop(sized.id, 0)
    if (!mayLackSize) badType(env, t, 'Invalid type_id')
    if (this.#states[id] === RESOLVED) {
      id = env.resolvedIds[id] as number
      target = env.byId(id)
    }
    const kind = target === undefined ? -1 : env.kind(target)
    if (target !== env.voidType && kind !== Kind.FWD && kind !== Kind.FUNC_PROTO) badType(env, t, 'Invalid type_id')
    return this.#pop(id, 0)
  }

  /** btf_array_resolve. */
  #array(t: number): number {
    const env = this.#env
    const indexId = env.word(t, 4)
    const index = env.byId(indexId)
    if (index === undefined || env.hasNoSize(index) || isSourceOnly(env.kind(index))) badType(env, t, 'Invalid index')
    if (this.#mustGoOn(index, indexId)) return this.#push(index, indexId)
    const indexType = env.idSize(indexId)
    if (!indexType || env.kind(indexType.t) !== Kind.INT || !env.isRegularInt(indexType.t))
      badType(env, t, 'Invalid index')

    const elemId = env.word(t, 3)
    const elem = env.byId(elemId)
    if (elem === undefined || env.hasNoSize(elem) || isSourceOnly(env.kind(elem))) badType(env, t, 'Invalid elem')
    if (this.#mustGoOn(elem, elemId)) return this.#push(elem, elemId)
    const elemType = env.idSize(elemId)
    if (!elemType) badType(env, t, 'Invalid elem')
    if (env.kind(elemType.t) === Kind.INT && !env.isRegularInt(elemType.t)) badType(env, t, 'Invalid array of int')
    const size = elemType.size * env.word(t, 5)
    if (size > 0xffffffff) badType(env, t, 'Array size overflows U32_MAX')
    return this.#pop(elemType.id, size)
  }

  /** btf_struct_resolve. */
  #struct(t: number, next: number): number {
    const env = this.#env
    const count = env.vlen(t)
    if (next > 0) {
      const last = t + next * 3
      const id = env.word(last, 1)
      checkMember(env, t, last, id, env.byId(id) as number)
    }
    for (let i = next; i < count; i++) {
      const member = t + 3 + i * 3
      const id = env.word(member, 1)
      const type = env.byId(id)
      if (type === undefined || env.hasNoSize(type) || isSourceOnly(env.kind(type))) {
        logMember(env, t, member, id, 'Invalid member')
        throw new KernelError(Errno.EINVAL)
      }
      if (this.#mustGoOn(type, id)) {
        this.#next[this.#top - 1] = i + 1
        return this.#push(type, id)
      }
      checkMember(env, t, member, id, type)
    }
    return this.#pop(0, 0)
  }

  /** btf_datasec_resolve. */
  #section(t: number, next: number): number {
    const env = this.#env
    const count = env.vlen(t)
    this.#mode = 'undecided'
    for (let i = next; i < count; i++) {
      const variable = t + 3 + i * 3
      const no = (text: string) => {
        logVariable(env, t, variable, text)
        throw new KernelError(Errno.EINVAL)
      }
      const id = env.word(variable, 0)
      const type = env.byId(id)
      if (type === undefined || env.kind(type) !== Kind.VAR) return no('Not a VAR kind member')
      if (this.#mustGoOn(type, id)) {
        this.#next[this.#top - 1] = i + 1
        return this.#push(type, id)
      }
      const sized = env.idSize(env.sizeOrType(type))
      if (!sized) return no('Invalid type')
      if (env.word(variable, 2) < sized.size) no('Invalid size')
    }
    return this.#pop(0, 0)
  }

  /** btf_decl_tag_resolve. */
  #tag(t: number): number {
    const env = this.#env
    const id = env.sizeOrType(t)
    const target = env.byId(id)
    if (target === undefined) badType(env, t, 'Invalid type_id')
    const kind = env.kind(target)
    const isComposite = isStructOrUnion(kind)
    const named = kind === Kind.VAR || kind === Kind.TYPEDEF
    if (!isComposite && !named && kind !== Kind.FUNC) badType(env, t, 'Invalid type_id')
    if (this.#mustGoOn(target, id)) return this.#push(target, id)
    const component = env.word(t, 3)
    if ((component | 0) !== -1) {
      if (named) badType(env, t, 'Invalid component_idx')
      const owner = isComposite ? target : (env.byId(env.sizeOrType(target)) as number)
      if (component >= env.vlen(owner)) badType(env, t, 'Invalid component_idx')
    }
    return this.#pop(id, 0)
  }

  /** btf_resolve_valid. */
  #isValid(t: number, id: number): boolean {
    const env = this.#env
    if (this.#states[id] !== RESOLVED) return false
    const kind = env.kind(t)
    const resolvedId = env.resolvedIds[id] as number
    const size = env.resolvedSizes[id] as number
    if (isStructOrUnion(kind) || kind === Kind.DATASEC) return resolvedId === 0 && size === 0
    if (kind === Kind.DECL_TAG || kind === Kind.FUNC) return resolvedId !== 0 && size === 0
    if (kind === Kind.ARRAY) {
      const elem = env.idSize(env.word(t, 3))
      return elem !== undefined && !isModifier(env.kind(elem.t)) && Math.imul(env.word(t, 5), elem.size) >>> 0 === size
    }
    const resolved = env.byId(resolvedId)
    if (resolved === undefined) return false
    const target = env.kind(resolved)
    return !isModifier(target) && target !== Kind.VAR && target !== Kind.DATASEC
  }
}
