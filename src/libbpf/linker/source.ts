import { Btf, BtfError } from '../../btf/btf.ts'
import { forEachId, forEachName } from '../../btf/fields.ts'
import { Errno } from '../../uapi/errno.ts'
import { parseBtfExt } from '../btf-ext.ts'
import type { BtfExt } from '../btf-ext.ts'
import { Elf, SYM_SIZE } from '../elf.ts'
import type { Section } from '../elf.ts'
import { LibbpfError, errstr } from '../error.ts'
import { silent } from '../log.ts'
import type { Log } from '../log.ts'
import { checkExt, checkSymbols, checkRelocations } from './checks.ts'
import { SHF_COMPRESSED, SHF_EXECINSTR, SHT } from './model.ts'
import type { LinkSymbol, SourceObject, SourceSection, SourceTypes } from './model.ts'
import { refuse } from './refuse.ts'

const EM_BPF = 247
const ET_REL = 1

/** is_dwarf_sec_name. */
const isDwarf = (name: string) => name.startsWith('.debug_')

/** is_ignored_sec. */
function isIgnored(name: string, { type, size }: Section): boolean {
  if (type === SHT.STRTAB || type === SHT.LLVM_ADDRSIG || isDwarf(name)) return true
  if (type === SHT.PROGBITS && size === 0 && name === '.text') return true
  if (!name.startsWith('.rel')) return false
  const target = name.slice('.rel'.length)
  return isDwarf(target) || target === '.BTF' || target === '.BTF.ext'
}

/**
 * linker_load_obj_file, but for linker_fixup_btf.
 * @param littleEndian of the files before; undefined for the first.
 * @throws LibbpfError after saying why.
 */
export function loadSource(bytes: Uint8Array, path: string, littleEndian: boolean | undefined, log: Log): SourceObject {
  const elf = openElf(bytes, path, log)
  if (littleEndian === undefined) {
    log.debug(() => `linker: set ${elf.littleEndian ? 'little' : 'big'}-endian output byte order`)
  } else if (littleEndian !== elf.littleEndian) {
    refuse(log, Errno.EOPNOTSUPP, `byte order mismatch with ELF file ${path}`)
  }
  if (elf.kind.type !== ET_REL || elf.kind.machine !== EM_BPF) {
    refuse(log, Errno.EOPNOTSUPP, `unsupported kind of ELF file ${path}: no error`)
  }
  return new Loader(elf, path, log).load()
}

function openElf(bytes: Uint8Array, path: string, log: Log): Elf {
  const noHeader = (reason: string) => refuse(log, Errno.EINVAL, `failed to get ELF header for ${path}: ${reason}`)
  const isElf = Buffer.from(bytes.subarray(0, 4)).toString('latin1') === '\x7fELF'
  const known = (at: number) => bytes[at] === 1 || bytes[at] === 2
  if (!isElf || !known(4) || !known(5) || bytes[6] !== 1) return noHeader("invalid `Elf' handle")
  if (bytes.length < (bytes[4] === 2 ? 64 : 52)) return noHeader("invalid `Elf' handle")
  if (bytes[4] !== 2) return noHeader('invalid ELF class')
  return new Elf(bytes, path, silent, true, true)
}

class Loader {
  readonly #elf: Elf
  readonly #path: string
  readonly #log: Log
  readonly #sections: SourceSection[] = [unusedSection()]
  readonly #byName = new Map<string, SourceSection>()
  #symtab = 0
  #types: SourceTypes | undefined
  #ext: BtfExt | undefined

  constructor(elf: Elf, path: string, log: Log) {
    this.#elf = elf
    this.#path = path
    this.#log = log
  }

  #refuse(message: string, errno: number = Errno.EINVAL): never {
    return refuse(this.#log, errno, message)
  }

  load(): SourceObject {
    if (this.#elf.shstrndx === undefined) {
      this.#refuse(`failed to get SHSTRTAB section index for ${this.#path}: invalid section header`)
    }
    for (const section of this.#elf.sections.slice(1)) this.#take(section)
    const symbols = this.#checkElf()
    this.#checkTypes()
    if (this.#ext !== undefined) checkExt(this.#ext, this.#types)
    const symtab = this.#elf.sections[this.#symtab] as Section
    return {
      path: this.#path,
      littleEndian: this.#elf.littleEndian,
      sections: this.#sections,
      byName: this.#byName,
      symbols,
      nameOf: (nameOff) => {
        const found = this.#elf.strptr(symtab.link, nameOff)
        return 'text' in found ? found.text : undefined
      },
      types: this.#types,
      ext: this.#ext,
      symbolMap: new Uint32Array(symbols.length),
      typeMap: new Uint32Array(this.#types?.typeCount ?? 0),
    }
  }

  #take(header: Section): void {
    const { index, type, size } = header
    const named = this.#elf.strptr(this.#elf.shstrndx, header.nameOffset)
    if (!('text' in named))
      return this.#refuse(`failed to get section #${index} name for ${this.#path}: ${named.error}`)
    const name = named.text
    const fault = this.#elf.fault(header)
    if (fault !== undefined) {
      this.#refuse(`failed to get section #${index} (${name}) data from ${this.#path}: ${fault}`)
    }
    const section: SourceSection = {
      name,
      index,
      header: { type, link: header.link, info: header.info, ...this.#elf.wide(header) },
      size,
      data: this.#elf.data(header) ?? new Uint8Array(0),
      skipped: isIgnored(name, header),
      destination: undefined,
      destinationOffset: 0,
      typeId: 0,
    }
    this.#sections.push(section)
    if (!this.#byName.has(name)) this.#byName.set(name, section)
    if (section.skipped) return
    switch (type) {
      case SHT.SYMTAB:
        if (this.#symtab !== 0) this.#refuse('multiple SYMTAB sections found, not supported', Errno.EOPNOTSUPP)
        this.#symtab = index
        break
      case SHT.PROGBITS:
        if (name === '.BTF') {
          this.#types = this.#parseTypes(section.data)
          section.skipped = true
        } else if (name === '.BTF.ext') {
          this.#ext = this.#parseExt(section.data)
          section.skipped = true
        }
        break
      case SHT.NOBITS:
      case SHT.REL:
        break
      default:
        this.#refuse(`unrecognized section #${index} (${name}) in ${this.#path}`)
    }
  }

  #parseTypes(bytes: Uint8Array): SourceTypes {
    const show = (lines: BtfError['lines']) => {
      for (const { level, text } of lines) {
        if (level === 'warn') this.#log.warn(text)
        else this.#log.debug(() => text)
      }
    }
    try {
      const btf = Btf.parse(bytes)
      show(btf.lines)
      return sourceTypes(btf)
    } catch (error) {
      if (!(error instanceof BtfError)) throw error
      show(error.lines)
      return this.#refuse(`failed to parse .BTF from ${this.#path}: ${errstr(error.errno)}`, error.errno)
    }
  }

  #parseExt(bytes: Uint8Array): BtfExt {
    try {
      return parseBtfExt(bytes, this.#log)
    } catch (error) {
      if (!(error instanceof LibbpfError)) throw error
      return this.#refuse(`failed to parse .BTF.ext from '${this.#path}': ${errstr(error.errno)}`, error.errno)
    }
  }

  /** linker_sanity_check_elf. */
  #checkElf(): LinkSymbol[] {
    if (this.#symtab === 0) this.#refuse(`ELF is missing SYMTAB section in ${this.#path}`)
    if (this.#elf.shstrndx === 0) {
      this.#refuse(`ELF is missing section headers STRTAB section in ${this.#path}`)
    }
    const symbols = this.#readSymbols()
    for (const { index, name, header, size } of this.#sections.slice(1)) {
      if (header === undefined) continue
      const { type, flags, align } = header
      const where = `ELF section #${index}`
      if (name === '') this.#refuse(`${where} has empty name in ${this.#path}`)
      if (isDwarf(name)) continue
      if (align & (align - 1n)) {
        this.#refuse(`${where} alignment ${align} is non pow-of-2 alignment in ${this.#path}`)
      }
      const given = dataAlign(type, size > 0 ? flags : 0n, align, this.#elf.sections[index]?.offset ?? 0)
      if (given !== align) {
        this.#refuse(`${where} has inconsistent alignment addr=${align} != d=${given} in ${this.#path}`)
      }
      switch (type) {
        case SHT.SYMTAB:
          checkSymbols(this.#sections, index, symbols, this.#path, this.#log)
          break
        case SHT.PROGBITS:
          if (flags & SHF_EXECINSTR && size % 8 !== 0) {
            this.#refuse(`${where} has unexpected size alignment ${size} in ${this.#path}`)
          }
          break
        case SHT.REL:
          checkRelocations(this.#sections, index, this.#symtab, this.#elf.littleEndian, this.#path, this.#log)
          break
        case SHT.STRTAB:
        case SHT.NOBITS:
        case SHT.LLVM_ADDRSIG:
          break
        default:
          this.#refuse(`${where} (${name}) has unrecognized type ${type} in ${this.#path}`)
      }
    }
    return symbols
  }

  #readSymbols(): LinkSymbol[] {
    const { data } = this.#sections[this.#symtab] as SourceSection
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    const little = this.#elf.littleEndian
    const symbols: LinkSymbol[] = []
    for (let at = 0; at + SYM_SIZE <= data.length; at += SYM_SIZE) {
      const info = view.getUint8(at + 4)
      symbols.push({
        nameOff: view.getUint32(at, little),
        type: info & 15,
        bind: info >>> 4,
        other: view.getUint8(at + 5),
        shndx: view.getUint16(at + 6, little),
        value: view.getBigUint64(at + 8, little),
        size: view.getBigUint64(at + 16, little),
      })
    }
    return symbols
  }

  /** linker_sanity_check_btf. */
  #checkTypes(): void {
    const types = this.#types
    if (types === undefined) return
    const { words, offsets, typeCount } = types
    for (let id = 1; id < typeCount; id++) {
      const at = offsets[id] as number
      let good = forEachId(words, at, (i) => {
        if ((words[i] as number) >= typeCount) throw new LibbpfError(Errno.EINVAL)
      })
      good &&= forEachName(words, at, (i) => {
        if (!types.hasString(words[i] as number)) throw new LibbpfError(Errno.EINVAL)
      })
      if (!good) throw new LibbpfError(Errno.EINVAL)
    }
  }
}

/** The alignment that libelf gives data: of what lies closer to the file's start, at most what the place itself has. */
function dataAlign(type: number, flags: bigint, align: bigint, offset: number): bigint {
  if (flags & SHF_COMPRESSED) return 8n
  if (align === 0n) align = 1n
  if (type === SHT.NOBITS || align <= BigInt(offset)) return align
  return offset === 0 ? 0n : 1n << BigInt(Math.ceil(Math.log2(offset)))
}

function unusedSection(): SourceSection {
  return {
    name: '',
    index: 0,
    header: undefined,
    size: 0,
    data: new Uint8Array(0),
    skipped: true,
    destination: undefined,
    destinationOffset: 0,
    typeId: 0,
  }
}

/** A copy of the words: the linker writes sizes and offsets into them. */
function sourceTypes(btf: Btf): SourceTypes {
  const { words, offsets, strings } = btf.flat()
  const known = new Map<number, string>()
  return {
    words: words.slice(),
    offsets,
    strings,
    typeCount: btf.typeCount,
    hasString: (off) => btf.hasString(off),
    textAt: (off) => {
      let text = known.get(off)
      if (text === undefined) {
        const end = strings.indexOf(0, off)
        text = Buffer.from(strings.subarray(off, end < 0 ? strings.length : end)).toString('latin1')
        known.set(off, text)
      }
      return text
    },
  }
}
