import { Errno } from '../uapi/errno.ts'
import { LibbpfError } from './error.ts'
import type { Log } from './log.ts'

/** Records of one section of the object: where its program section's name stands and the records' bytes. */
export interface ExtSection {
  nameOff: number
  count: number
  /** `count` records of the table's record size, little-endian. */
  records: Uint8Array
  /** Index of the ELF section, 0 where there is none of that name. Set when the object is opened. */
  sectionIndex: number
}

/** struct btf_ext_info: one of .BTF.ext's tables. */
export interface ExtTable {
  recordSize: number
  /** Bytes after the record size's word; 0 where the table is absent. */
  length: number
  sections: ExtSection[]
}

/** A parsed .BTF.ext. */
export interface BtfExt {
  funcInfo: ExtTable
  lineInfo: ExtTable
  coreRelo: ExtTable
}

const HEADER_MIN = 24
const HEADER_WITH_CORE = 32

/** btf_ext__new. @throws LibbpfError. */
export function parseBtfExt(bytes: Uint8Array, log: Log): BtfExt {
  const bad = (message: () => string, errno: number = Errno.EINVAL): never => {
    log.debug(message)
    throw new LibbpfError(errno)
  }
  if (bytes.length < 8) bad(() => 'BTF.ext header too short')
  const data = bytes.slice()
  const view = new DataView(data.buffer)
  const magic = view.getUint16(0, true)
  const swapped = magic === 0x9feb
  if (!swapped && magic !== 0xeb9f) bad(() => `Invalid BTF.ext magic:${magic.toString(16)}`)
  const headerLength = view.getUint32(4, !swapped)
  if (data[2] !== 1) bad(() => `Unsupported BTF.ext version:${data[2]}`, Errno.ENOTSUP)
  if (data[3] !== 0) bad(() => `Unsupported BTF.ext flags:${(data[3] ?? 0).toString(16)}`, Errno.ENOTSUP)
  if (data.length < headerLength) bad(() => 'BTF.ext header not found')
  if (data.length === headerLength) bad(() => 'BTF.ext has no data')
  if (headerLength < HEADER_MIN) {
    log.warn('BTF.ext header missing func_info, line_info')
    throw new LibbpfError(Errno.EINVAL)
  }

  const table = (at: number, smallest: number, what: string): ExtTable => {
    const off = view.getUint32(at, !swapped)
    const length = view.getUint32(at + 4, !swapped)
    if (length === 0) return { recordSize: 0, length: 0, sections: [] }
    if (off & 3) bad(() => `.BTF.ext ${what} section is not aligned to 4 bytes`)
    const start = headerLength + off
    if (data.length < start + length) {
      bad(() => `${what} section (off:${off} len:${length}) is beyond the end of the ELF section .BTF.ext`)
    }
    if (length < 4) bad(() => `.BTF.ext ${what} record size not found`)
    const recordSize = view.getUint32(start, !swapped)
    if (recordSize < smallest || (swapped && recordSize !== smallest) || recordSize & 3) {
      bad(() => `${what} section in .BTF.ext has invalid record size ${recordSize}`)
    }
    if (length === 4) bad(() => `${what} section in .BTF.ext has no records`)
    const sections: ExtSection[] = []
    let next = start + 4
    const end = start + length
    while (next < end) {
      if (end - next < 8) bad(() => `${what} section header is not found in .BTF.ext`)
      const nameOff = view.getUint32(next, !swapped)
      const count = view.getUint32(next + 4, !swapped)
      const size = count * recordSize
      if (count === 0 || end - next < 8 + size) {
        bad(() => `${what} section has incorrect num_records in .BTF.ext`)
      }
      const records = data.subarray(next + 8, next + 8 + size)
      if (swapped) {
        const words = new DataView(records.buffer, records.byteOffset, size)
        for (let i = 0; i + 4 <= size; i += 4) words.setUint32(i, words.getUint32(i, false), true)
      }
      sections.push({ nameOff, count, records, sectionIndex: 0 })
      next += 8 + size
    }
    return { recordSize, length: length - 4, sections }
  }
  const funcInfo = table(8, 8, 'func_info')
  const lineInfo = table(16, 16, 'line_info')
  const coreRelo =
    headerLength < HEADER_WITH_CORE ? { recordSize: 0, length: 0, sections: [] } : table(24, 16, 'core_relo')
  return { funcInfo, lineInfo, coreRelo }
}
