import type { BtfLoadAttr, Loaded } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { KernelError } from '../error.ts'
import { checkBtf } from '../load/btf.ts'
import { Blob } from '../objects/records.ts'
import type { Kernel, Task } from './kernel.ts'
import { openFd } from './map-commands.ts'

/** btf.c's BTF_MAX_SIZE. */
const BTF_MAX_SIZE = 16 * 1024 * 1024

/** bpf_btf_load. */
export function btfLoad(kernel: Kernel, task: Task, { btf, btfFlags = 0 }: BtfLoadAttr): Loaded {
  if (btfFlags & ~MapFlag.TOKEN_FD) throw new KernelError(Errno.EINVAL)
  if (btf.length > BTF_MAX_SIZE) throw new KernelError(Errno.E2BIG)
  checkBtf(btf)
  const record = kernel.objects.add('btf', { name: '', size: btf.length, kernelBtf: false, refs: 0 })
  kernel.objects.putBlob('btf', record.id, Blob.BTF_DATA, btf)
  return { fd: openFd(kernel, task, { kind: 'btf', id: record.id, canRead: true, canWrite: true }), log: '' }
}
