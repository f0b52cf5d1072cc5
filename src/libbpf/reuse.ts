import type { Syscalls } from '../kernel/syscall.ts'
import type { Fd } from '../uapi/attr.ts'
import { BPF_OBJ_NAME_LEN } from '../uapi/flags.ts'
import type { BpfMap } from './model.ts'

/** bpf_map__reuse_fd: the object's map is one that there already is; takes the descriptor over. @throws KernelError. */
export function reuseMapFd(sys: Syscalls, map: BpfMap, fd: Fd): void {
  const info = sys.bpf.mapInfo(fd)
  // The kernel cuts names short: the object may know the whole one.
  const cut = info.name.length === BPF_OBJ_NAME_LEN - 1 && map.name.startsWith(info.name)
  if (!cut) map.name = info.name
  map.fd = fd
  map.def = {
    type: info.type,
    keySize: info.keySize,
    valueSize: info.valueSize,
    maxEntries: info.maxEntries,
    mapFlags: info.mapFlags,
  }
  map.btfKeyTypeId = info.btfKeyTypeId
  map.btfValueTypeId = info.btfValueTypeId
  map.mapExtra = info.mapExtra
  map.reused = true
}
