import { helperNames } from '../../uapi/helper-names.ts'

/** Where fields of union bpf_attr stand, for the commands that a loader program gives; `size` is what it passes. */
export const MapCreateAttrAt = {
  mapType: 0,
  keySize: 4,
  valueSize: 8,
  maxEntries: 12,
  mapFlags: 16,
  innerMapFd: 20,
  numaNode: 24,
  mapName: 28,
  mapIfindex: 44,
  btfFd: 48,
  btfKeyTypeId: 52,
  btfValueTypeId: 56,
  mapExtra: 64,
  size: 72,
} as const

export const MapElemAttrAt = { mapFd: 0, key: 8, value: 16, size: 32 } as const

export const MapFreezeAttrAt = { mapFd: 0, size: 4 } as const

export const ProgLoadAttrAt = {
  progType: 0,
  insnCnt: 4,
  insns: 8,
  license: 16,
  logLevel: 24,
  logSize: 28,
  logBuf: 32,
  progFlags: 44,
  progName: 48,
  progIfindex: 64,
  expectedAttachType: 68,
  progBtfFd: 72,
  funcInfoRecSize: 76,
  funcInfo: 80,
  funcInfoCnt: 88,
  lineInfoRecSize: 92,
  lineInfo: 96,
  lineInfoCnt: 104,
  attachBtfId: 108,
  attachBtfObjFd: 112,
  coreReloCnt: 116,
  fdArray: 120,
  coreRelos: 128,
  coreReloRecSize: 136,
  size: 140,
} as const

export const BtfLoadAttrAt = { btf: 0, btfLogBuf: 8, btfSize: 16, btfLogSize: 20, btfLogLevel: 24, size: 28 } as const

/** struct bpf_loader_ctx, then a struct bpf_map_desc for each map and a struct bpf_prog_desc for each program. */
export const LoaderCtxAt = { flags: 4, logLevel: 8, logSize: 12, logBuf: 16, size: 24 } as const
export const MapDescAt = { mapFd: 0, maxEntries: 4, initialValue: 8, size: 16 } as const
export const PROG_DESC_SIZE = 4
/** ctx->flags: who loads is the kernel itself. */
export const BPF_SKEL_KERNEL = 1

export function mapDesc(mapIdx: number): number {
  return LoaderCtxAt.size + MapDescAt.size * mapIdx
}

/** struct loader_stack: the descriptors that the program holds while it runs. */
const MAX_USED_PROGS = 32
const PROG_FDS = 8
export const STACK_SIZE = PROG_FDS + 4 * MAX_USED_PROGS
export const BTF_FD_AT = -STACK_SIZE
export const INNER_MAP_FD_AT = -STACK_SIZE + 4

/** Bytes of the stack that programs up to the `count`th use. */
export function stackUsed(count: number): number {
  return PROG_FDS + 4 * count
}

export function progFdAt(index: number): number {
  return -STACK_SIZE + stackUsed(index)
}

/** The blob begins with the descriptors of maps and of modules' BTF (fd_array). */
export const MAX_USED_MAPS = 64
export const MAX_KFUNC_DESCS = 256
export const FD_ARRAY_LENGTH = MAX_USED_MAPS + MAX_KFUNC_DESCS

function helper(name: string): number {
  return helperNames.indexOf(name)
}

/** The helpers that a loader program calls. */
export const LoaderHelper = {
  probeReadKernel: helper('probe_read_kernel'),
  copyFromUser: helper('copy_from_user'),
  sysBpf: helper('sys_bpf'),
  btfFindByNameKind: helper('btf_find_by_name_kind'),
  sysClose: helper('sys_close'),
  kallsymsLookupName: helper('kallsyms_lookup_name'),
} as const
