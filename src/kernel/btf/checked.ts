import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { elementWords, fixedWords } from '../../btf/kinds.ts'
import { VerifierLog } from '../log.ts'
import type { FieldKernel } from './dtors.ts'
import { BtfEnv, POINTER_SIZE, isModifier } from './env.ts'
import { parseSections } from './header.ts'
import { StructMetas } from './struct-metas.ts'

const checked = new WeakMap<Btf, CheckedBtf>()

/**
 * Records of the structs with special fields in BTF that a program brought; undefined for the kernel's own, whose
 * structs nobody allocates.
 */
export function structMetasOf(types: Btf): StructMetas | undefined {
  return checked.get(types)?.structMetas
}

/**
 * BTF that passed the kernel's checks, as the rest of the kernel asks about it (struct btf). What was resolved while it
 * was checked is not kept: a type's size is as quickly found again.
 */
export class CheckedBtf {
  readonly types: Btf
  readonly #kernel: FieldKernel
  #metas: StructMetas | undefined

  constructor(types: Btf, kernel: FieldKernel) {
    this.types = types
    this.#kernel = kernel
    checked.set(types, this)
  }

  /** Records of all structs that have special fields. @throws KernelError, only while the BTF is checked. */
  get structMetas(): StructMetas {
    return (this.#metas ??= new StructMetas(this.types, this.#kernel))
  }

  /** btf_type_id_size: what is behind modifiers and variables, and its size; undefined for what has none. */
  idSize(id: number): { id: number; size: number } | undefined {
    const { types } = this
    if (!types.has(id)) return undefined
    const target = isModifier(types.kind(id)) || types.kind(id) === Kind.VAR ? this.#resolve(id) : id
    const size = this.#size(target)
    return size === undefined ? undefined : { id: target, size }
  }

  #resolve(id: number): number {
    const { types } = this
    let kind = types.kind(id)
    while (isModifier(kind) || kind === Kind.VAR) {
      id = types.type(id)
      kind = types.kind(id)
    }
    return id
  }

  #size(id: number): number | undefined {
    const { types } = this
    let elements = 1
    for (;;) {
      switch (types.kind(id)) {
        case Kind.INT:
        case Kind.STRUCT:
        case Kind.UNION:
        case Kind.ENUM:
        case Kind.DATASEC:
        case Kind.FLOAT:
        case Kind.ENUM64:
          return elements * types.size(id)
        case Kind.PTR:
          return elements * POINTER_SIZE
        case Kind.ARRAY:
          elements *= types.arrayLength(id)
          id = this.#resolve(types.arrayElem(id))
          break
        default:
          return undefined
      }
    }
  }
}

/** BTF that is about to pass. */
export function checkedBtf(types: Btf, kernel: FieldKernel): CheckedBtf {
  return new CheckedBtf(types, kernel)
}

/** BTF that passed some time ago. */
export function openChecked(bytes: Uint8Array, kernel: FieldKernel): CheckedBtf {
  const env = new BtfEnv(new VerifierLog(0, 0), parseSections(new VerifierLog(0, 0), bytes))
  for (let t = 0; t * 4 < env.typeLen;) {
    env.add(t)
    const kind = env.kind(t)
    t += 3 + (fixedWords[kind] as number) + (elementWords[kind] as number) * env.vlen(t)
  }
  return new CheckedBtf(env.finish(), kernel)
}
