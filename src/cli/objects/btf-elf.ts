/** ELF sections that hold type information, of a file of any machine, class and byte order. */
export interface BtfSections {
  /** ELFCLASS32 or 64, in bytes. */
  pointerSize: 4 | 8
  btf: Uint8Array | undefined
  btfBase: Uint8Array | undefined
}

const SHT_PROGBITS = 1
const SHT_STRTAB = 3
const SHT_NOBITS = 8
const SHN_XINDEX = 0xffff

interface Header {
  name: number
  type: number
  offset: number
  size: number
  link: number
}

/** btf_find_elf_sections. @returns the sections, or what libbpf warns of. */
export function findBtfSections(bytes: Uint8Array, path: string): BtfSections | string {
  const noHeader = `failed to get EHDR from ${path}`
  if (bytes.length < 52 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    return noHeader
  }
  const wide = bytes[4] === 2
  const little = bytes[5] === 1
  if ((!wide && bytes[4] !== 1) || (!little && bytes[5] !== 2) || bytes[6] !== 1) return noHeader
  if (wide && bytes.length < 64) return noHeader
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const u32 = (at: number) => view.getUint32(at, little)
  const word = (at: number) => (wide ? Number(view.getBigUint64(at, little)) : u32(at))

  const tableAt = word(wide ? 40 : 32)
  const entrySize = wide ? 64 : 40
  let count = view.getUint16(wide ? 60 : 48, little)
  let namesIndex = view.getUint16(wide ? 62 : 50, little)
  const header = (i: number): Header => {
    const at = tableAt + i * entrySize
    return wide
      ? { name: u32(at), type: u32(at + 4), offset: word(at + 24), size: word(at + 32), link: u32(at + 40) }
      : { name: u32(at), type: u32(at + 4), offset: u32(at + 16), size: u32(at + 20), link: u32(at + 24) }
  }
  const fits = tableAt !== 0 && tableAt + entrySize <= bytes.length
  if (fits && count === 0) count = header(0).size
  if (!fits || tableAt + count * entrySize > bytes.length) count = 0
  if (namesIndex === SHN_XINDEX && count > 0) namesIndex = header(0).link
  const data = ({ type, offset, size }: Header) => {
    // libelf doesn't ask where nothing lies.
    if (size === 0) return bytes.subarray(0, 0)
    return type !== SHT_NOBITS && offset + size <= bytes.length ? bytes.subarray(offset, offset + size) : undefined
  }
  const names = namesIndex < count ? data(header(namesIndex)) : undefined
  if (names === undefined) return `failed to get e_shstrndx from ${path}`

  const nameable = header(namesIndex).type === SHT_STRTAB
  const found: BtfSections = { pointerSize: wide ? 8 : 4, btf: undefined, btfBase: undefined }
  for (let i = 1; i < count; i++) {
    const section = header(i)
    const end = names.indexOf(0, section.name)
    if (!nameable || section.name >= names.length || end < 0) return `failed to get section(${i}) name from ${path}`
    const name = Buffer.from(names.subarray(section.name, end)).toString('latin1')
    if (name !== '.BTF' && name !== '.BTF.ext' && name !== '.BTF.base') continue
    if (section.type !== SHT_PROGBITS) {
      return `unexpected section type (${section.type}) of section(${i}, ${name}) from ${path}`
    }
    const content = data(section)
    if (content === undefined) return `failed to get section(${i}, ${name}) data from ${path}`
    if (name === '.BTF') found.btf = content
    else if (name === '.BTF.base') found.btfBase = content
  }
  return found
}
