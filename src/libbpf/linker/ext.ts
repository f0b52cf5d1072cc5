import { Errno } from '../../uapi/errno.ts'
import type { BtfExt, ExtTable } from '../btf-ext.ts'
import type { Log } from '../log.ts'
import type { DestinationSection, SourceObject, SourceTypes } from './model.ts'
import { refuse } from './refuse.ts'
import type { LinkState } from './state.ts'

const MAGIC = 0xeb9f
const HEADER_SIZE = 32
const SECTION_HEADER_SIZE = 8

/** The tables of .BTF.ext, and which bytes of their records are type ids and string offsets. */
const tables = [
  { of: 'funcInfo', name: 'func_info', ids: [4], texts: [] },
  { of: 'lineInfo', name: 'line_info', ids: [], texts: [4, 8] },
  { of: 'coreRelo', name: 'core_relo', ids: [4], texts: [8] },
] as const
type Table = (typeof tables)[number]

/** linker_append_btf_ext. @throws LibbpfError. */
export function appendExt(state: LinkState, object: SourceObject, log: Log): void {
  const { ext, types } = object
  if (ext === undefined || types === undefined) return
  for (const table of tables) appendTable(state, object, types, ext, table, log)
}

function appendTable(
  state: LinkState,
  object: SourceObject,
  types: SourceTypes,
  ext: BtfExt,
  { of, ids, texts }: Table,
  log: Log,
): void {
  const table: ExtTable = ext[of]
  for (const { nameOff, count, records } of table.sections) {
    const name = types.textAt(nameOff)
    const source = object.byName.get(name)
    if (source === undefined) {
      refuse(log, Errno.EINVAL, `can't find section '${name}' referenced from .BTF.ext`)
    }
    const section = source.destination ?? (state.output.sections[0] as DestinationSection)
    const kept = section[of]
    if (kept.recordSize === 0) kept.recordSize = table.recordSize
    if (kept.recordSize !== table.recordSize) {
      refuse(log, Errno.EINVAL, `incompatible .BTF.ext record sizes for section '${name}'`)
    }
    const bytes = records.slice()
    const view = new DataView(bytes.buffer)
    for (let at = 0; at < bytes.length; at += table.recordSize) {
      view.setUint32(at, view.getUint32(at, true) + source.destinationOffset, true)
      for (const id of ids) {
        view.setUint32(at + id, object.typeMap[view.getUint32(at + id, true)] as number, true)
      }
      for (const text of texts) {
        view.setUint32(at + text, state.types.string(types, view.getUint32(at + text, true)), true)
      }
    }
    kept.pieces.push(bytes)
    kept.count += count
  }
}

/** A .BTF.ext that is ready but for type ids, which are those before deduplication. */
export interface LinkedExt {
  bytes: Uint8Array
  /** Where type ids stand. */
  ids: number[]
}

/** finalize_btf_ext: undefined where no object has any. @throws LibbpfError. */
export function finalizeExt(state: LinkState, log: Log): LinkedExt | undefined {
  const sections = state.output.sections.slice(1)
  const sizes = sizesOf(sections, log)
  const total = sizes.reduce((sum, { length }) => sum + length, 0)
  if (total === 0) return undefined
  const bytes = new Uint8Array(HEADER_SIZE + total)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, MAGIC, true)
  view.setUint8(2, 1)
  view.setUint32(4, HEADER_SIZE, true)
  const found: number[] = []
  let at = HEADER_SIZE
  tables.forEach(({ of, ids }, i) => {
    const { length, recordSize } = sizes[i] as { length: number; recordSize: number }
    view.setUint32(8 + i * 8, at - HEADER_SIZE, true)
    view.setUint32(12 + i * 8, length, true)
    if (length === 0) return
    view.setUint32(at, recordSize, true)
    at += 4
    for (const section of sections) {
      const { count, pieces } = section[of]
      if (count === 0) continue
      view.setUint32(at, state.types.text(section.name), true)
      view.setUint32(at + 4, count, true)
      at += SECTION_HEADER_SIZE
      for (const piece of pieces) {
        bytes.set(piece, at)
        for (let record = at; record < at + piece.length; record += recordSize) {
          for (const id of ids) found.push(record + id)
        }
        at += piece.length
      }
    }
  })
  return { bytes, ids: found }
}

function sizesOf(sections: readonly DestinationSection[], log: Log): { length: number; recordSize: number }[] {
  const sizes = tables.map(() => ({ length: 0, recordSize: 0 }))
  for (const section of sections) {
    tables.forEach(({ of, name }, i) => {
      const size = sizes[i] as { length: number; recordSize: number }
      const { count, recordSize } = section[of]
      if (count === 0) return
      if (size.recordSize === 0) {
        size.recordSize = recordSize
        size.length = 4
      }
      if (size.recordSize !== recordSize) {
        refuse(log, Errno.EINVAL, `mismatch in ${name} record size ${size.recordSize} != ${recordSize}`)
      }
      size.length += SECTION_HEADER_SIZE + recordSize * count
    })
  }
  return sizes
}

/** btf_ext__set_endianness: all of it is words but the header's first four bytes. */
export function swapExt(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  view.setUint16(0, view.getUint16(0, true), false)
  for (let at = 4; at < bytes.length; at += 4) view.setUint32(at, view.getUint32(at, true), false)
}
