import type { Btf } from '../../../btf/btf.ts'
import type { VerifierEnv } from '../env.ts'

/**
 * What a load or store of the context gives, and whether it may be made (struct bpf_insn_access_aux and
 * is_valid_access). Each family of program types is one file with its table of fields; `index.ts` says which type has
 * which.
 */

/** Filled by isValidAccess. */
export interface AccessInfo {
  /** RegType with flags: what a load gives. SCALAR_VALUE where nothing else is said. */
  regType: number
  readonly isLdsx: boolean
  /** Bytes of the field that a narrower load is a part of; 0 where the whole must be loaded. */
  ctxFieldSize: number
  btf: Btf | undefined
  btfId: number
  refObjId: number
  /** It's the return value of the function that the program is attached to. */
  isRetval: boolean
}

export interface ContextOps {
  /** @param access Access.READ or WRITE. @returns false for an access that isn't allowed. */
  isValidAccess(env: VerifierEnv, off: number, size: number, access: number, info: AccessInfo): boolean
  /** Loads and stores are rewritten (convert_ctx_access): the context has no size that a helper could check. */
  readonly converts: boolean
  /** Which fields of a kernel's struct may be written (btf_struct_access). */
  structWrite?(env: VerifierEnv, struct: string, off: number, size: number): boolean
}

/** A field of a context as programs see it. The rewrites read the same rows. */
export interface Field {
  readonly name: string
  readonly offset: number
  readonly size: number
}

/** Rows `name:size`, one after the other without gaps; `-` is padding. */
export function layout(rows: string): Field[] {
  let offset = 0
  return rows
    .trim()
    .split(/\s+/)
    .map((row) => {
      const [name = '', size = ''] = row.split(':')
      const field = { name, offset, size: Number(size) }
      offset += field.size
      return field
    })
}

/** A table of the field that each byte belongs to. */
export function byByte(fields: readonly Field[]): readonly Field[] {
  return fields.flatMap((field) => new Array<Field>(field.size).fill(field))
}

/** bpf_ctx_narrow_access_ok. */
export function narrowOk(size: number, fieldSize: number): boolean {
  return size <= fieldSize && (size & (size - 1)) === 0
}
