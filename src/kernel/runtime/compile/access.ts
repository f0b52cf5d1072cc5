import { MapType } from '../../../uapi/map-type.ts'
import { GRANT_WRITE } from '../../helpers/impl/grants.ts'
import { progRights } from '../../helpers/impl/maps.ts'
import type { MapRecord } from '../../objects/records.ts'
import type { ContextField } from './context.ts'
import { contextField } from './context.ts'
import type { CompileInput } from './program.ts'
import type { Value } from './values.ts'
import { STACK_SIZE } from '../limits.ts'

/** How a memory access is made. */
export type Access =
  /** It's in the stack, at r10 plus this. */
  | { readonly kind: 'frame'; readonly off: number }
  /** It's in memory that the program may touch. */
  | { readonly kind: 'plain' }
  /** It's a field in the run's block. */
  | { readonly kind: 'context'; readonly field: ContextField }
  /** That's found out when it's made. */
  | { readonly kind: 'checked' }

const CHECKED: Access = { kind: 'checked' }
const PLAIN: Access = { kind: 'plain' }

/** Maps in which a program finds bytes of its own: `valueSize` of them. */
const hasPlainValues: ReadonlySet<number> = new Set([
  MapType.HASH,
  MapType.ARRAY,
  MapType.PERCPU_HASH,
  MapType.PERCPU_ARRAY,
  MapType.LRU_HASH,
  MapType.LRU_PERCPU_HASH,
  MapType.LPM_TRIE,
])

/** Whether a lookup in the map gives the address of a value, or NULL. */
export function givesValues(record: MapRecord | undefined): record is MapRecord {
  return record !== undefined && hasPlainValues.has(record.type)
}

/**
 * What is known of an access before it's made.
 *
 * @param base the register that's added to `off`.
 * @param rights GRANT_READ, GRANT_WRITE, or both.
 * @param frames how many callers' frames lie above this function's own, at least.
 */
export function findAccess(
  input: CompileInput,
  frames: number,
  base: Value,
  off: number,
  size: number,
  rights: number,
): Access {
  switch (base.kind) {
    case 'stack': {
      const from = base.off + off
      if (from < -STACK_SIZE || from + base.span + size > STACK_SIZE * frames) return CHECKED
      return base.span === 0 ? { kind: 'frame', off: from } : PLAIN
    }
    case 'value': {
      const record = input.map(base.mapId)
      if (base.id !== 0 || !record) return CHECKED
      const from = base.off + off
      const fits = from >= 0 && from + base.span + size <= (base.size ?? record.valueSize)
      return fits && (progRights(record) & rights) === rights ? PLAIN : CHECKED
    }
    case 'packet': {
      const from = base.off + off
      return from >= 0 && from + size <= base.range ? PLAIN : CHECKED
    }
    case 'context': {
      const field = contextField(input.progType, base.off + off, size, (rights & GRANT_WRITE) !== 0)
      return field ? { kind: 'context', field } : CHECKED
    }
    default:
      return CHECKED
  }
}
