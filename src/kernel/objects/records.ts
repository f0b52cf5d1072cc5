import type { MapField } from '../btf/field-types.ts'

/** What the kernel keeps about each object: the part that most commands read. Large parts are blobs of their own. */

/** struct bpf_map, as far as it is kept. */
export interface MapRecord {
  id: number
  type: number
  name: string
  keySize: number
  valueSize: number
  maxEntries: number
  mapFlags: number
  mapExtra: bigint
  numaNode: number
  ifindex: number
  btfId: number
  btfKeyTypeId: number
  btfValueTypeId: number
  btfVmlinuxValueTypeId: number
  btfVmlinuxId: number
  frozen: boolean
  /** Made by one whose programs needn't be kept from reading it speculatively; else array indices are masked. */
  bypassSpecV1: boolean
  /** What a map in this one must look like (bpf_map_meta_equal): the template of a map-in-map. */
  innerMap: InnerMapMeta | undefined
  /** hash seed (htab->hashrnd); 0 with BPF_F_ZERO_SEED. */
  seed: number
  /** Owner of a prog_array or devmap program: decided by the first program that uses it. */
  owner: MapOwner | undefined
  /** Durable holders: pins, programs, outer maps, links, processes. */
  refs: number
  /** Special fields of its values (map->record), by offset: see maps/value.ts for copies that leave them alone. */
  fields: readonly MapField[]
  /** Facts that one family keeps for itself, such as queue positions; JSON-able. */
  extra: Record<string, number>
}

/** struct bpf_map_owner. */
export interface MapOwner {
  type: number
  jited: boolean
  xdpHasFrags: boolean
  attachFuncProtoId: number
  expectedAttachType: number
}

export type InnerMapMeta = Pick<
  MapRecord,
  | 'type'
  | 'keySize'
  | 'valueSize'
  | 'maxEntries'
  | 'mapFlags'
  | 'btfId'
  | 'btfKeyTypeId'
  | 'btfValueTypeId'
  | 'bypassSpecV1'
  | 'fields'
>

/** What others that are attached to a function must know of it (bpf_func_info_aux, and its own bpf_prog_aux). */
export const SubprogFlag = { UNRELIABLE: 1, CHANGES_PKT_DATA: 2, MIGHT_SLEEP: 4, EXCEPTION_CB: 8 } as const

/** One function of a program: its first instruction in xlated slots, and bytes of what it was compiled to. */
export interface KeptSubprog {
  start: number
  tag: string
  name: string
  jitedLen: number
  /** In the program's BTF; 0 where it gave no function information. */
  typeId: number
  /** SubprogFlag bits. */
  flags: number
}

/** struct bpf_prog and bpf_prog_aux, as far as they are kept. */
export interface ProgRecord {
  id: number
  type: number
  expectedAttachType: number
  name: string
  /** 8 bytes, hexadecimal. */
  tag: string
  progFlags: number
  ifindex: number
  /** Nanoseconds of CLOCK_BOOTTIME. */
  loadTime: bigint
  createdByUid: number
  gplCompatible: boolean
  sleepable: boolean
  xdpHasFrags: boolean
  /** Maps that the program holds, in the order of used_maps. */
  mapIds: number[]
  btfId: number
  attachBtfId: number
  attachBtfObjId: number
  attachProgId: number
  /** Type of the program that it was loaded for (saved_dst_prog_type); 0 where it's for none. */
  dstProgType: number
  /** attach_func_proto: one number for a BTF object and a type of it; 0 for none. */
  attachFuncProtoId: number
  /** Bytes of the translated program. */
  xlatedLen: number
  /** Bytes of what it was compiled to: a WebAssembly module. 0 where it wasn't. */
  jitedLen: number
  /** memlock: pages of the program, in bytes. */
  memlock: number
  verifiedInsns: number
  runTimeNs: bigint
  runCnt: bigint
  recursionMisses: bigint
  subprogs: KeptSubprog[]
  nrFuncInfo: number
  nrLineInfo: number
  /** Bytes of its context that a program of raw bytes looks at (max_ctx_offset). */
  maxCtxOffset: number
  refs: number
}

/** struct btf. */
export interface BtfRecord {
  id: number
  name: string
  size: number
  kernelBtf: boolean
  refs: number
}

/** Name of a part in Table.BLOB; its key is the kind, the id and the part. */
export const Blob = {
  /** xlated instructions as the runtime runs them (real addresses in imm). */
  PROG_INSNS: 0,
  PROG_FUNC_INFO: 1,
  PROG_LINE_INFO: 2,
  BTF_DATA: 3,
  /** What the runtime needs beyond the instructions: see kernel/runtime. */
  PROG_RUN: 4,
  /** Where the code of each line record begins: see kernel/load/jited-lines.ts. */
  PROG_JITED_LINES: 5,
} as const

/** Name of map->writecnt among a record's facts: who mapped an arena once keeps it from being frozen. */
export const MMAP_WRITERS = 'writecnt'
