import elfy from 'elfy'
import { LibbpfErrno, LibbpfError } from './error.ts'
import type { Log } from './log.ts'

export const SectionType = { PROGBITS: 1, SYMTAB: 2, STRTAB: 3, NOBITS: 8, REL: 9, LLVM_ADDRSIG: 0x6fff4c03 } as const
export const SHF_EXECINSTR = 4
export const SHN_LORESERVE = 0xff00
export const SymbolType = { NOTYPE: 0, OBJECT: 1, FUNC: 2, SECTION: 3 } as const
export const SymbolBind = { LOCAL: 0, GLOBAL: 1, WEAK: 2 } as const

const SHF_ALLOC = 2
const SHF_COMPRESSED = 0x800
/** Bytes of a record of the section types whose size libelf checks: symbols, relocations, words and addresses. */
const recordSizes: ReadonlyMap<number, number> = new Map([
  [2, 24],
  [4, 24],
  [5, 4],
  [6, 16],
  [9, 16],
  [11, 24],
  [14, 8],
  [15, 8],
  [16, 8],
  [17, 4],
  [18, 4],
  [19, 8],
])

const EM_BPF = 247
const ET_REL = 1
const EHDR_SIZE = 64
const SHDR_SIZE = 64
export const SYM_SIZE = 24
export const REL_SIZE = 16

/** A section header, its name and its bytes. */
export interface Section {
  index: number
  nameOffset: number
  type: number
  flags: number
  offset: number
  size: number
  link: number
  info: number
  entsize: number
}

/** One symbol table entry (Elf64_Sym). */
export interface Symbol {
  nameOffset: number
  type: number
  bind: number
  /** ELF64_ST_VISIBILITY is 1 (internal) or 2 (hidden). */
  hidden: boolean
  shndx: number
  value: number
  size: number
}

/** One Elf64_Rel. */
export interface Rel {
  offset: number
  symbol: number
}

function u64(view: DataView, at: number, little: boolean): number {
  const low = view.getUint32(little ? at : at + 4, little)
  const high = view.getUint32(little ? at + 4 : at, little)
  return high * 0x1_0000_0000 + low
}

/**
 * A relocatable BPF object's container. Package elfy reads the header and the section table; what it gets wrong (the
 * machine, flags, types and entry sizes) and what it doesn't read (symbols, relocations) is read here, and every
 * offset is checked before it is used. Refusals are worded as libelf and libbpf word them.
 */
export class Elf {
  readonly littleEndian: boolean
  readonly sections: readonly Section[]
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #path: string
  readonly #log: Log
  readonly #shstrndx: number | undefined
  readonly #sectionsAt: number
  /** The symbol table's string section; set with the symbol table. */
  #strtabIndex = 0
  #symbols: Section | undefined
  #byName: Map<string, Section> | undefined
  /** The first section whose name can't be read. */
  #unnamed: Section | undefined
  #functions: Map<number, number[]> | undefined

  /**
   * bpf_object__elf_init. `anyMachine`: any ELF file may be read, for its BTF; `anyContent`: nothing but the first bytes
   * is looked at, since the linker checks by itself.
   * @throws LibbpfError after saying why.
   */
  constructor(file: Uint8Array, path: string, log: Log, anyMachine = false, anyContent = false) {
    // A plain view: Buffer's own slice doesn't copy.
    const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength)
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#path = path
    this.#log = log
    const ident = bytes.subarray(0, 16)
    const proper =
      bytes.length >= EHDR_SIZE &&
      ident[0] === 0x7f &&
      ident[1] === 0x45 &&
      ident[2] === 0x4c &&
      ident[3] === 0x46 &&
      (ident[4] === 1 || ident[4] === 2) &&
      (ident[5] === 1 || ident[5] === 2) &&
      ident[6] === 1
    if (!proper) this.#refuse(`'${path}' is not a proper ELF object`)
    if (ident[4] !== 2) this.#refuse(`'${path}' is not a 64-bit ELF object`)
    this.littleEndian = ident[5] === 1
    const parser = new elfy.Parser()
    const header = parser.parseHeader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
    this.#sectionsAt = header.shoff
    this.sections = this.#readSections(header.shoff, header.shnum, anyContent)
    const shstrndx = header.shstrndx === 0xffff ? this.sections[0]?.link : header.shstrndx
    this.#shstrndx = shstrndx
    if (anyContent) return
    const names = this.sections[shstrndx ?? 0]
    if (names === undefined) {
      this.#refuse(`failed to get section names strings from ${path}: invalid \`Elf' handle`)
    } else {
      const fault = this.fault(names)
      if (fault !== undefined) this.#refuse(`failed to get section names strings from ${path}: ${fault}`)
    }
    const { type, machine } = this.kind
    if (anyMachine) return
    if (type !== ET_REL || (machine !== 0 && machine !== EM_BPF)) {
      this.#refuse(`${path} is not a valid eBPF object file`)
    }
  }

  #refuse(message: string): never {
    this.#log.warn(`elf: ${message}`)
    throw new LibbpfError(LibbpfErrno.FORMAT)
  }

  /** The section table; empty, as libelf has it, where it doesn't lie in the file whole. */
  #readSections(shoff: number, shnum: number, atStart: boolean): Section[] {
    const { length } = this.#bytes
    if ((shoff === 0 && !atStart) || shoff > length || length - shoff < SHDR_SIZE) return []
    const count = shnum === 0 ? u64(this.#view, shoff + 32, this.littleEndian) : shnum
    if (count > (length - shoff) / SHDR_SIZE) return []
    const sections: Section[] = []
    for (let index = 0; index < count; index++) {
      const at = shoff + index * SHDR_SIZE
      const little = this.littleEndian
      sections.push({
        index,
        nameOffset: this.#view.getUint32(at, little),
        type: this.#view.getUint32(at + 4, little),
        flags: u64(this.#view, at + 8, little),
        offset: u64(this.#view, at + 24, little),
        size: u64(this.#view, at + 32, little),
        link: this.#view.getUint32(at + 40, little),
        info: this.#view.getUint32(at + 44, little),
        entsize: u64(this.#view, at + 56, little),
      })
    }
    return sections
  }

  /** elf_getshdrstrndx; undefined where it should stand in a section header that isn't there. */
  get shstrndx(): number | undefined {
    return this.#shstrndx
  }

  /** sh_flags, sh_addralign and sh_entsize of a section to the last bit. */
  wide({ index }: Section): { flags: bigint; align: bigint; entsize: bigint } {
    const word = (at: number) => this.#view.getBigUint64(this.#sectionsAt + index * SHDR_SIZE + at, this.littleEndian)
    return { flags: word(8), align: word(48), entsize: word(56) }
  }

  /** e_type and e_machine. */
  get kind(): { type: number; machine: number } {
    return {
      type: this.#view.getUint16(16, this.littleEndian),
      machine: this.#view.getUint16(18, this.littleEndian),
    }
  }

  /** libelf's reason not to give a section's bytes, or undefined: they must be whole records and lie in the file. */
  fault(section: Section): string | undefined {
    if (section.type === SectionType.NOBITS || section.size === 0) return undefined
    const record = section.flags & SHF_COMPRESSED ? 1 : (recordSizes.get(section.type) ?? 1)
    if (section.size % record !== 0) return 'invalid data'
    const { length } = this.#bytes
    if (section.offset <= length && section.size <= length - section.offset) return undefined
    return 'invalid section header'
  }

  /** elf_strptr: a string of a string section, or why there is none. */
  strptr(index: number | undefined, offset: number): { text: string } | { error: string } {
    const section = index === undefined ? undefined : this.sections[index]
    if (section === undefined) return { error: 'invalid section index' }
    if (section.type !== SectionType.STRTAB) return { error: 'invalid section' }
    if (section.flags & SHF_COMPRESSED) {
      return { error: section.flags & SHF_ALLOC ? 'invalid section flags' : 'unknown compression type' }
    }
    const fault = this.fault(section)
    if (fault !== undefined) return { error: fault }
    if (offset >= section.size) return { error: 'offset out of range' }
    const start = section.offset + offset
    const end = this.#bytes.indexOf(0, start)
    if (end < 0 || end >= section.offset + section.size) return { error: 'invalid data' }
    return { text: latin1(this.#bytes, start, end) }
  }

  #string(index: number | undefined, offset: number): string | undefined {
    const found = this.strptr(index, offset)
    if ('text' in found) return found.text
    this.#log.warn(`elf: failed to get section name string at offset ${offset} from ${this.#path}: ${found.error}`)
    return undefined
  }

  /** elf_sec_str. */
  sectionString(offset: number): string | undefined {
    return this.#string(this.#shstrndx, offset)
  }

  /** elf_sym_str. */
  symbolString(offset: number): string | undefined {
    return this.#string(this.#strtabIndex, offset)
  }

  /** A symbol's name, saying nothing where there is none. */
  quietSymbolString(offset: number): string | undefined {
    const found = this.strptr(this.#strtabIndex, offset)
    return 'text' in found ? found.text : undefined
  }

  /** elf_sec_by_idx. */
  section(index: number): Section | undefined {
    const section = this.sections[index]
    if (section === undefined) {
      this.#log.warn(`elf: failed to get section(${index}) from ${this.#path}: invalid section index`)
    }
    return section
  }

  /** elf_sec_name. */
  sectionName(section: Section | undefined): string | undefined {
    if (section === undefined) return undefined
    const found = this.strptr(this.#shstrndx, section.nameOffset)
    if ('text' in found) return found.text
    this.sectionString(section.nameOffset)
    this.#log.warn(`elf: failed to get section(${section.index}) name from ${this.#path}: ${found.error}`)
    return undefined
  }

  /** elf_sec_by_name: the first section of a name; a broken name ends the search. */
  sectionByName(name: string): Section | undefined {
    if (this.#byName === undefined) {
      this.#byName = new Map()
      for (const section of this.sections) {
        if (section.index === 0) continue
        const found = this.strptr(this.#shstrndx, section.nameOffset)
        if (!('text' in found)) {
          this.#unnamed = section
          break
        }
        if (!this.#byName.has(found.text)) this.#byName.set(found.text, section)
      }
    }
    const section = this.#byName.get(name)
    if (section === undefined) this.sectionName(this.#unnamed)
    return section
  }

  /** elf_sec_data: a section's bytes, none for .bss and its kin; undefined, having said so, where the file is cut. */
  data(section: Section | undefined): Uint8Array | undefined {
    if (section === undefined) return undefined
    const fault = this.fault(section)
    if (fault === undefined) {
      if (section.type === SectionType.NOBITS || section.size === 0) return new Uint8Array(0)
      return this.#bytes.subarray(section.offset, section.offset + section.size)
    }
    const name = this.sectionName(section) ?? '<?>'
    this.#log.warn(`elf: failed to get section(${section.index}) ${name} data from ${this.#path}: ${fault}`)
    return undefined
  }

  get symbolSection(): Section | undefined {
    return this.#symbols
  }

  get strtabIndex(): number {
    return this.#strtabIndex
  }

  setSymbols(section: Section): void {
    this.#symbols = section
    this.#strtabIndex = section.link
  }

  get symbolCount(): number {
    return this.#symbols === undefined ? 0 : Math.floor(this.#symbols.size / SYM_SIZE)
  }

  /** elf_sym_by_idx. */
  symbol(index: number): Symbol | undefined {
    if (this.#symbols === undefined || index >= this.symbolCount) return undefined
    const at = this.#symbols.offset + index * SYM_SIZE
    const little = this.littleEndian
    const info = this.#view.getUint8(at + 4)
    const visibility = this.#view.getUint8(at + 5) & 3
    return {
      nameOffset: this.#view.getUint32(at, little),
      type: info & 15,
      bind: info >>> 4,
      hidden: visibility === 1 || visibility === 2,
      shndx: this.#view.getUint16(at + 6, little),
      value: u64(this.#view, at + 8, little),
      size: u64(this.#view, at + 16, little),
    }
  }

  /** Indices of a section's function symbols. */
  functionsOf(shndx: number): readonly number[] {
    if (this.#functions === undefined) {
      this.#functions = new Map()
      for (let i = 0; i < this.symbolCount; i++) {
        const symbol = this.symbol(i)
        if (symbol?.type !== SymbolType.FUNC) continue
        const known = this.#functions.get(symbol.shndx)
        if (known === undefined) this.#functions.set(symbol.shndx, [i])
        else known.push(i)
      }
    }
    return this.#functions.get(shndx) ?? []
  }

  /** A symbol's value to the last bit: numbers above 2^53 are only ever printed. */
  symbolValue64(index: number): bigint {
    return this.#view.getBigUint64((this.#symbols?.offset ?? 0) + index * SYM_SIZE + 8, this.littleEndian)
  }

  symbolSize64(index: number): bigint {
    return this.#view.getBigUint64((this.#symbols?.offset ?? 0) + index * SYM_SIZE + 16, this.littleEndian)
  }

  relOffset64(section: Section, index: number): bigint {
    return this.#view.getBigUint64(section.offset + index * REL_SIZE, this.littleEndian)
  }

  /** elf_rel_by_idx on a relocation section whose bytes lie in the file. */
  rel(section: Section, index: number): Rel | undefined {
    if (index >= Math.floor(section.size / REL_SIZE)) return undefined
    const at = section.offset + index * REL_SIZE
    const little = this.littleEndian
    return { offset: u64(this.#view, at, little), symbol: this.#view.getUint32(little ? at + 12 : at + 8, little) }
  }
}

export function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i += 4096) text += String.fromCharCode(...bytes.subarray(i, Math.min(end, i + 4096)))
  return text
}
