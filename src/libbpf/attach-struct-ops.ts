import { KernelError } from '../kernel/error.ts'
import type { Syscalls } from '../kernel/syscall.ts'
import { AttachType } from '../uapi/attach-type.ts'
import { BpfCmd } from '../uapi/cmd.ts'
import { Errno } from '../uapi/errno.ts'
import { MapFlag } from '../uapi/flags.ts'
import type { BpfMap, StructOps } from './model.ts'

/**
 * bpf_map__attach_struct_ops: gives the kernel the map's value, which registers it, or with a link makes it ready to be.
 * @throws KernelError.
 */
export function attachStructOps(map: BpfMap, ops: StructOps, sys: Syscalls): void {
  const linked = (map.def.mapFlags & MapFlag.LINK) !== 0
  try {
    sys.bpf.mapUpdateElem(map.fd, new Uint8Array(4), preparedValue(ops))
  } catch (error) {
    // A map that is ready keeps its value: another link may be made of it.
    if (!(error instanceof KernelError) || !linked || error.errno !== Errno.EBUSY) throw error
  }
  if (linked) sys.bpf.other(BpfCmd.LINK_CREATE, { progFd: map.fd, attachType: AttachType.STRUCT_OPS })
}

/** bpf_map_prepare_vdata: descriptors of the programs where the kernel has pointers to functions. */
function preparedValue({ kernData = new Uint8Array(0), kernFuncOff, progs }: StructOps): Uint8Array {
  const value = kernData.slice()
  const view = new DataView(value.buffer)
  progs.forEach((prog, i) => {
    const at = kernFuncOff[i]
    if (prog !== undefined && at !== undefined) view.setBigUint64(at, BigInt(prog.fd), true)
  })
  return value
}
