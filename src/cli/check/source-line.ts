import type { BpfObject, BpfProgram } from '../../libbpf/model.ts'
import type { SourceLine } from './verdict.ts'

/** The source line of the last instruction that the kernel's log names; null without one, or without line records. */
export function sourceLine({ btf }: BpfObject, { lineInfo }: BpfProgram, log: string): SourceLine | null {
  const insn = lastInsn(log)
  if (insn === undefined || lineInfo === undefined || btf === undefined) return null
  const { recordSize, records } = lineInfo
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength)
  let found = -1
  for (let at = 0; at + recordSize <= records.length && view.getUint32(at, true) <= insn; at += recordSize) found = at
  if (found < 0) return null
  const position = view.getUint32(found + 12, true)
  return {
    file: btf.string(view.getUint32(found + 4, true)),
    line: position >>> 10,
    column: position & 0x3ff,
    text: btf.string(view.getUint32(found + 8, true)).trim(),
  }
}

function lastInsn(log: string): number | undefined {
  const lines = log.split('\n')
  const line = lines.findLast((each) => /^\d+: (\(|<)/.test(each))
  return line === undefined ? undefined : parseInt(line, 10)
}
