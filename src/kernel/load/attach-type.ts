import { ProgType } from '../../uapi/prog-type.ts'
import { progTypeRow } from '../progs/types.ts'

/** BTF_MAX_TYPE: no type id is higher. */
const BTF_MAX_TYPE = 0xfffff

/** bpf_prog_load_fixup_attach_type: old programs gave no attach type where there was only one. */
export function fixedAttachType(type: number, given: number): number {
  return given === 0 ? (progTypeRow(type)?.defaultAttachType ?? 0) : given
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
export function mayAttach({ type, expectedAttachType, attachBtfId, toBtf, toProg }: AttachRequest): boolean {
  const row = progTypeRow(type)
  if (attachBtfId > BTF_MAX_TYPE) return false
  if (attachBtfId && ((!toBtf && !toProg) || !row?.attachesToBtf)) return false
  if (toBtf && (!attachBtfId || toProg)) return false
  if (toProg && type !== ProgType.TRACING && type !== ProgType.EXT) return false
  return row?.attachTypes?.includes(expectedAttachType) ?? true
}
