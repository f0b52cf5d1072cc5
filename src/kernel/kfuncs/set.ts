/** The program that wants to call a kernel function, as far as the sets' filters look at it. */
export interface KfuncProg {
  /** The version of Linux that its kernel is built from. */
  readonly linux: string
  readonly type: number
  /** Its target's type, for an extension. */
  readonly resolvedType: number
  readonly expectedAttachType: number
  /** The operations struct of a STRUCT_OPS program, and which of its members the program is. */
  readonly opsName: string | undefined
  readonly opsMember: string | undefined
}

/** What register_btf_kfunc_id_set was given: functions, and the programs that may call them. */
export interface KfuncSet {
  /** Program types that it's registered for; UNSPEC: all of them. */
  readonly types: readonly number[]
  /**
   * A line for each function: its name, KF_* without the prefix, and which kernels have it so: `7.2+` those from 7.2 on,
   * `<7.2` those before. Others don't have it in this set; flags that a kernel doesn't know say nothing to it.
   */
  readonly rows: string
  /** Which kernels have the set, as in rows; all of them without. */
  readonly kernels?: string
  /** Whether a program may call one of them, beyond what its type says. */
  readonly filter?: (prog: KfuncProg, name: string) => boolean
  /** The first version that asks the filter. */
  readonly filterSince?: string
}
