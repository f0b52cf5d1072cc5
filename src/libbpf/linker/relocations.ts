import { Errno } from '../../uapi/errno.ts'
import { REL_SIZE } from '../elf.ts'
import type { Log } from '../log.ts'
import { INSN_SIZE, SHF_EXECINSTR, SHT, STT } from './model.ts'
import type { DestinationSection, SourceObject, SourceSection } from './model.ts'
import type { Output } from './output.ts'
import { extend, matches } from './sections.ts'
import { refuse } from './refuse.ts'

/** BPF_JMP | BPF_CALL. */
const CALL = 0x85

/** linker_append_elf_relos. @throws LibbpfError. */
export function appendRelocations(output: Output, object: SourceObject, log: Log): void {
  for (const source of object.sections) {
    if (source.skipped || source.header?.type !== SHT.REL) continue
    const target = object.sections[source.header.info]
    if (target === undefined || target.skipped || target.destination === undefined) continue
    let section = output.find(source.name)
    if (section === undefined) {
      section = output.addSection(source.name)
      output.init(section, source)
    } else if (!matches(section, source, log)) {
      refuse(log, Errno.EINVAL, `sections ${source.name} are not compatible`)
    }
    output.linkRelocations(section, target.destination)
    source.destination = section
    extend(output, section, source)
    shift(object, source, section, target, target.destination, log)
  }
}

/** Relocations name the output's symbols and places; what they leave in instructions counts from a section's new start. */
function shift(
  object: SourceObject,
  source: SourceSection,
  section: DestinationSection,
  target: SourceSection,
  destination: DestinationSection,
  log: Log,
): void {
  const little = object.littleEndian
  const view = new DataView(section.data.buffer, section.data.byteOffset + source.destinationOffset, source.size)
  const code = new DataView(destination.data.buffer, destination.data.byteOffset, destination.data.byteLength)
  const executable = ((target.header?.flags ?? 0n) & SHF_EXECINSTR) !== 0n
  for (let at = 0; at < source.size; at += REL_SIZE) {
    const offset = view.getBigUint64(at, little) + BigInt(target.destinationOffset)
    view.setBigUint64(at, offset, little)
    const symbolAt = at + (little ? 12 : 8)
    const symbolIndex = view.getUint32(symbolAt, little)
    view.setUint32(symbolAt, object.symbolMap[symbolIndex] as number, little)
    const symbol = object.symbols[symbolIndex]
    if (symbol?.type !== STT.SECTION) continue
    if (!executable) {
      refuse(log, Errno.EINVAL, 'relocation against STT_SECTION in non-exec section is not supported!')
    }
    const moved = object.sections[symbol.shndx]?.destinationOffset ?? 0
    if (offset + 8n > BigInt(destination.size)) continue
    const insn = Number(offset)
    // Where libbpf writes to memory that it doesn't have.
    if (insn + 8 > code.byteLength) refuse(log, Errno.EINVAL, `section ${target.name} has no data to relocate`)
    const by = code.getUint8(insn) === CALL ? moved / INSN_SIZE : moved
    code.setInt32(insn + 4, (code.getInt32(insn + 4, little) + by) | 0, little)
  }
}
