import type { BtfExt } from '../btf-ext.ts'

export const SHT = { PROGBITS: 1, SYMTAB: 2, STRTAB: 3, NOBITS: 8, REL: 9, LLVM_ADDRSIG: 0x6fff4c03 } as const
export const SHF_ALLOC = 2n
export const SHF_EXECINSTR = 4n
export const SHF_STRINGS = 0x20n
export const SHF_COMPRESSED = 0x800n
export const SHN_UNDEF = 0
export const SHN_LORESERVE = 0xff00
export const STB = { LOCAL: 0, GLOBAL: 1, WEAK: 2 } as const
export const STT = { NOTYPE: 0, OBJECT: 1, FUNC: 2, SECTION: 3 } as const
export const STV_HIDDEN = 2
export const INSN_SIZE = 8
export const MAPS_SECTION = '.maps'
export const JUMPTABLES_SECTION = '.jumptables'
/** Where clang's types put externs that no section is named for: the linker resolves them, not the kernel. */
export const EXTERN_SECTION = '.extern'

/** What the linker keeps of a section's header. */
export interface SectionHeader {
  type: number
  flags: bigint
  link: number
  info: number
  align: bigint
  entsize: bigint
}

/** One symbol, an Elf64_Sym. */
export interface LinkSymbol {
  nameOff: number
  type: number
  bind: number
  /** st_other whole; its lower two bits are the visibility. */
  other: number
  shndx: number
  value: bigint
  size: bigint
}

/** struct src_sec. */
export interface SourceSection {
  name: string
  /** Index in the ELF file; 0 for an ephemeral section, which only types tell of. */
  index: number
  header: SectionHeader | undefined
  size: number
  data: Uint8Array
  skipped: boolean
  /** The output's section that it becomes a part of, and where it begins there. */
  destination: DestinationSection | undefined
  destinationOffset: number
  /** Its DATASEC; 0: none. */
  typeId: number
}

/** Types to read: an input's, or those of the output so far. Words may be changed in place. */
export interface LinkTypes {
  readonly words: Uint32Array
  readonly offsets: Uint32Array
  readonly typeCount: number
  /** A string, each character a byte. */
  textAt(off: number): string
}

/** Types of an input; `strings` as in FlatBtf. */
export interface SourceTypes extends LinkTypes {
  readonly strings: Uint8Array
  hasString(off: number): boolean
}

/** struct src_obj. */
export interface SourceObject {
  path: string
  littleEndian: boolean
  /** By ELF index, [0] unused; ephemeral sections behind them. */
  sections: SourceSection[]
  byName: Map<string, SourceSection>
  symbols: readonly LinkSymbol[]
  /** A symbol's name by its offset; undefined where there is none. */
  nameOf(nameOff: number): string | undefined
  types: SourceTypes | undefined
  ext: BtfExt | undefined
  /** By symbol, the output's; by type, the output's. */
  symbolMap: Uint32Array
  typeMap: Uint32Array
}

/** Records of one section in one table of .BTF.ext. */
export interface ExtRecords {
  recordSize: number
  count: number
  pieces: Uint8Array[]
}

/** struct dst_sec. */
export interface DestinationSection {
  name: string
  /** Its place among all, the ephemeral ones too. */
  id: number
  ephemeral: boolean
  /** Set with its place in the ELF file. */
  index: number
  header: (SectionHeader & { nameOff: number }) | undefined
  size: number
  data: Uint8Array
  /** Its STT_SECTION symbol; 0: none yet. */
  symbol: number
  hasTypes: boolean
  /** Type, offset and size of each variable. */
  variables: number[]
  funcInfo: ExtRecords
  lineInfo: ExtRecords
  coreRelo: ExtRecords
}

/** struct glob_sym: a global symbol of the output, defined or not. */
export interface GlobalSymbol {
  symbol: number
  /** 0 for what is in no section. */
  sectionId: number
  typeId: number
  /** What its VAR or FUNC refers to; negative while it is an id of the input. */
  underlying: number
  /** Its place among the section's variables; -1: not there. */
  variable: number
  isExtern: boolean
  isWeak: boolean
}
