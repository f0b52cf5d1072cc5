import { Kind } from '../../btf/kinds.ts'
import type { Versioned } from '../profile/release.ts'
import { isSince } from '../profile/release.ts'

/** What kernels take of BTF. */
export interface BtfRules {
  readonly maxKind: number
  /** Sections may have no variables. */
  readonly emptySections: boolean
}

/** The first kernel that knows a kind; all know those before. */
const since: readonly (readonly [kind: number, linux: string])[] = [
  [Kind.ENUM64, '6.0'],
  [Kind.TYPE_TAG, '5.17'],
  [Kind.DECL_TAG, '5.16'],
  [Kind.FLOAT, '5.13'],
]

export const newestRules: BtfRules = { maxKind: Kind.ENUM64, emptySections: true }

export function btfRules(kernel: Versioned): BtfRules {
  const newest = since.find(([, linux]) => isSince(kernel, linux))
  return { maxKind: newest?.[0] ?? Kind.DATASEC, emptySections: isSince(kernel, '5.12') }
}
