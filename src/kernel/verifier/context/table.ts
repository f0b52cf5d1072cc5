import type { Field } from '../../progs/context-fields.ts'
import { byByte } from '../../progs/context-fields.ts'
import { Access, RegType } from '../types.ts'
import type { AccessInfo, ContextOps } from './access.ts'
import { narrowOk } from './access.ts'

/** Contexts whose rules are a table: what may be done with each field. A field without a row isn't there. */
export interface FieldRule {
  /**
   * How much of it may be loaded: a whole word; any part of one; a part that begins where the field does; a word, its
   * parts, or two words of an address at once. Fields of eight bytes are one word.
   */
  readonly read?: 'whole' | 'narrow' | 'start' | 'wide'
  /** Whole words of it may be stored (of an address two at once, where those may be loaded). */
  readonly write?: boolean
  /** RegType of what a load gives. */
  readonly gives?: number
  /** Expected attach types of programs that see it; all where this is left out. */
  readonly only?: readonly number[]
  /** Those that may write it. */
  readonly writers?: readonly number[]
  /** The smallest part that may be loaded. */
  readonly least?: number
}

/** Rules by field; a key may name many. */
export type Rules = Readonly<Record<string, FieldRule>>

/** A context of fields that the kernel keeps elsewhere. */
export function tableOps(fields: readonly Field[], rules: Rules): ContextOps {
  const bytes = byByte(fields)
  const byName = new Map(
    Object.entries(rules).flatMap(([names, rule]) => names.split(' ').map((name) => [name, rule] as const)),
  )
  return {
    converts: true,
    isValidAccess(env, off, size, access, info) {
      const field = bytes[off]
      const rule = field && byName.get(field.name)
      if (!rule || off % size !== 0) return false
      const attach = env.input.expectedAttachType
      if (rule.only && !rule.only.includes(attach)) return false
      if (access === Access.WRITE) {
        return rule.write === true && (rule.writers?.includes(attach) ?? true) && isWhole(field, rule, off, size)
      }
      info.regType = rule.gives ?? RegType.SCALAR_VALUE
      return readOk(field, rule, off, size, info)
    },
  }
}

/** Bytes of what is loaded at once: fields of more bytes are arrays of words. */
function unitOf({ size }: Field): number {
  return size === 8 ? 8 : Math.min(size, 4)
}

function isWhole(field: Field, rule: FieldRule, off: number, size: number): boolean {
  return size === unitOf(field) || isWide(field, rule, off, size)
}

/** bpf_ctx_wide_access_ok: of an address of four words. */
function isWide({ offset, size: all }: Field, { read }: FieldRule, off: number, size: number): boolean {
  return read === 'wide' && all === 16 && size === 8 && off + size <= offset + all
}

function readOk(field: Field, rule: FieldRule, off: number, size: number, info: AccessInfo): boolean {
  const unit = unitOf(field)
  switch (rule.read) {
    case 'whole':
      return size === unit
    case 'start':
      if (off !== field.offset) return false
      break
    case 'narrow':
    case 'wide':
      break
    default:
      return false
  }
  if (size < (rule.least ?? 1)) return false
  info.ctxFieldSize = unit
  return isWide(field, rule, off, size) || narrowOk(size, unit)
}
