import { helperNames } from '../../uapi/helper-names.ts'
import { HELPER_MAX_ID, protoByName } from './access.ts'
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
        const [what = ''] = word.split('@')
        const [helper, proto = what] = what.split(':')
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
