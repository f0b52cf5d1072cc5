import type { Btf } from '../../../btf/btf.ts'
import type { VerifierEnv } from '../env.ts'
import { RegType } from '../types.ts'

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

/** What nothing is known of yet. */
export function newAccessInfo(isLdsx: boolean): AccessInfo {
  return {
    regType: RegType.SCALAR_VALUE,
    isLdsx,
    ctxFieldSize: 0,
    btf: undefined,
    btfId: 0,
    refObjId: 0,
    isRetval: false,
  }
}

export interface ContextOps {
  /** @param access Access.READ or WRITE. @returns false for an access that isn't allowed. */
  isValidAccess(env: VerifierEnv, off: number, size: number, access: number, info: AccessInfo): boolean
  /** Loads and stores are rewritten (convert_ctx_access): the context has no size that a helper could check. */
  readonly converts: boolean
}

/** bpf_ctx_narrow_access_ok. */
export function narrowOk(size: number, fieldSize: number): boolean {
  return size <= fieldSize && (size & (size - 1)) === 0
}
