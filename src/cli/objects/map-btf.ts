import { Errno } from '../../uapi/errno.ts'
import { Btf, BtfError } from '../../btf/btf.ts'
import { KernelError } from '../../kernel/error.ts'
import { loadKernelBtf } from '../grammar/prog-name.ts'
import type { Command } from '../command.ts'
import type { MapInfo } from '../../uapi/attr.ts'

/** Type information of a map's keys and values, or the status to end with. */
export type MapBtf = { btf: Btf | undefined; status: 0 } | { btf: undefined; status: number }

/** get_map_kv_btf; its message is printed here. */
export function mapBtf(cmd: Command, info: MapInfo): MapBtf {
  const vmlinux = info.btfVmlinuxValueTypeId !== 0
  if (!vmlinux && info.btfValueTypeId === 0) return { btf: undefined, status: 0 }
  try {
    const system = cmd.system()
    const btf = vmlinux ? Btf.parse(system.files.read('/sys/kernel/btf/vmlinux')) : loadKernelBtf(system, info.btfId)
    return { btf, status: 0 }
  } catch (error) {
    if (!(error instanceof KernelError) && !(error instanceof BtfError)) throw error
    cmd.error(vmlinux ? 'failed to get kernel btf' : 'failed to get btf')
    return { btf: undefined, status: error instanceof KernelError ? -error.errno : -Errno.EINVAL }
  }
}
