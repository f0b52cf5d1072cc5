import type { Syscalls } from '../kernel/syscall.ts'
import type { Fd, MapCreateAttr } from '../uapi/attr.ts'
import { MapFlag } from '../uapi/flags.ts'
import { MapType } from '../uapi/map-type.ts'

const PAGE_SIZE = 4096
/** sizeof(struct bpf_cgroup_storage_key), sizeof(struct bpf_insn_array_value). */
const CGROUP_STORAGE_KEY = 16
const INSN_ARRAY_VALUE = 16

const cgroupStorage: Partial<MapCreateAttr> = { keySize: CGROUP_STORAGE_KEY, valueSize: 8, maxEntries: 0 }
const ring: Partial<MapCreateAttr> = { keySize: 0, valueSize: 0, maxEntries: PAGE_SIZE }
const localStorage: Partial<MapCreateAttr> = {
  valueSize: 8,
  maxEntries: 0,
  mapFlags: MapFlag.NO_PREALLOC,
  btfKeyTypeId: 1,
  btfValueTypeId: 3,
}

/** What map types want instead of one element with keys and values of 4 bytes (probe_map_create). */
const shapes: Readonly<Record<number, Partial<MapCreateAttr>>> = {
  [MapType.STACK_TRACE]: { valueSize: 8 },
  [MapType.LPM_TRIE]: { keySize: 8, valueSize: 8, mapFlags: MapFlag.NO_PREALLOC },
  [MapType.CGROUP_STORAGE]: cgroupStorage,
  [MapType.PERCPU_CGROUP_STORAGE]: cgroupStorage,
  [MapType.QUEUE]: { keySize: 0 },
  [MapType.STACK]: { keySize: 0 },
  [MapType.BLOOM_FILTER]: { keySize: 0 },
  [MapType.SK_STORAGE]: localStorage,
  [MapType.INODE_STORAGE]: localStorage,
  [MapType.TASK_STORAGE]: localStorage,
  [MapType.CGRP_STORAGE]: localStorage,
  [MapType.RINGBUF]: ring,
  [MapType.USER_RINGBUF]: ring,
  [MapType.STRUCT_OPS]: { btfVmlinuxValueTypeId: 1, valueTypeBtfObjFd: -1 },
  [MapType.ARENA]: { keySize: 0, valueSize: 0, mapFlags: MapFlag.MMAPABLE },
  [MapType.INSN_ARRAY]: { valueSize: INSN_ARRAY_VALUE },
  [MapType.RHASH]: { mapFlags: MapFlag.NO_PREALLOC },
}

/** Makes the smallest map of a type, and closes it. @throws KernelError of the call that failed. */
export function createSmallest(system: Syscalls, mapType: number): void {
  const fds: Fd[] = []
  const kept = (fd: Fd): Fd => {
    fds.push(fd)
    return fd
  }
  const attr: MapCreateAttr = { mapType, keySize: 4, valueSize: 4, maxEntries: 1, ...shapes[mapType] }
  try {
    if (attr.btfKeyTypeId) attr.btfFd = kept(system.bpf.btfLoad({ btf: lockBtf() }).fd)
    if (mapType === MapType.ARRAY_OF_MAPS || mapType === MapType.HASH_OF_MAPS) {
      const inner = { mapType: MapType.HASH, keySize: 4, valueSize: 4, maxEntries: 1 }
      attr.innerMapFd = kept(system.bpf.mapCreate(inner))
    }
    kept(system.bpf.mapCreate(attr))
  } finally {
    for (const fd of fds.reverse()) system.close(fd)
  }
}

/** Types for local storage: [1] int, [2] struct bpf_spin_lock { int val; }, [3] struct val { int cnt; l; }. */
function lockBtf(): Uint8Array {
  const strings = new TextEncoder().encode('\0bpf_spin_lock\0val\0cnt\0l\0')
  const struct = (members: number) => (4 << 24) | members
  const types = Uint32Array.of(
    ...[0, 1 << 24, 4, (1 << 24) | 32],
    ...[1, struct(1), 4, 15, 1, 0],
    ...[15, struct(2), 8, 19, 1, 0, 23, 2, 32],
  )
  const HEADER = 24
  const bytes = new Uint8Array(HEADER + types.byteLength + strings.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 0xeb9f, true)
  view.setUint8(2, 1)
  const fields = [HEADER, 0, types.byteLength, types.byteLength, strings.length]
  fields.forEach((value, i) => {
    view.setUint32(4 + 4 * i, value, true)
  })
  types.forEach((value, i) => {
    view.setUint32(HEADER + 4 * i, value, true)
  })
  bytes.set(strings, HEADER + types.byteLength)
  return bytes
}
