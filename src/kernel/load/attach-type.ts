import { ProgType } from '../../uapi/prog-type.ts'
import type { Versioned } from '../profile/release.ts'
import { isSince } from '../profile/release.ts'
import { hasAttachType } from '../profile/uapi-since.ts'
import type { ProgTypeRow } from '../progs/types.ts'
import { progTypeRow } from '../progs/types.ts'

/** BTF_MAX_TYPE: no type id is higher. */
const BTF_MAX_TYPE = 0xfffff

/** bpf_prog_load_fixup_attach_type: old programs gave no attach type where there was only one. */
export function fixedAttachType(kernel: Versioned, type: number, given: number): number {
  const row = given === 0 ? progTypeRow(type) : undefined
  return row && looksAt(kernel, row) ? (row.defaultAttachType ?? 0) : given
}

/** Whether the kernel looks at the expected attach type of programs of the type. */
function looksAt(kernel: Versioned, { attachTypesSince }: ProgTypeRow): boolean {
  return attachTypesSince === undefined || isSince(kernel, attachTypesSince)
}

export interface AttachRequest {
  type: number
  expectedAttachType: number
  attachBtfId: number
  /** Whether there's a BTF, or a program, whose type attachBtfId is. */
  toBtf: boolean
  toProg: boolean
}

/** bpf_prog_load_check_attach. @returns whether the type may be loaded for that attach type and target. */
export function mayAttach(kernel: Versioned, request: AttachRequest): boolean {
  const { type, expectedAttachType, attachBtfId, toBtf, toProg } = request
  const row = progTypeRow(type)
  if (attachBtfId > BTF_MAX_TYPE) return false
  if (attachBtfId && ((!toBtf && !toProg) || !row?.attachesToBtf)) return false
  if (toBtf && (!attachBtfId || toProg)) return false
  if (toProg && type !== ProgType.TRACING && type !== ProgType.EXT) return false
  if (!row?.attachTypes || !looksAt(kernel, row)) return true
  return row.attachTypes.includes(expectedAttachType) && hasAttachType(kernel, expectedAttachType)
}
