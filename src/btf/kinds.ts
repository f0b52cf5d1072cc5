/** BTF_KIND_* of <linux/btf.h>. */
export const Kind = {
  UNKN: 0,
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const

export const NR_BTF_KINDS = 20

/** btf_kind_str, as the kernel's messages and bpftool's dumps have it, by number. */
export const kindNames: readonly string[] = [
  'UNKNOWN',
  'INT',
  'PTR',
  'ARRAY',
  'STRUCT',
  'UNION',
  'ENUM',
  'FWD',
  'TYPEDEF',
  'VOLATILE',
  'CONST',
  'RESTRICT',
  'FUNC',
  'FUNC_PROTO',
  'VAR',
  'DATASEC',
  'FLOAT',
  'DECL_TAG',
  'TYPE_TAG',
  'ENUM64',
]

/** BTF_INT_*: an integer's encoding. */
export const IntEncoding = { SIGNED: 1, CHAR: 2, BOOL: 4 } as const

/** BTF_VAR_*: a variable's linkage. */
export const VarLinkage = { STATIC: 0, GLOBAL: 1, EXTERN: 2 } as const

/** BTF_FUNC_*: a function's linkage. */
export const FuncLinkage = { STATIC: 0, GLOBAL: 1, EXTERN: 2 } as const

/** 32-bit words after struct btf_type, by kind: a fixed part, and one for each of vlen elements. */
export const fixedWords = [0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0] as const
export const elementWords = [0, 0, 0, 0, 3, 3, 2, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 0, 0, 3] as const
