import { Errno } from '../../uapi/errno.ts'
import { MapType } from '../../uapi/map-type.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { KernelError } from '../error.ts'
import type { MapRecord, ProgRecord } from '../objects/records.ts'
import type { MapEnvironment } from './map.ts'

/**
 * bpf_prog_map_compatible: programs in one map are alike; the first one decides.
 * @param type the program's, or its target's for an extension.
 */
export function isCompatible(map: MapRecord, prog: ProgRecord, type: number): boolean {
  const { xdpHasFrags, expectedAttachType } = prog
  const jited = prog.jitedLen > 0
  const { owner } = map
  if (!owner) {
    map.owner = { type, jited, xdpHasFrags, attachFuncProtoId: 0, expectedAttachType }
    return true
  }
  if (owner.type !== type || owner.jited !== jited || owner.xdpHasFrags !== xdpHasFrags) return false
  return map.type !== MapType.PROG_ARRAY || owner.expectedAttachType === expectedAttachType
}

/** prog_fd_array_get_ptr. @throws KernelError. */
export function progForArray(map: MapRecord, fd: number, env: MapEnvironment): ProgRecord {
  const prog = env.descriptors.progByFd(fd)
  if (prog.type === ProgType.EXT || !isCompatible(map, prog, prog.type)) throw new KernelError(Errno.EINVAL)
  // It may be the first one.
  env.recordChanged(map)
  return prog
}
