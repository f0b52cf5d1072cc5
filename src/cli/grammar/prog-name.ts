import { BPF_OBJ_NAME_LEN } from '../../uapi/flags.ts'
import { Btf, BtfError, Kind } from '../../btf/btf.ts'
import { KernelError } from '../../kernel/error.ts'
import type { Fd, ProgInfo } from '../../uapi/attr.ts'
import type { Syscalls } from '../../kernel/syscall.ts'

/** MAX_PROG_FULL_NAME, its terminating NUL included. */
export const MAX_PROG_FULL_NAME = 128

/**
 * get_prog_full_name: the kernel cuts a program's name at 15 characters; the BTF name of its first function has the rest.
 */
export function progFullName(system: Syscalls, info: ProgInfo, fd: Fd): string {
  if (info.name.length < BPF_OBJ_NAME_LEN - 1) return info.name
  if (info.btfId === 0 || info.nrFuncInfo === 0) return info.name
  try {
    const { funcInfo } = system.bpf.progInfo(fd, { funcInfo: true })
    if (funcInfo === undefined || funcInfo.length < 8) return info.name
    const typeId = new DataView(funcInfo.buffer, funcInfo.byteOffset).getUint32(4, true)
    const btf = loadKernelBtf(system, info.btfId)
    if (typeId >= btf.typeCount || btf.kind(typeId) !== Kind.FUNC) return info.name
    return btf.name(typeId).slice(0, MAX_PROG_FULL_NAME - 1)
  } catch (error) {
    if (error instanceof KernelError || error instanceof BtfError) return info.name
    throw error
  }
}

/** btf__load_from_kernel_by_id. @throws KernelError, BtfError. */
export function loadKernelBtf(system: Syscalls, id: number): Btf {
  const fd = system.bpf.getFdById('btf', id)
  try {
    return Btf.parse(system.bpf.btfInfo(fd, true).btf ?? new Uint8Array())
  } finally {
    system.close(fd)
  }
}

/** The BTF name of a loaded program's main function; undefined where it can't be told. */
export function progFuncName(system: Syscalls, id: number): string | undefined {
  try {
    const fd = system.bpf.getFdById('prog', id)
    try {
      const { btfId, funcInfo } = system.bpf.progInfo(fd, { funcInfo: true })
      if (btfId === 0 || funcInfo === undefined || funcInfo.length < 8) return undefined
      const typeId = new DataView(funcInfo.buffer, funcInfo.byteOffset).getUint32(4, true)
      const btf = loadKernelBtf(system, btfId)
      return typeId < btf.typeCount && btf.kind(typeId) === Kind.FUNC ? btf.name(typeId) : undefined
    } finally {
      system.close(fd)
    }
  } catch (error) {
    if (error instanceof KernelError || error instanceof BtfError) return undefined
    throw error
  }
}
