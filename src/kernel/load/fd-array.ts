import type { Btf } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import { refuse } from '../log.ts'
import type { MapRecord } from '../objects/records.ts'
import type { LoadEnv } from './env.ts'
import { addUsedMap } from './map-compat.ts'

/** BTF objects that one program may use (MAX_USED_BTFS). */
const MAX_USED_BTFS = 64
/** As many descriptors as their bytes can be counted in 32 bits. */
const MAX_FDS = Math.floor(0xffffffff / 4)

/** process_fd_array: whoever says how many descriptors there are gives maps and BTF only, and uses all of them. */
export function processFdArray(env: LoadEnv): void {
  const { fdArray, fdArrayCnt = 0 } = env.attr
  if (fdArrayCnt >= MAX_FDS) refuse(env, Errno.EINVAL, `fd_array_cnt is too big (${fdArrayCnt})\n`)
  for (let i = 0; i < fdArrayCnt; i++) {
    const fd = fdArray?.[i]
    if (fd === undefined) refuse(env, Errno.EFAULT)
    addFd(env, fd)
  }
}

function addFd(env: LoadEnv, fd: number): void {
  const { kernel } = env
  let map: MapRecord
  try {
    map = kernel.mapByFd(fd)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    const btf = btfByFd(env, fd)
    if (!btf) refuse(env, error.errno, `fd ${fd} is not pointing to valid bpf_map or btf\n`)
    addUsedBtf(env, btf)
    return
  }
  addUsedMap(env, map)
}

function btfByFd({ kernel }: LoadEnv, fd: number): Btf | undefined {
  try {
    return kernel.btfByFd(fd).types
  } catch (error) {
    if (error instanceof KernelError) return undefined
    throw error
  }
}

/** __add_used_btf. */
export function addUsedBtf(env: LoadEnv, btf: Btf): void {
  const { usedBtfs } = env
  if (usedBtfs.has(btf)) return
  if (usedBtfs.size >= MAX_USED_BTFS) {
    const text = `The total number of btfs per program has reached the limit of ${MAX_USED_BTFS}\n`
    refuse(env, Errno.E2BIG, text)
  }
  usedBtfs.add(btf)
}
