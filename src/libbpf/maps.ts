import { Errno } from '../uapi/errno.ts'
import { MapFlag } from '../uapi/flags.ts'
import { MapType } from '../uapi/map-type.ts'
import { LibbpfError, errstr } from './error.ts'
import type { Log } from './log.ts'
import { PIN_BY_NAME, parseMapDefinition } from './map-definition.ts'
import type { BtfMapDef } from './map-definition.ts'
import { BpfMap, ExternType, InternalMap, SecUse } from './model.ts'
import type { BpfObject, ElfState, SecDesc } from './model.ts'
import { BtfKind, VarLinkage, kindName } from './object-btf.ts'
import type { ObjectBtf } from './object-btf.ts'
import { initStructOps } from './struct-ops.ts'

export const PAGE_SIZE = 4096
const BPF_FS_DEFAULT_PATH = '/sys/fs/bpf'
const PATH_MAX = 4096
const OBJ_NAME_LEN = 16
/** Far above what any configuration needs, far below what a lying file may say. */
const MAX_KCONFIG = 1 << 26

function fail(errno: number): never {
  throw new LibbpfError(errno)
}

/** bpf_object__init_maps: user maps, then global data, kconfig and struct_ops. */
export function initMaps(obj: BpfObject, state: ElfState): void {
  initUserMaps(obj, state)
  initGlobalData(obj, state)
  initKconfigMap(obj, state)
  initStructOps(obj, state)
}

/** bpf_object__init_user_btf_maps. */
function initUserMaps(obj: BpfObject, state: ElfState): void {
  const { btf, log } = obj
  if (state.mapsShndx < 0 || btf === undefined) return
  const section = state.elf.section(state.mapsShndx)
  const data = state.elf.data(section)
  if (section === undefined || data === undefined) {
    log.warn(`elf: failed to get .maps map definitions for ${obj.path}`)
    fail(Errno.EINVAL)
  }
  const secId = btf.findByNameKind('.maps', BtfKind.DATASEC)
  if (secId === undefined) {
    log.warn("DATASEC '.maps' not found.")
    fail(Errno.ENOENT)
  }
  state.mapsBtfId = secId
  for (let i = 0; i < btf.vlen(secId); i++) initUserMap(obj, btf, state, secId, i, section.size)
  initArena(obj, state)
}

function initUserMap(obj: BpfObject, btf: ObjectBtf, state: ElfState, secId: number, i: number, size: number): void {
  const { log } = obj
  const varId = btf.secVarType(secId, i)
  const offset = btf.secVarOffset(secId, i)
  const varSize = btf.secVarSize(secId, i)
  const name = btf.name(varId)
  if (name === '') {
    log.warn(`map #${i}: empty name.`)
    fail(Errno.EINVAL)
  }
  const refuse = (message: string, errno: number = Errno.EINVAL): never => {
    log.warn(`map '${name}'${message}`)
    return fail(errno)
  }
  if (offset + varSize > size) refuse(' BTF data is corrupted.')
  if (btf.kind(varId) !== BtfKind.VAR) refuse(`: unexpected var kind ${kindName(btf.kind(varId))}.`)
  const linkage = btf.varLinkage(varId)
  if (linkage !== VarLinkage.GLOBAL) {
    refuse(`: unsupported map linkage ${['static', 'global', 'extern'][linkage] ?? 'unknown'}.`, Errno.ENOTSUP)
  }
  const defId = btf.skipModsAndTypedefs(btf.type(varId))
  if (btf.kind(defId) !== BtfKind.STRUCT) refuse(`: unexpected def kind ${kindName(btf.kind(varId))}.`)
  if (btf.size(defId) > varSize) refuse(': invalid def size.')
  const map = obj.addMap(name)
  map.secIdx = state.mapsShndx
  map.secOffset = offset
  map.btfVarIdx = i
  log.debug(() => `map '${name}': at sec_idx ${map.secIdx}, offset ${map.secOffset}.`)
  const def = parseMapDefinition(name, btf, defId, obj.options.relaxedMaps !== true, log)
  fill(map, def, log)
  if (def.pinning === PIN_BY_NAME) {
    const path = `${obj.options.pinRootPath ?? BPF_FS_DEFAULT_PATH}/${map.shownName}`
    if (path.length >= PATH_MAX) {
      log.warn(`map '${name}': couldn't build pin path.`)
      fail(Errno.ENAMETOOLONG)
    }
    map.pinPath = path
  }
  if (def.inner !== undefined) {
    map.innerMap = new BpfMap(`${name}.inner`, obj.nextShownFd++)
    map.innerMap.secIdx = state.mapsShndx
    fill(map.innerMap, def.inner, log)
  }
}

/** adjust_ringbuf_sz: the kernel wants a power of two of pages. */
export function adjustRingbufSize(size: number): number {
  if (size === 0) return 0
  const pages = size / PAGE_SIZE
  if (Number.isInteger(pages) && (pages & (pages - 1)) === 0) return size
  for (let room = PAGE_SIZE; room <= 0x8000_0000; room *= 2) if (room > size) return room
  return size
}

/** fill_map_from_def. */
function fill(map: BpfMap, def: BtfMapDef, log: Log): void {
  map.def = {
    type: def.mapType,
    keySize: def.keySize ?? 0,
    valueSize: def.valueSize ?? 0,
    maxEntries: def.maxEntries ?? 0,
    mapFlags: def.mapFlags ?? 0,
  }
  map.mapExtra = def.mapExtra ?? 0n
  map.numaNode = def.numaNode ?? 0
  map.btfKeyTypeId = def.keyTypeId ?? 0
  map.btfValueTypeId = def.valueTypeId ?? 0
  if (def.mapType === MapType.RINGBUF || def.mapType === MapType.USER_RINGBUF) {
    map.def.maxEntries = adjustRingbufSize(map.def.maxEntries)
  }
  const found = (what: string): void => {
    log.debug(() => `map '${map.name}': found ${what}`)
  }
  found(`type = ${def.mapType}.`)
  if (def.keyTypeId !== undefined) found(`key [${def.keyTypeId}], sz = ${def.keySize ?? 0}.`)
  else if (def.keySize !== undefined) found(`key_size = ${def.keySize}.`)
  if (def.valueTypeId !== undefined) found(`value [${def.valueTypeId}], sz = ${def.valueSize ?? 0}.`)
  else if (def.valueSize !== undefined && !def.valueSizeImplied) found(`value_size = ${def.valueSize}.`)
  if (def.maxEntries !== undefined) found(`max_entries = ${def.maxEntries}.`)
  if (def.mapFlags !== undefined) found(`map_flags = 0x${def.mapFlags.toString(16)}.`)
  if (def.mapExtra !== undefined) found(`map_extra = 0x${def.mapExtra.toString(16)}.`)
  if (def.pinning !== undefined) found(`pinning = ${def.pinning}.`)
  if (def.numaNode !== undefined) found(`numa_node = ${def.numaNode}.`)
  if (def.inner !== undefined) found('inner map definition.')
}

function initArena(obj: BpfObject, state: ElfState): void {
  const { log } = obj
  obj.maps.forEach((map, i) => {
    if (map.def.type !== MapType.ARENA) return
    const other = obj.maps[obj.arenaMapIdx]
    if (other !== undefined) {
      log.warn(`map '${map.name}': only single ARENA map is supported (map '${other.name}' is also ARENA)`)
      fail(Errno.EINVAL)
    }
    obj.arenaMapIdx = i
    if (state.arena === undefined) return
    const { data } = state.arena
    const room = PAGE_SIZE * map.def.maxEntries
    if (Math.ceil(data.length / PAGE_SIZE) * PAGE_SIZE > room) {
      log.warn(
        `elf: sec '.addr_space.1': declared ARENA map size (${room}) is too small to hold global __arena variables ` +
          `of size ${data.length}`,
      )
      fail(Errno.E2BIG)
    }
    obj.arenaData = data.slice()
  })
  if (state.arena !== undefined && obj.arenaMapIdx < 0) {
    log.warn(
      "elf: sec '.addr_space.1': to use global __arena variables the ARENA map should be explicitly declared in " +
        'SEC(".maps")',
    )
    fail(Errno.ENOENT)
  }
}

/** bpf_object__init_global_data_maps. */
function initGlobalData(obj: BpfObject, state: ElfState): void {
  for (const desc of state.descs) {
    if (desc === undefined || desc.section.size === 0) continue
    switch (desc.use) {
      case SecUse.DATA:
        initSectionMap(obj, state, InternalMap.DATA, desc)
        break
      case SecUse.RODATA:
        obj.hasRodata = true
        initSectionMap(obj, state, InternalMap.RODATA, desc)
        break
      case SecUse.BSS:
        initSectionMap(obj, state, InternalMap.BSS, desc)
        break
      default:
    }
  }
}

function initSectionMap(obj: BpfObject, state: ElfState, internal: number, desc: SecDesc): void {
  const name = state.elf.sectionName(desc.section) ?? ''
  const data = internal === InternalMap.BSS ? undefined : desc.data.slice()
  initInternalMap(obj, internal, name, desc.section.index, data, desc.section.size)
}

/** bpf_object__init_kconfig_map. */
function initKconfigMap(obj: BpfObject, state: ElfState): void {
  const last = obj.externs.findLast((ext) => ext.type === ExternType.KCFG)
  if (last === undefined) return
  const size = last.kcfg.dataOff + last.kcfg.size
  if (size > MAX_KCONFIG) {
    obj.log.warn(`failed to alloc map '${internalMapName(obj, '.kconfig')}' content buffer: ${errstr(Errno.ENOMEM)}`)
    fail(Errno.ENOMEM)
  }
  initInternalMap(obj, InternalMap.KCONFIG, '.kconfig', state.symbolsShndx, new Uint8Array(size), size)
  obj.kconfigMapIdx = obj.maps.length - 1
}

/** internal_map_name: up to eight characters of the object's name and the section's. */
function internalMapName(obj: BpfObject, section: string): string {
  const suffixLength = Math.min(Math.max(7, section.length), OBJ_NAME_LEN - 1)
  const own = section.indexOf('.', 1) >= 0
  const prefixLength = own ? 0 : Math.min(OBJ_NAME_LEN - suffixLength - 1, obj.name.length)
  const name = obj.name.slice(0, prefixLength) + section.slice(0, suffixLength)
  return name.replace(/[^0-9A-Za-z_.]/g, '_')
}

/** bpf_object__init_internal_map: a section of global data becomes an array of one element. */
function initInternalMap(
  obj: BpfObject,
  internal: number,
  section: string,
  secIdx: number,
  data: Uint8Array | undefined,
  size: number,
): void {
  const { log, btf } = obj
  const map = obj.addMap(internalMapName(obj, section))
  map.internal = internal
  map.secIdx = secIdx
  map.realName = section
  const readOnly = internal === InternalMap.RODATA || internal === InternalMap.KCONFIG
  map.def = {
    type: MapType.ARRAY,
    keySize: 4,
    valueSize: size % 0x1_0000_0000,
    maxEntries: 1,
    mapFlags: readOnly ? MapFlag.RDONLY_PROG : 0,
  }
  map.btfValueTypeId = btf?.findByName(section) ?? 0
  if (btf !== undefined && isMmapable(btf, map.btfValueTypeId)) map.def.mapFlags |= MapFlag.MMAPABLE
  log.debug(
    () => `map '${map.name}' (global data): at sec_idx ${secIdx}, offset 0, flags ${map.def.mapFlags.toString(16)}.`,
  )
  // libbpf sets room for the value aside, in whole words, counting in 32 bits.
  if ((map.def.valueSize + 7) % 0x1_0000_0000 < 8) {
    log.warn(`failed to alloc map '${map.name}' content buffer: ${errstr(Errno.EINVAL)}`)
    fail(Errno.EINVAL)
  }
  map.content = data
  const index = obj.maps.length - 1
  log.debug(() => `map ${index} is "${map.name}"`)
}

/** map_is_mmapable: user space may look at sections that have a global variable. */
function isMmapable(btf: ObjectBtf, secId: number): boolean {
  if (secId === 0 || btf.kind(secId) !== BtfKind.DATASEC) return false
  for (let i = 0; i < btf.vlen(secId); i++) {
    const varId = btf.secVarType(secId, i)
    if (btf.kind(varId) === BtfKind.VAR && btf.varLinkage(varId) !== VarLinkage.STATIC) return true
  }
  return false
}
