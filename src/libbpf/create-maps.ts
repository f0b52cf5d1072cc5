import { KernelError } from '../kernel/error.ts'
import type { Syscalls } from '../kernel/syscall.ts'
import type { Fd, MapCreateAttr } from '../uapi/attr.ts'
import { Errno } from '../uapi/errno.ts'
import { BPF_OBJ_NAME_LEN, MapFlag } from '../uapi/flags.ts'
import { MapType } from '../uapi/map-type.ts'
import { LibbpfError, errstr } from './error.ts'
import { InternalMap } from './model.ts'
import type { BpfMap, BpfObject } from './model.ts'
import { pinMap } from './pin.ts'
import { reuseMapFd } from './reuse.ts'

const T = MapType

/** Types whose keys and values the kernel doesn't let BTF describe. */
export const withoutBtf: ReadonlySet<number> = new Set([
  T.PERF_EVENT_ARRAY,
  T.CGROUP_ARRAY,
  T.STACK_TRACE,
  T.ARRAY_OF_MAPS,
  T.HASH_OF_MAPS,
  T.DEVMAP,
  T.DEVMAP_HASH,
  T.CPUMAP,
  T.XSKMAP,
  T.SOCKMAP,
  T.SOCKHASH,
  T.QUEUE,
  T.STACK,
  T.ARENA,
])

/** The errno of a failed call of the kernel's or of libbpf's. */
export function errnoOf(error: unknown): number {
  if (error instanceof KernelError || error instanceof LibbpfError) return error.errno
  throw error
}

/** bpf_object__create_maps. @throws LibbpfError. */
export function createMaps(obj: BpfObject, sys: Syscalls): void {
  const { log } = obj
  for (const map of obj.maps) {
    if (!map.autocreate) {
      log.debug(() => `map '${map.name}': skipped auto-creating...`)
      continue
    }
    try {
      createOrReuse(obj, sys, map)
    } catch (error) {
      const errno = errnoOf(error)
      log.warn(`map '${map.name}': failed to create: ${errstr(errno)}`)
      throw new LibbpfError(errno)
    }
  }
}

function createOrReuse(obj: BpfObject, sys: Syscalls, map: BpfMap): void {
  const { log } = obj
  setDefaultMaxEntries(obj, sys, map)
  for (let retried = false; ; retried = true) {
    if (map.pinPath !== undefined) {
      try {
        reusePinned(obj, sys, map, map.pinPath)
      } catch (error) {
        log.warn(`map '${map.name}': error reusing pinned map`)
        throw error
      }
    }
    if (map.reused) {
      log.debug(() => `map '${map.name}': skipping creation (preset fd=${map.shownFd})`)
    } else {
      map.fd = createMap(obj, sys, map)
      log.debug(() => `map '${map.name}': created successfully, fd=${map.shownFd}`)
      if (map.isInternal) populate(obj, sys, map)
      else if (map.def.type === T.ARENA) mapArena(obj, sys, map)
      if (map.def.type !== MapType.PROG_ARRAY) initMapSlots(obj, sys, map)
    }
    if (map.pinPath === undefined || map.pinned) return
    try {
      pinMap(obj, sys, map)
      return
    } catch (error) {
      const errno = errnoOf(error)
      if (!retried && errno === Errno.EEXIST) continue
      log.warn(`map '${map.name}': failed to auto-pin at '${map.pinPath}': ${errstr(errno)}`)
      throw new LibbpfError(errno)
    }
  }
}

/** What libbpf does with an arena: maps it, and puts the object's arena variables into it. */
function mapArena(obj: BpfObject, sys: Syscalls, map: BpfMap): void {
  if (obj.loader === undefined) {
    sys.mmapArena(map.fd, obj.arenaDataOff, obj.arenaData)
  } else if (obj.arenaData !== undefined) {
    // libbpf writes them into a stand-in for the map, which has no room: the real bpftool dies of SIGBUS here.
    obj.log.warn(`map '${map.name}': a loader program can't have global __arena variables`)
    throw new LibbpfError(Errno.EFAULT)
  }
}

/** map_set_def_max_entries. */
function setDefaultMaxEntries(obj: BpfObject, sys: Syscalls, map: BpfMap): void {
  if (map.def.type !== MapType.PERF_EVENT_ARRAY || map.def.maxEntries !== 0) return
  map.def.maxEntries = sys.possibleCpus()
  obj.log.debug(() => `map '${map.name}': setting size to ${map.def.maxEntries}`)
}

/** bpf_object__create_map. @returns the new map's descriptor. @throws KernelError, LibbpfError. */
function createMap(obj: BpfObject, sys: Syscalls, map: BpfMap): Fd {
  const { def } = map
  const attr: MapCreateAttr = {
    mapType: def.type,
    keySize: def.keySize,
    valueSize: def.valueSize,
    maxEntries: def.maxEntries,
    mapFlags: def.mapFlags,
    numaNode: map.numaNode,
    mapName: map.name.slice(0, BPF_OBJ_NAME_LEN - 1),
    mapIfindex: map.ifindex,
    mapExtra: map.mapExtra,
  }
  if (map.isStructOps) attr.btfVmlinuxValueTypeId = map.btfVmlinuxValueTypeId
  if (withoutBtf.has(def.type)) {
    map.btfKeyTypeId = 0
    map.btfValueTypeId = 0
  } else if (obj.btfFd >= 0) {
    attr.btfFd = obj.btfFd
    attr.btfKeyTypeId = map.btfKeyTypeId
    attr.btfValueTypeId = map.isStructOps ? 0 : map.btfValueTypeId
  }
  const inner = map.isMapInMap ? map.innerMap : undefined
  if (inner !== undefined) {
    try {
      setDefaultMaxEntries(obj, sys, inner)
      inner.fd = createMap(obj, sys, inner)
    } catch (error) {
      obj.log.warn(`map '${map.name}': failed to create inner map: ${errstr(errnoOf(error))}`)
      throw error
    }
    attr.innerMapFd = inner.fd
  }
  try {
    if (obj.loader !== undefined) {
      obj.loader.mapCreate(attr, obj.maps.indexOf(map))
      return -1
    }
    return sys.bpf.mapCreate(attr)
  } catch (error) {
    if (!(error instanceof KernelError) || (!attr.btfKeyTypeId && !attr.btfValueTypeId)) throw error
    obj.log.warn(`Error in bpf_create_map_xattr(${map.name}): ${errstr(error.errno)}. Retrying without BTF.`)
    map.btfKeyTypeId = 0
    map.btfValueTypeId = 0
    return sys.bpf.mapCreate({ ...attr, btfFd: 0, btfKeyTypeId: 0, btfValueTypeId: 0 })
  } finally {
    if (inner !== undefined && (inner.fd >= 0 || obj.loader !== undefined)) {
      if (inner.fd >= 0) sys.close(inner.fd)
      map.innerMap = undefined
      obj.freeShownFds.push(inner.shownFd)
    }
  }
}

function indexKey(index: number): Uint8Array {
  const key = new Uint8Array(4)
  new DataView(key.buffer).setUint32(0, index, true)
  return key
}

function wholeValue(map: BpfMap): Uint8Array {
  const value = new Uint8Array(map.def.valueSize)
  if (map.content !== undefined) value.set(map.content.subarray(0, value.length))
  return value
}

/** bpf_object__populate_internal_map. */
function populate(obj: BpfObject, sys: Syscalls, map: BpfMap): void {
  const { log, loader } = obj
  const constant = map.internal === InternalMap.RODATA || map.internal === InternalMap.KCONFIG
  if (loader !== undefined) {
    const mapIdx = obj.maps.indexOf(map)
    loader.mapUpdate(mapIdx, wholeValue(map))
    if (constant) loader.mapFreeze(mapIdx)
    return
  }
  // Zeros are there already.
  if (map.content !== undefined) {
    try {
      sys.bpf.mapUpdateElem(map.fd, indexKey(0), wholeValue(map))
    } catch (error) {
      log.warn(`map '${map.shownName}': failed to set initial contents: ${errstr(errnoOf(error))}`)
      throw error
    }
  }
  if (!constant) return
  try {
    sys.bpf.mapFreeze(map.fd)
  } catch (error) {
    log.warn(`map '${map.shownName}': failed to freeze as read-only: ${errstr(errnoOf(error))}`)
    throw error
  }
}

/** init_map_in_map_slots. */
function initMapSlots(obj: BpfObject, sys: Syscalls, map: BpfMap): void {
  initSlots(obj, sys, map, 'map')
}

/** bpf_object_init_prog_arrays. */
export function initProgArrays(obj: BpfObject, sys: Syscalls): void {
  for (const map of obj.maps) {
    if (map.initSlots.length === 0 || map.def.type !== MapType.PROG_ARRAY) continue
    if (obj.loader !== undefined) throw new LibbpfError(Errno.ENOTSUP)
    initSlots(obj, sys, map, 'prog')
  }
}

function initSlots(obj: BpfObject, sys: Syscalls, map: BpfMap, what: string): void {
  map.initSlots.forEach((target, i) => {
    if (target === undefined) return
    const shown = target.shownFd
    try {
      if (obj.loader !== undefined) obj.loader.setInner(obj.maps.indexOf(map), i, obj.maps.indexOf(target as BpfMap))
      else sys.bpf.mapUpdateElem(map.fd, indexKey(i), indexKey(target.fd))
    } catch (error) {
      const errno = errnoOf(error)
      obj.log.warn(
        `map '${map.name}': failed to initialize slot [${i}] to ${what} '${target.name}' fd=${shown}: ${errstr(errno)}`,
      )
      throw new LibbpfError(errno)
    }
    obj.log.debug(() => `map '${map.name}': slot [${i}] set to ${what} '${target.name}' fd=${shown}`)
  })
  map.initSlots = []
}

/** bpf_object__reuse_map. */
function reusePinned(obj: BpfObject, sys: Syscalls, map: BpfMap, path: string): void {
  const { log } = obj
  let fd: Fd
  try {
    fd = sys.bpf.objGet(path)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === Errno.ENOENT) {
      log.debug(() => `found no pinned map to reuse at '${path}'`)
      return
    }
    log.warn(`couldn't retrieve pinned map '${path}': ${errstr(errno)}`)
    throw new LibbpfError(errno)
  }
  if (!isReusable(obj, sys, map, fd)) {
    log.warn(`couldn't reuse pinned map at '${path}': parameter mismatch`)
    sys.close(fd)
    throw new LibbpfError(Errno.EINVAL)
  }
  reuseMapFd(sys, map, fd)
  map.pinned = true
  log.debug(() => `reused pinned map at '${path}'`)
}

/** map_is_reuse_compat. */
function isReusable(obj: BpfObject, sys: Syscalls, map: BpfMap, fd: Fd): boolean {
  const { def } = map
  try {
    const info = sys.bpf.mapInfo(fd)
    const isDevmap = def.type === MapType.DEVMAP || def.type === MapType.DEVMAP_HASH
    const flags = isDevmap ? info.mapFlags & ~MapFlag.RDONLY_PROG : info.mapFlags
    return (
      info.type === def.type &&
      info.keySize === def.keySize &&
      info.valueSize === def.valueSize &&
      info.maxEntries === def.maxEntries &&
      flags === def.mapFlags &&
      info.mapExtra === map.mapExtra
    )
  } catch (error) {
    obj.log.warn(`failed to get map info for map FD ${fd}: ${errstr(errnoOf(error))}`)
    return false
  }
}
