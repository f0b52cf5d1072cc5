/**
 * Attributes and answers of bpf(2)'s commands. Names are the kernel's (union bpf_attr, struct bpf_*_info), in camel case;
 * a field left out is zero, as in a cleared `union bpf_attr`.
 */

/** A file descriptor of the simulated process. */
export type Fd = number

/** BPF_MAP_CREATE. */
export interface MapCreateAttr {
  mapType: number
  keySize: number
  valueSize: number
  maxEntries: number
  mapFlags?: number
  innerMapFd?: Fd
  numaNode?: number
  mapName?: string
  mapIfindex?: number
  btfFd?: Fd
  btfKeyTypeId?: number
  btfValueTypeId?: number
  btfVmlinuxValueTypeId?: number
  mapExtra?: bigint
  valueTypeBtfObjFd?: Fd
  mapTokenFd?: Fd
}

/** BPF_MAP_LOOKUP_BATCH and its kin. */
export interface BatchAttr {
  /** Elements to work on at most. */
  count: number
  /** Where to go on: what an earlier call gave as `outBatch`. */
  inBatch?: Uint8Array
  elemFlags?: number
  flags?: number
}

/** What these commands leave: they may do a part and then fail. */
export interface BatchResult {
  /** 0 when all went well; ENOENT when a lookup came to the map's end. */
  errno: number
  /** Elements that were worked on. */
  count: number
  /** Of lookups: keys, and values as bpf(2) gives them, one behind the other. */
  keys: Uint8Array
  values: Uint8Array
  outBatch?: Uint8Array | undefined
}

/** BPF_PROG_LOAD. */
export interface ProgLoadAttr {
  progType: number
  /** Slots of 8 bytes in the machine's byte order. */
  insns: Uint8Array
  license: string
  /** 0 none, 1 and 2 the verifier's detail, 4 statistics; may be combined as the kernel allows. */
  logLevel?: number
  /** Bytes of the caller's log buffer; the kernel keeps the end of a longer log. */
  logSize?: number
  kernVersion?: number
  progFlags?: number
  progName?: string
  progIfindex?: number
  expectedAttachType?: number
  progBtfFd?: Fd
  funcInfoRecSize?: number
  funcInfo?: Uint8Array
  lineInfoRecSize?: number
  lineInfo?: Uint8Array
  attachBtfId?: number
  attachProgFd?: Fd
  attachBtfObjFd?: Fd
  coreRelos?: Uint8Array
  coreReloRecSize?: number
  fdArray?: readonly Fd[]
  /** How many of them are maps and BTF that the program holds, whether its instructions name them or not. */
  fdArrayCnt?: number
  /** PKCS#7 over the instructions, and the keyring that has its key. */
  signature?: Uint8Array
  keyringId?: number
  progTokenFd?: Fd
}

/** BPF_BTF_LOAD. */
export interface BtfLoadAttr {
  btf: Uint8Array
  logLevel?: number
  logSize?: number
  btfFlags?: number
  btfTokenFd?: Fd
}

/** A finished load and what the verifier wrote. */
export interface Loaded {
  fd: Fd
  log: string
  /** Bytes of a buffer that the whole log would have fitted in. */
  logTrueSize: number
}

/** BPF_PROG_TEST_RUN. Sizes in bytes. */
export interface TestRunAttr {
  dataIn?: Uint8Array
  /** Room for data_out; with less than the kernel writes, the rest is cut and the error is ENOSPC. */
  dataSizeOut?: number
  ctxIn?: Uint8Array
  /** Places in ctxIn that hold a pointer to a buffer of the caller's, which the program may have filled. */
  ctxPointers?: readonly { off: number; buffer: Uint8Array }[]
  ctxSizeOut?: number
  repeat?: number
  flags?: number
  cpu?: number
  batchSize?: number
}

export interface TestRunResult {
  retval: number
  /** Nanoseconds a run, on average. */
  duration: number
  dataOut: Uint8Array
  /** What the kernel reports in data_size_out; may be more than `dataOut` holds. */
  dataSizeOut: number
  ctxOut: Uint8Array
  ctxSizeOut: number
  /** Set when the kernel wrote all this and yet failed (ENOSPC: the buffer was short). */
  errno: number
}

/** struct bpf_map_info. */
export interface MapInfo {
  type: number
  id: number
  keySize: number
  valueSize: number
  maxEntries: number
  mapFlags: number
  name: string
  ifindex: number
  btfVmlinuxValueTypeId: number
  netnsDev: bigint
  netnsIno: bigint
  btfId: number
  btfKeyTypeId: number
  btfValueTypeId: number
  btfVmlinuxId: number
  mapExtra: bigint
}

/** Which of the arrays of struct bpf_prog_info to fetch; what isn't asked for is not read. */
export interface ProgInfoWants {
  xlatedProgInsns?: boolean
  jitedProgInsns?: boolean
  mapIds?: boolean
  jitedKsyms?: boolean
  jitedFuncLens?: boolean
  funcInfo?: boolean
  lineInfo?: boolean
  jitedLineInfo?: boolean
  progTags?: boolean
}

/** struct bpf_prog_info. Lengths and counts are always set, arrays only where they were asked for. */
export interface ProgInfo {
  type: number
  id: number
  /** 8 bytes. */
  tag: Uint8Array
  jitedProgLen: number
  xlatedProgLen: number
  jitedProgInsns?: Uint8Array
  xlatedProgInsns?: Uint8Array
  loadTime: bigint
  createdByUid: number
  nrMapIds: number
  mapIds?: readonly number[]
  name: string
  ifindex: number
  gplCompatible: boolean
  netnsDev: bigint
  netnsIno: bigint
  nrJitedKsyms: number
  nrJitedFuncLens: number
  jitedKsyms?: readonly bigint[]
  jitedFuncLens?: readonly number[]
  btfId: number
  funcInfoRecSize: number
  nrFuncInfo: number
  funcInfo?: Uint8Array
  lineInfoRecSize: number
  nrLineInfo: number
  lineInfo?: Uint8Array
  jitedLineInfoRecSize: number
  nrJitedLineInfo: number
  jitedLineInfo?: readonly bigint[]
  nrProgTags: number
  progTags?: readonly Uint8Array[]
  runTimeNs: bigint
  runCnt: bigint
  recursionMisses: bigint
  verifiedInsns: number
  attachBtfObjId: number
  attachBtfId: number
}

/** struct bpf_btf_info. */
export interface BtfInfo {
  id: number
  btfSize: number
  /** Only when asked for. */
  btf?: Uint8Array
  name: string
  kernelBtf: boolean
}

/** struct bpf_link_info, by the link's type; grows with the links that can be made. */
export interface LinkInfo {
  type: number
  id: number
  progId: number
}

export type ObjectKind = 'map' | 'prog' | 'btf' | 'link'
