import { AttachType } from '../../uapi/attach-type.ts'
import { helperNames } from '../../uapi/helper-names.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { progTypes } from '../progs/types.ts'
import { HELPER_MAX_ID, helperProto, protoByName } from './access.ts'
import { families } from './families.ts'
import type { HelperProto } from './row.ts'

/** One helper: its number, its name and its prototypes, one or several. */
export interface HelperRow {
  readonly id: number
  /** Without the prefix `bpf_`. */
  readonly name: string
  readonly protos: readonly HelperProto[]
}

/** A helper's row, or undefined for a number that no helper has. */
export function helperRow(id: number): HelperRow | undefined {
  const name = helperNames[id]
  if (name === undefined || id === 0) return undefined
  const names = new Set<string>()
  for (const { helpers } of Object.values(families)) {
    for (const words of Object.values(helpers)) {
      for (const word of words.trim().split(/\s+/)) {
        const [helper, proto = word] = word.split(':')
        if (helper === name) names.add(proto)
      }
    }
  }
  const protos = [...names].map(protoByName).filter((proto) => proto !== undefined)
  return { id, name, protos }
}

/** All helpers, by number. */
export function helperRows(): HelperRow[] {
  const rows: HelperRow[] = []
  for (let id = 1; id < HELPER_MAX_ID; id++) {
    const row = helperRow(id)
    if (row) rows.push(row)
  }
  return rows
}

/** func_id_name: how the verifier's messages call a helper. */
export function funcIdName(id: number): string {
  const name = helperNames[id]
  return id >= 0 && name !== undefined ? `bpf_${name}` : 'unknown'
}

/**
 * Program types that may call a helper, for some attach type of theirs.
 * @param option the kernel's build options.
 */
export function progTypesOf(id: number, option: (name: string) => string | undefined): number[] {
  const kernel = { option }
  return progTypes
    .filter(({ type, attachTypes = tracingAttachTypes(type) }) =>
      attachTypes.some((expectedAttachType) => {
        const context = { type, expectedAttachType, sleepable: false, kernel }
        return helperProto(context, id) !== undefined
      }),
    )
    .map(({ type }) => type)
}

function tracingAttachTypes(type: number): number[] {
  if (type === ProgType.LSM) return [AttachType.LSM_MAC, AttachType.LSM_CGROUP]
  if (type !== ProgType.TRACING) return [0]
  return [AttachType.TRACE_FENTRY, AttachType.TRACE_RAW_TP, AttachType.TRACE_ITER]
}
