import { Errno } from '../../uapi/errno.ts'
import { BPF_OBJ_NAME_LEN } from '../../uapi/flags.ts'
import { KernelError } from '../error.ts'

/** bpf_obj_name_cpy: letters, digits, `_` and `.`; with its NUL at most 16 bytes. @throws KernelError EINVAL. */
export function checkName(name: string): string {
  const end = name.indexOf('\0')
  const text = end < 0 ? name : name.slice(0, end)
  if (text.length >= BPF_OBJ_NAME_LEN || !/^[0-9A-Za-z_.]*$/.test(text)) throw new KernelError(Errno.EINVAL)
  return text
}
