import type { CoreRelo } from '../btf/core/spec.ts'
import type { Fd } from '../uapi/attr.ts'
import { Insns } from '../isa/insn.ts'
import { MapType } from '../uapi/map-type.ts'
import { BPF_OBJ_NAME_LEN } from '../uapi/flags.ts'
import type { LoaderProgram } from './gen-loader/loader.ts'
import type { BtfExt } from './btf-ext.ts'
import type { Elf, Section } from './elf.ts'
import type { Log } from './log.ts'
import type { ObjectBtf } from './object-btf.ts'
import type { SecDef } from './sections.ts'

/** enum reloc_type, in libbpf's order, which its sorting depends on. */
export const RelocType = {
  LD64: 0,
  CALL: 1,
  DATA: 2,
  EXTERN_LD64: 3,
  EXTERN_CALL: 4,
  SUBPROG_ADDR: 5,
  CORE: 6,
  INSN_ARRAY: 7,
} as const

/** struct reloc_desc. */
export interface Reloc {
  type: number
  insnIdx: number
  mapIdx: number
  extIdx: number
  symOff: number
  symSize: number
  core?: CoreRelo
}

/** Records of .BTF.ext that go with a program. */
export interface ProgExtInfo {
  recordSize: number
  records: Uint8Array
}

/** struct bpf_program. Programs of `.text` are subprograms and never loaded by themselves. */
export class BpfProgram {
  readonly name: string
  /** Without the `?` that switches a program off. */
  readonly sectionName: string
  readonly secIdx: number
  readonly secInsnOff: number
  readonly secInsnCnt: number
  /** Where this subprogram stands in the program that is being put together; 0 where it isn't yet. */
  subInsnOff = 0
  insns: Insns
  relocs: Reloc[] = []
  secDef: SecDef | undefined
  type = 0
  expectedAttachType = 0
  autoload: boolean
  symGlobal = false
  markBtfStatic = false
  /** prog_flags of BPF_PROG_LOAD. */
  flags = 0
  ifindex = 0
  logLevel: number
  attachBtfObjFd: Fd = 0
  attachBtfId = 0
  attachProgFd: Fd = 0
  funcInfo: ProgExtInfo | undefined
  lineInfo: ProgExtInfo | undefined
  exceptionCb: BpfProgram | undefined
  /** Where the appended subprograms came from and stand. */
  subprogs: { secInsnOff: number; subInsnOff: number }[] = []
  /** -1 until loaded. */
  fd: Fd = -1
  /** The number that libbpf's messages give its descriptor. */
  shownFd = -1

  constructor(name: string, section: string, secIdx: number, secOff: number, insns: Uint8Array, logLevel: number) {
    this.name = name
    this.autoload = !section.startsWith('?')
    this.sectionName = this.autoload ? section : section.slice(1)
    this.secIdx = secIdx
    this.secInsnOff = secOff / 8
    this.secInsnCnt = insns.length / 8
    this.insns = new Insns(insns.slice())
    this.logLevel = logLevel
  }
}

export const InternalMap = { NONE: 0, DATA: 1, BSS: 2, RODATA: 3, KCONFIG: 4 } as const

export interface MapDef {
  type: number
  keySize: number
  valueSize: number
  maxEntries: number
  mapFlags: number
}

/** struct bpf_struct_ops: what a struct_ops map's variable holds. */
export interface StructOps {
  typeId: number
  data: Uint8Array
  /** Programs by member. */
  progs: (BpfProgram | undefined)[]
  /** Programs by the byte offset in `data` that a relocation named. */
  placed: Map<number, BpfProgram>
  kernData: Uint8Array | undefined
  kernFuncOff: number[]
}

/** struct bpf_map. */
export class BpfMap {
  name: string
  /** The section's name, for maps of global data. */
  realName: string | undefined
  secIdx = 0
  secOffset = 0
  def: MapDef = { type: 0, keySize: 0, valueSize: 0, maxEntries: 0, mapFlags: 0 }
  internal: number = InternalMap.NONE
  numaNode = 0
  ifindex = 0
  btfVarIdx = 0
  btfKeyTypeId = 0
  btfValueTypeId = 0
  btfVmlinuxValueTypeId = 0
  mapExtra = 0n
  pinPath: string | undefined
  pinned = false
  reused = false
  autocreate = true
  innerMap: BpfMap | undefined
  initSlots: (BpfMap | BpfProgram | undefined)[] = []
  /** Initial bytes of global data; the rest of the value is zero. */
  content: Uint8Array | undefined
  structOps: StructOps | undefined
  /** -1 until created or reused. */
  fd: Fd = -1
  /** The number that libbpf's messages give this map's descriptor: the one that it sets aside when opening. */
  readonly shownFd: number

  constructor(name: string, shownFd: number) {
    this.name = name
    this.shownFd = shownFd
  }

  get isInternal(): boolean {
    return this.internal !== InternalMap.NONE
  }

  get isStructOps(): boolean {
    return this.def.type === MapType.STRUCT_OPS
  }

  get isMapInMap(): boolean {
    return this.def.type === MapType.ARRAY_OF_MAPS || this.def.type === MapType.HASH_OF_MAPS
  }

  /** map_uses_real_name. */
  get usesRealName(): boolean {
    if (this.internal === InternalMap.DATA) return this.realName !== '.data'
    return this.internal === InternalMap.RODATA && this.realName !== '.rodata'
  }

  /** bpf_map__name: global data of a section of its own goes by the section's name. */
  get shownName(): string {
    return this.usesRealName ? (this.realName ?? this.name) : this.name
  }
}

export const ExternType = { UNKNOWN: 0, KCFG: 1, KSYM: 2 } as const
export const KcfgType = { UNKNOWN: 0, CHAR: 1, BOOL: 2, INT: 3, TRISTATE: 4, CHAR_ARR: 5 } as const

/** struct extern_desc. */
export interface Extern {
  type: number
  symIdx: number
  btfId: number
  name: string
  /** The name without its `___flavour`, where it has one. */
  essentName: string | undefined
  isSet: boolean
  isWeak: boolean
  kcfg: { type: number; size: number; align: number; dataOff: number; signed: boolean }
  ksym: { addr: bigint; kernelBtfObjFd: Fd; kernelBtfId: number; typeId: number; btfFdIdx: number }
}

/** enum sec_type: what a section of the object holds. */
export const SecUse = { UNUSED: 0, RELO: 1, BSS: 2, DATA: 3, RODATA: 4, ST_OPS: 5 } as const

export interface SecDesc {
  use: number
  section: Section
  data: Uint8Array
}

/** What is known of the object's sections while it is opened (struct elf_state). */
export interface ElfState {
  elf: Elf
  /** By section index; missing where the section isn't used. */
  descs: (SecDesc | undefined)[]
  mapsShndx: number
  mapsBtfId: number
  textShndx: number
  symbolsShndx: number
  hasStructOps: boolean
  arena: SecDesc | undefined
  jumptables: SecDesc | undefined
}

export interface OpenOptions {
  /** libbpf_set_print's callback; without one libbpf is silent. */
  print?: (level: 'warn' | 'info' | 'debug', text: string) => void
  /** Whether `print` wants debug messages; else they aren't even made. */
  debug?: boolean
  /** Unknown attributes of maps are skipped (bpftool -m). */
  relaxedMaps?: boolean
  /** log_level of BPF_PROG_LOAD (bpftool -d asks for 7). */
  kernelLogLevel?: number
  pinRootPath?: string
  /** Kernel BTF to relocate CO-RE accesses against, and its bytes. */
  customBtf?: { path: string; bytes: Uint8Array }
  /** Extra Kconfig lines, read before the system's. */
  kconfig?: string
  /** object_name of bpf_object__open_mem: the file is in memory, and this is all that it is called. */
  objectName?: string
}

/** struct bpf_object. */
export class BpfObject {
  readonly name: string
  readonly path: string
  readonly options: OpenOptions
  readonly log: Log
  license = ''
  kernVersion: number | undefined
  littleEndian = true
  readonly programs: BpfProgram[] = []
  readonly maps: BpfMap[] = []
  readonly externs: Extern[] = []
  /** Numbers of externs by symbol. */
  readonly externOfSymbol = new Map<number, number>()
  kconfigMapIdx = -1
  arenaMapIdx = -1
  hasRodata = false
  btf: ObjectBtf | undefined
  btfFd: Fd = -1
  btfExt: BtfExt | undefined
  textShndx = 0
  arenaData: Uint8Array | undefined
  arenaDataOff = 0
  jumptables: Uint8Array | undefined
  fdArray: Fd[] = []
  state: 'open' | 'prepared' | 'loaded' = 'open'
  /** Set by generateLoader: what would go to the kernel is written into a program. */
  loader: LoaderProgram | undefined
  /** Numbers below `nextShownFd` that are free again, the lowest first. */
  freeShownFds: number[] = [3]
  /** Descriptors 0 to 2, and 3 for the file that is being read. */
  nextShownFd = 4

  constructor(path: string, options: OpenOptions, log: Log) {
    this.path = options.objectName ?? path
    this.options = options
    this.log = log
    if (options.objectName !== undefined) {
      this.name = options.objectName
      return
    }
    const base = path.slice(path.lastIndexOf('/') + 1).slice(0, BPF_OBJ_NAME_LEN - 1)
    const dot = base.indexOf('.')
    this.name = dot < 0 ? base : base.slice(0, dot)
  }

  /** bpf_object__add_map. */
  addMap(name: string): BpfMap {
    const map = new BpfMap(name, this.nextShownFd++)
    this.maps.push(map)
    return map
  }

  /** prog_is_subprog. */
  isSubprog(prog: BpfProgram): boolean {
    return prog.secIdx === this.textShndx
  }

  /** bpf_object__for_each_program: subprograms are left out. */
  *entryPrograms(): Generator<BpfProgram> {
    for (const prog of this.programs) if (!this.isSubprog(prog)) yield prog
  }

  findProgram(name: string): BpfProgram | undefined {
    return this.programs.find((prog) => !this.isSubprog(prog) && prog.name === name)
  }

  /** bpf_object__find_map_by_name. */
  findMap(name: string): BpfMap | undefined {
    return this.maps.find((map) => (name.startsWith('.') ? map.realName : map.shownName) === name)
  }

  /** find_prog_by_sec_insn. */
  programAt(secIdx: number, insnIdx: number): BpfProgram | undefined {
    let low = 0
    let high = this.programs.length - 1
    while (low < high) {
      const middle = low + ((high - low + 1) >>> 1)
      const prog = this.programs[middle] as BpfProgram
      if (prog.secIdx < secIdx || (prog.secIdx === secIdx && prog.secInsnOff <= insnIdx)) low = middle
      else high = middle - 1
    }
    const prog = this.programs[low]
    if (prog === undefined || prog.secIdx !== secIdx) return undefined
    return insnIdx >= prog.secInsnOff && insnIdx < prog.secInsnOff + prog.secInsnCnt ? prog : undefined
  }
}
