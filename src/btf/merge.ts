import { Btf } from './btf.ts'
import { BtfWriter } from './writer.ts'
import type { Trace } from './dedup/types.ts'

/**
 * Several BTFs of one base, or of none, as one in which each type and each string stands once (btf__add_btf and
 * btf__dedup). With one part, its duplicates go.
 * @throws BtfError.
 */
export function mergeBtf(parts: readonly Btf[], base?: Btf, trace?: Trace): Btf {
  const writer = new BtfWriter(base)
  for (const part of parts) writer.append(part)
  writer.dedup(trace)
  return Btf.parse(writer.bytes(), base)
}
