import type { Btf } from '../../btf/btf.ts'
import type { VerifierLog } from './input.ts'
import { facts } from './versions.ts'

/** Source lines in the log. */

const LINE_INFO_SIZE = 16

/** What one verification knows of its lines. */
export interface Lines {
  readonly log: VerifierLog
  /** struct bpf_line_info, one after the other. */
  readonly lineInfo: DataView
  readonly lineBtf: Btf | undefined
  /** Place of the line that was printed last; -1 for none. */
  prevLinfo: number
}

/** find_linfo: the last record at or before an instruction; -1 for none. */
function findLinfo(view: DataView, count: number, insnOff: number): number {
  let low = 0
  let high = count - 1
  while (low < high) {
    const mid = low + ((high - low + 1) >> 1)
    if (view.getUint32(mid * LINE_INFO_SIZE, true) <= insnOff) low = mid
    else high = mid - 1
  }
  return low
}

/** verbose_linfo: the source line of an instruction, unless it was the last one written. */
export function verboseLinfo(lines: Lines, insnOff: number, prefix: string): void {
  const { log, lineInfo: view, lineBtf: btf, prevLinfo: previous } = lines
  const count = view.byteLength / LINE_INFO_SIZE
  if (!log.needed || count === 0 || !btf) return
  const found = findLinfo(view, count, insnOff)
  if (found === previous) return
  const at = found * LINE_INFO_SIZE
  const fileOff = view.getUint32(at + 4, true)
  const line = view.getUint32(at + 12, true) >>> 10
  if (previous >= 0) {
    const before = previous * LINE_INFO_SIZE
    if (view.getUint32(before + 4, true) === fileOff && view.getUint32(before + 12, true) >>> 10 === line) return
  }
  if (prefix !== '') log.write(prefix)
  log.write(btf.string(view.getUint32(at + 8, true)).replace(/^[ \t\n\v\f\r\u00a0]+/, ''))
  const file = btf.string(fileOff)
  log.write(facts.linesPlaced ? ` @ ${file.slice(file.lastIndexOf('/') + 1)}:${line}\n` : '\n')
  lines.prevLinfo = found
}
