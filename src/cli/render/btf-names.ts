import { NR_BTF_KINDS, kindNames } from '../../btf/kinds.ts'

/** btf_kind_str. */
export function kindName(kind: number): string {
  return kindNames[kind < NR_BTF_KINDS ? kind : 0] as string
}

/** btf_int_enc_str: it knows single encodings only. */
export function intEncodingName(encoding: number): string {
  if (encoding === 0) return '(none)'
  return encoding === 1 ? 'SIGNED' : encoding === 2 ? 'CHAR' : encoding === 4 ? 'BOOL' : 'UNKN'
}

/** btf_var_linkage_str and btf_func_linkage_str. */
export function linkageName(linkage: number): string {
  return linkage === 0 ? 'static' : linkage === 1 ? 'global' : linkage === 2 ? 'extern' : '(unknown)'
}
