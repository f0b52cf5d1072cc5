import { Errno } from '../uapi/errno.ts'
import { BtfError } from './error.ts'
import type { BtfLogLine } from './error.ts'

/** struct btf_header, offsets counted from the start of the data instead of from the header's end. */
export interface BtfHeader {
  littleEndian: boolean
  typeOff: number
  typeLen: number
  strOff: number
  strLen: number
  layoutOff: number
  layoutLen: number
}

const MAGIC = 0xeb9f
/** struct btf_header up to str_len: what any BTF has. */
const MIN_HEADER = 24
/** With the kind layout section's offset and length. */
const FULL_HEADER = 32

/**
 * btf_parse_hdr: its checks, in its order, with its words.
 * @param lines gets what libbpf logs of a header that is good enough.
 * @throws BtfError.
 */
export function parseHeader(bytes: Uint8Array, lines: BtfLogLine[]): BtfHeader {
  if (bytes.length < MIN_HEADER) throw BtfError.debug(Errno.EINVAL, 'BTF header not found')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const magic = view.getUint16(0, true)
  const littleEndian = magic === MAGIC
  const hdrLen = view.getUint32(4, littleEndian)
  if (magic === 0x9feb) {
    if (hdrLen < MIN_HEADER) {
      const text = `Can't load BTF with non-native endianness due to unsupported header length ${hdrLen}`
      throw BtfError.warn(Errno.ENOTSUP, text)
    }
  } else if (!littleEndian) {
    throw BtfError.debug(Errno.EINVAL, `Invalid BTF magic: ${magic.toString(16)}`)
  }
  if (bytes.length < hdrLen) {
    throw BtfError.debug(Errno.EINVAL, `BTF header len ${hdrLen} larger than data size ${bytes.length}`)
  }
  // A header that is shorter than its fields leaves them zero.
  const field = (at: number) => (hdrLen >= at + 4 ? view.getUint32(at, littleEndian) : 0)
  const [typeOff, typeLen, strOff, strLen] = [field(8), field(12), field(16), field(20)]
  const [layoutOff, layoutLen] = hdrLen >= FULL_HEADER ? [field(24), field(28)] : [0, 0]
  for (let at = FULL_HEADER; at < hdrLen; at++) {
    if (bytes[at] === 0) continue
    lines.push({ level: 'debug', text: `Unknown BTF header data at offset ${at}; modification is disallowed` })
    break
  }
  const bad = (text: string) => BtfError.debug(Errno.EINVAL, text)

  if (bytes.length - hdrLen < strOff + strLen) throw bad(`Invalid BTF total size: ${bytes.length}`)
  const types = `Invalid BTF data sections layout: type data at ${typeOff} + ${typeLen}`
  if (typeOff + typeLen > strOff) throw bad(`${types}, strings data at ${strOff} + ${strLen}`)
  if (typeOff % 4 !== 0) throw bad('BTF type section is not aligned to 4 bytes')
  if (layoutLen !== 0) {
    if (layoutOff % 4 !== 0) throw bad('BTF layout section is not aligned to 4 bytes')
    if (layoutOff < typeOff + typeLen) throw bad(`${types},  layout data at ${layoutOff} + ${layoutLen}`)
    if (layoutOff + layoutLen > strOff) {
      const layout = `layout data at ${layoutOff} + ${layoutLen}`
      throw bad(`Invalid BTF data sections layout: ${layout}, strings data at ${strOff}`)
    }
  }
  return {
    littleEndian,
    typeOff: hdrLen + typeOff,
    typeLen,
    strOff: hdrLen + strOff,
    strLen,
    layoutOff: hdrLen + layoutOff,
    layoutLen,
  }
}
