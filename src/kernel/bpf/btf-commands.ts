import type { BtfLoadAttr, Loaded } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { checkBtf } from '../btf/check.ts'
import { btfRules } from '../btf/rules.ts'
import { KernelError } from '../error.ts'
import { Blob } from '../objects/records.ts'
import { mustHave } from '../process/capabilities.ts'
import type { Kernel, Task } from './kernel.ts'
import { openFd } from './map-commands.ts'
import { noToken } from './token.ts'

/** bpf_btf_load. */
export function btfLoad(kernel: Kernel, task: Task, attr: BtfLoadAttr): Loaded {
  const { btf: bytes, btfFlags = 0, btfTokenFd = 0, logLevel = 0, logSize = 0 } = attr
  if (btfFlags & ~MapFlag.TOKEN_FD) throw new KernelError(Errno.EINVAL)
  if (btfFlags & MapFlag.TOKEN_FD) noToken(task, btfTokenFd)
  mustHave(task.capabilities, 'CAP_BPF')
  const { text: log, trueSize: logTrueSize } = checkBtf(kernel, {
    bytes,
    logLevel,
    logSize,
    rules: btfRules(kernel.profile),
  })
  const record = kernel.objects.add('btf', { name: '', size: bytes.length, kernelBtf: false, refs: 0 })
  kernel.objects.putBlob('btf', record.id, Blob.BTF_DATA, bytes)
  const fd = openFd(kernel, task, { kind: 'btf', id: record.id, canRead: true, canWrite: true })
  return { fd, log, logTrueSize }
}
