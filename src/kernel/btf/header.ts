import { Errno } from '../../uapi/errno.ts'
import type { VerifierLog } from '../log.ts'
import { refuse } from '../log.ts'

/** What is checked of BTF as a whole: its header, and where its two sections are. */

/** struct btf_header as this kernel knows it. */
const HEADER_SIZE = 24
/** Up to hdr_len. */
const MIN_HEADER = 8
const MAGIC = 0xeb9f
const VERSION = 1
const MAX_NAME_OFFSET = 0xffffff

/** The two sections, from the beginning of the data. */
export interface BtfSections {
  readonly types: Uint8Array
  readonly strings: Uint8Array
  /** Whether the type section begins at a multiple of 4 after the header. */
  readonly aligned: boolean
}

interface Section {
  readonly off: number
  readonly len: number
}

/** btf_parse_hdr and btf_parse_str_sec. @throws KernelError. */
export function parseSections(log: VerifierLog, bytes: Uint8Array): BtfSections {
  const no = (text: string, errno: number = Errno.EINVAL) => refuse({ log }, errno, text)
  if (bytes.length < MIN_HEADER) no('hdr_len not found')
  const given = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4, true)
  if (bytes.length < given) no('btf_header not found')
  if (bytes.subarray(HEADER_SIZE, given).some((byte) => byte !== 0)) no('Unsupported btf_header', Errno.E2BIG)

  // A header that is shorter than its fields leaves them zero.
  const header = new Uint8Array(HEADER_SIZE)
  header.set(bytes.subarray(0, Math.min(given, HEADER_SIZE)))
  const view = new DataView(header.buffer)
  const field = (at: number) => view.getUint32(at, true)
  const [magic, version, flags, hdrLen] = [view.getUint16(0, true), header[2] as number, header[3] as number, field(4)]
  const types: Section = { off: field(8), len: field(12) }
  const strings: Section = { off: field(16), len: field(20) }
  log.write(`magic: 0x${magic.toString(16)}\n`)
  log.write(`version: ${version}\n`)
  log.write(`flags: 0x${flags.toString(16)}\n`)
  log.write(`hdr_len: ${hdrLen}\n`)
  log.write(`type_off: ${types.off}\n`)
  log.write(`type_len: ${types.len}\n`)
  log.write(`str_off: ${strings.off}\n`)
  log.write(`str_len: ${strings.len}\n`)
  log.write(`btf_total_size: ${bytes.length}\n`)
  if (magic !== MAGIC) no('Invalid magic')
  if (version !== VERSION) no('Unsupported version', Errno.ENOTSUPP)
  if (flags) no('Unsupported flags', Errno.ENOTSUPP)
  if (bytes.length === hdrLen) no('No data')
  checkSections(log, inOrder(types, strings), bytes.length - hdrLen)

  const end = hdrLen + strings.off + strings.len
  if (end !== bytes.length) no('String section is not at the end')
  const text = bytes.subarray(hdrLen + strings.off)
  if (text.length === 0 || text.length - 1 > MAX_NAME_OFFSET || text.at(-1) !== 0) no('Invalid string section')
  if (text[0] !== 0) no('Invalid string section')
  const start = hdrLen + types.off
  return { types: bytes.subarray(start, start + types.len), strings: text, aligned: types.off % 4 === 0 }
}

/** btf_sec_info_cmp, which looks at differences as signed numbers. */
function inOrder(a: Section, b: Section): Section[] {
  const order = (a.off - b.off) | 0 || (a.len - b.len) | 0
  return order > 0 ? [b, a] : [a, b]
}

/** btf_check_sec_info: one after the other, with nothing between them and nothing after them. */
function checkSections(log: VerifierLog, sections: readonly Section[], expected: number): void {
  const no = (text: string) => refuse({ log }, Errno.EINVAL, text)
  let total = 0
  for (const { off, len } of sections) {
    if (expected < off) no('Invalid section offset')
    if (total < off) no('Unsupported section found')
    if (total > off) no('Section overlap found')
    if (expected - total < len) no('Total section length too long')
    total += len
  }
  if (expected !== total) no('Unsupported section found')
}
