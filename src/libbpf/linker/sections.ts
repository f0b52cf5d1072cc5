import { Errno } from '../../uapi/errno.ts'
import type { Log } from '../log.ts'
import { SHT } from './model.ts'
import type { DestinationSection, SourceObject, SourceSection } from './model.ts'
import type { Output } from './output.ts'
import { refuse } from './refuse.ts'

/** linker_append_sec_data: sections of one name become one. @throws LibbpfError. */
export function appendSections(output: Output, object: SourceObject, log: Log): void {
  for (const source of object.sections) {
    if (!isData(source)) continue
    let section = output.find(source.name)
    if (section === undefined) {
      section = output.addSection(source.name)
      output.init(section, source)
    } else {
      if (!matches(section, source, log)) {
        refuse(log, Errno.EINVAL, `ELF sections ${source.name} are incompatible`)
      }
      if (source.name === 'license' || source.name === 'version') {
        if (!sameContent(section, source)) {
          const message = `non-identical contents of section '${source.name}' are not supported`
          refuse(log, Errno.EINVAL, message)
        }
        source.skipped = true
        source.destination = section
        continue
      }
    }
    source.destination = section
    extend(output, section, source)
  }
}

/** is_data_sec. */
function isData({ skipped, header }: SourceSection): boolean {
  if (skipped) return false
  return header === undefined || header.type === SHT.PROGBITS || header.type === SHT.NOBITS
}

/** secs_match: says what differs. */
export function matches(section: DestinationSection, source: SourceSection, log: Log): boolean {
  const [ours, theirs] = [section.header, source.header]
  if (section.ephemeral || ours === undefined || theirs === undefined) return true
  const what =
    ours.type !== theirs.type
      ? 'types'
      : ours.flags !== theirs.flags
        ? 'flags'
        : ours.entsize !== theirs.entsize
          ? 'entsize'
          : undefined
  if (what === undefined) return true
  log.warn(`sec ${section.name} ${what} mismatch`)
  return false
}

/** sec_content_is_same. */
function sameContent(section: DestinationSection, source: SourceSection): boolean {
  if (section.size !== source.size) return false
  return Buffer.compare(section.data.subarray(0, section.size), source.data) === 0
}

/** A place or a size that is a multiple of the alignment, not below `at`. */
export function aligned(at: number, align: bigint): number {
  const by = Number(align)
  return Math.ceil(at / by) * by
}

/** extend_sec: a section's bytes go behind what is there, aligned. */
export function extend(output: Output, section: DestinationSection, source: SourceSection): void {
  const { header } = source
  if (header === undefined) return
  if (section.ephemeral) output.init(section, source)
  if (section.header === undefined) return
  const ours = section.header.align || 1n
  const align = header.align > ours ? header.align : ours
  const start = aligned(section.size, align)
  const end = start + source.size
  if (header.type !== SHT.NOBITS) {
    if (end > section.data.length) {
      const larger = new Uint8Array(section.size === 0 ? end : end + (end >>> 1))
      larger.set(section.data.subarray(0, section.size))
      section.data = larger
    }
    section.data.set(source.data, start)
  }
  section.size = end
  section.header.align = align
  source.destinationOffset = start
}
