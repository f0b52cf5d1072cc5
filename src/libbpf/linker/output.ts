import { StringPool } from '../../btf/string-pool.ts'
import { Errno } from '../../uapi/errno.ts'
import { REL_SIZE, SYM_SIZE } from '../elf.ts'
import type { Log } from '../log.ts'
import { SHF_ALLOC, SHF_COMPRESSED, SHF_STRINGS, SHT } from './model.ts'
import { aligned } from './sections.ts'
import { refuse } from './refuse.ts'
import type { DestinationSection, ExtRecords, LinkSymbol, SectionHeader, SourceSection } from './model.ts'

const EHDR_SIZE = 64
const SHDR_SIZE = 64
const EM_BPF = 247
const ET_REL = 1
const NO_BYTES = new Uint8Array(0)

/** The linked object while it grows: its sections, symbols and strings. */
export class Output {
  /** Set by the first input. */
  littleEndian: boolean | undefined
  /** All sections, ephemeral ones too, by id; [0] stands for none. */
  readonly sections: DestinationSection[] = []
  readonly symbols: LinkSymbol[] = []
  /** Those with a place in the ELF file, in its order, from index 1. */
  readonly #placed: DestinationSection[] = []
  readonly #byName = new Map<string, DestinationSection>()
  readonly #strings = new StringPool(new Uint8Array(1))
  readonly #strtab: DestinationSection
  readonly #symtab: DestinationSection

  /** init_output_elf. */
  constructor() {
    this.sections.push(newSection('', 0))
    this.#strtab = this.addSection('.strtab')
    this.#place(this.#strtab, { type: SHT.STRTAB, flags: SHF_STRINGS, align: 1n, entsize: 0n })
    this.#symtab = this.addSection('.symtab')
    this.#place(this.#symtab, { type: SHT.SYMTAB, flags: 0n, align: 8n, entsize: BigInt(SYM_SIZE) })
    this.#link(this.#symtab, this.#strtab.index, 0)
    this.addSymbol({ nameOff: 0, type: 0, bind: 0, other: 0, shndx: 0, value: 0n, size: 0n })
  }

  get symtabIndex(): number {
    return this.#symtab.index
  }

  /** strset__add_str; each character is a byte. */
  string(text: string): number {
    return this.#strings.add(Buffer.from(text, 'latin1'), 0)
  }

  /** find_dst_sec_by_name. */
  find(name: string): DestinationSection | undefined {
    return this.#byName.get(name)
  }

  /** add_dst_sec. */
  addSection(name: string): DestinationSection {
    const section = newSection(name, this.sections.length)
    this.sections.push(section)
    if (!this.#byName.has(name)) this.#byName.set(name, section)
    return section
  }

  /** init_sec: the first part of a section makes it what it is. */
  init(section: DestinationSection, source: SourceSection): void {
    section.size = 0
    section.index = 0
    section.ephemeral = source.header === undefined
    if (source.header !== undefined) this.#place(section, source.header)
  }

  #place(
    section: DestinationSection,
    { type, flags, align, entsize }: Pick<SectionHeader, 'type' | 'flags' | 'align' | 'entsize'>,
  ): void {
    this.#placed.push(section)
    section.index = this.#placed.length
    section.header = { nameOff: this.string(section.name), type, flags, link: 0, info: 0, align, entsize }
  }

  #link(section: DestinationSection, link: number, info: number): void {
    if (section.header === undefined) return
    section.header.link = link
    section.header.info = info
  }

  /** Relocations: which symbols they name, and which section they are of. */
  linkRelocations(section: DestinationSection, target: DestinationSection): void {
    this.#link(section, this.#symtab.index, target.index)
  }

  /** add_new_sym. @returns its index. */
  addSymbol(symbol: LinkSymbol): number {
    this.symbols.push(symbol)
    return this.symbols.length - 1
  }

  /** emit_elf_data_sec. */
  addData(name: string, data: Uint8Array): void {
    // Its name may be that of a section which is there already: no matter.
    const section = newSection(name, 0)
    this.#place(section, { type: SHT.PROGBITS, flags: 0n, align: 8n, entsize: 0n })
    section.data = data
    section.size = data.length
  }

  /** elf_update: the file as libelf lays it out. @throws LibbpfError. */
  bytes(log: Log): Uint8Array {
    const little = this.littleEndian ?? true
    this.#strtab.data = this.#strings.bytes
    this.#strtab.size = this.#strings.length
    this.#symtab.data = this.#symbolBytes(little)
    this.#symtab.size = this.#symtab.data.length
    let end = EHDR_SIZE
    const offsets = this.#placed.map(({ header, size }) => {
      if (header !== undefined) checkLayout(header, size, log)
      const offset = aligned(end, header?.align || 1n)
      end = header?.type === SHT.NOBITS ? offset : offset + size
      return offset
    })
    const tableAt = Math.ceil(end / 8) * 8
    const count = this.#placed.length + 1
    const bytes = new Uint8Array(tableAt + count * SHDR_SIZE)
    const view = new DataView(bytes.buffer)
    bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, little ? 1 : 2, 1])
    view.setUint16(16, ET_REL, little)
    view.setUint16(18, EM_BPF, little)
    view.setUint32(20, 1, little)
    view.setBigUint64(40, BigInt(tableAt), little)
    view.setUint16(52, EHDR_SIZE, little)
    view.setUint16(58, SHDR_SIZE, little)
    view.setUint16(60, count, little)
    view.setUint16(62, this.#strtab.index, little)
    this.#placed.forEach((section, i) => {
      const { header, data, size } = section
      if (header === undefined) return
      const offset = offsets[i] as number
      if (header.type !== SHT.NOBITS) bytes.set(data.subarray(0, size), offset)
      const at = tableAt + (i + 1) * SHDR_SIZE
      view.setUint32(at, header.nameOff, little)
      view.setUint32(at + 4, header.type, little)
      view.setBigUint64(at + 8, header.flags, little)
      view.setBigUint64(at + 24, BigInt(offset), little)
      view.setBigUint64(at + 32, BigInt(size), little)
      view.setUint32(at + 40, header.link, little)
      view.setUint32(at + 44, header.info, little)
      view.setBigUint64(at + 48, header.align || 1n, little)
      view.setBigUint64(at + 56, entrySize(header), little)
    })
    return bytes
  }

  #symbolBytes(little: boolean): Uint8Array {
    const bytes = new Uint8Array(this.symbols.length * SYM_SIZE)
    const view = new DataView(bytes.buffer)
    this.symbols.forEach(({ nameOff, type, bind, other, shndx, value, size }, i) => {
      const at = i * SYM_SIZE
      view.setUint32(at, nameOff, little)
      view.setUint8(at + 4, (bind << 4) | type)
      view.setUint8(at + 5, other)
      view.setUint16(at + 6, shndx, little)
      view.setBigUint64(at + 8, value, little)
      view.setBigUint64(at + 16, size, little)
    })
    return bytes
  }
}

/** What libelf refuses to lay out. */
function checkLayout(header: SectionHeader, size: number, log: Log): void {
  const { type, flags } = header
  const bad = (what: string) => refuse(log, Errno.EINVAL, `failed to finalize ELF layout: invalid section ${what}`)
  if (flags & SHF_COMPRESSED && (type === SHT.NOBITS || flags & SHF_ALLOC)) bad('flags')
  const entry = entrySize(header)
  if (entry !== 0n && BigInt(size) % entry !== 0n) bad('entry size')
}

/** Symbols and relocations have the size that they have. */
function entrySize({ type, entsize }: SectionHeader): bigint {
  if (type === SHT.SYMTAB) return BigInt(SYM_SIZE)
  return type === SHT.REL ? BigInt(REL_SIZE) : entsize
}

function newSection(name: string, id: number): DestinationSection {
  const records = (): ExtRecords => ({ recordSize: 0, count: 0, pieces: [] })
  return {
    name,
    id,
    ephemeral: false,
    index: 0,
    header: undefined,
    size: 0,
    data: NO_BYTES,
    symbol: 0,
    hasTypes: false,
    variables: [],
    funcInfo: records(),
    lineInfo: records(),
    coreRelo: records(),
  }
}
