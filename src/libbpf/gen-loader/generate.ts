import { LibbpfError } from '../error.ts'
import { loadObject } from '../load.ts'
import { Errno } from '../../uapi/errno.ts'
import { LoaderProgram } from './loader.ts'
import type { Syscalls } from '../../kernel/syscall.ts'
import type { BpfObject } from '../model.ts'
import type { GeneratedLoader } from './loader.ts'

/**
 * bpf_object__gen_loader and bpf_object__load: a program that loads the object without libbpf, and the data it works on.
 *
 * @param hash whether the program checks that its data is as it was made: for one that will be signed.
 * @throws LibbpfError after printing why.
 */
export function generateLoader(obj: BpfObject, sys: Syscalls, hash = false): GeneratedLoader {
  obj.loader = new LoaderProgram(obj.littleEndian, hash, obj.log)
  loadObject(obj, sys)
  if (obj.loader.result === undefined) throw new LibbpfError(Errno.EINVAL)
  return obj.loader.result
}
