import type { Btf } from '../../btf/btf.ts'
import type { SpecialField, VerifierMap } from './input.ts'
import type { Kfunc } from './kfuncs.ts'

/** One call of a kernel function: what its arguments said, for each other and for the result. */
export interface KfuncMeta {
  readonly kfunc: Kfunc
  refObjId: number
  /** The argument that is given back; 0 for none. */
  releaseRegno: number
  /** The memory that is returned: its size, 0 where no argument says, and whether it may be written. */
  r0Size: number
  r0Rdonly: boolean
  /** bpf_cast_to_kern_ctx: the kernel's context struct. */
  retBtfId: number
  /** The function of the program that it calls back. */
  subprogno: number
  /** The argument that must be a constant (__k, __szk). */
  constFound: boolean
  constHi: number
  constLo: number
  /** The program's own type that an object is of. */
  argBtf: Btf | undefined
  argBtfId: number
  argOwningRef: boolean
  argProg: boolean
  listHead: SpecialField | undefined
  rbtreeRoot: SpecialField | undefined
  /** The dynptr that was there before the call (initialized_dynptr). */
  dynptrType: number
  dynptrId: number
  dynptrRefObjId: number
  iterSpi: number
  iterFrameno: number
  map: VerifierMap | undefined
  mapUid: number
}

export function makeKfuncMeta(kfunc: Kfunc): KfuncMeta {
  return {
    kfunc,
    refObjId: 0,
    releaseRegno: 0,
    r0Size: 0,
    r0Rdonly: false,
    retBtfId: 0,
    subprogno: 0,
    constFound: false,
    constHi: 0,
    constLo: 0,
    argBtf: undefined,
    argBtfId: 0,
    argOwningRef: false,
    argProg: false,
    listHead: undefined,
    rbtreeRoot: undefined,
    dynptrType: 0,
    dynptrId: 0,
    dynptrRefObjId: 0,
    iterSpi: 0,
    iterFrameno: 0,
    map: undefined,
    mapUid: 0,
  }
}
