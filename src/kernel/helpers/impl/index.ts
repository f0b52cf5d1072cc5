import { helperNames } from '../../../uapi/helper-names.ts'
import { mapHelpers } from './maps.ts'
import type { HelperImpl } from './run.ts'

/** Implementations by helper number; where there's none, the helper isn't simulated. */
export const helperImpls: readonly (HelperImpl | undefined)[] = makeTable()

function makeTable(): (HelperImpl | undefined)[] {
  const byName: Readonly<Record<string, HelperImpl>> = { ...mapHelpers }
  return helperNames.map((name) => byName[name])
}
