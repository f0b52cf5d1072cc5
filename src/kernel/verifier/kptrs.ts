import type { VerifierEnv } from './env.ts'
import { notYet } from './env.ts'
import type { SpecialField } from './input.ts'

/** Pointers that map values hold (check_map_kptr_access, process_kptr_func, map_kptr_match_type). */

/** check_map_kptr_access. */
export function checkKptrAccess(
  _env: VerifierEnv,
  _insnIdx: number,
  _regno: number,
  _valueRegno: number,
  _field: SpecialField,
): void {
  notYet('check_map_kptr_access')
}
