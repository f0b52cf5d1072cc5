import { Errno } from '../../uapi/errno.ts'
import { MapType } from '../../uapi/map-type.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { KernelError } from '../error.ts'
import type { MapOwner, MapRecord, ProgRecord } from '../objects/records.ts'
import type { MapEnvironment } from './map.ts'

/** Types whose programs aren't alike when they're attached to functions of different types. */
const byProto: ReadonlySet<number> = new Set([ProgType.TRACING, ProgType.LSM, ProgType.EXT, ProgType.STRUCT_OPS])

/** __bpf_prog_map_compatible, of a map that has an owner. */
export function ownersAlike(mapType: number, owner: MapOwner, other: MapOwner): boolean {
  if (owner.type !== other.type || owner.jited !== other.jited || owner.xdpHasFrags !== other.xdpHasFrags) return false
  if (mapType === MapType.PROG_ARRAY && owner.expectedAttachType !== other.expectedAttachType) return false
  return owner.attachFuncProtoId === other.attachFuncProtoId || !byProto.has(other.type)
}

/**
 * bpf_prog_map_compatible: programs in one map are alike; the first one decides.
 * @param type the program's, or its target's for an extension.
 */
export function isCompatible(map: MapRecord, prog: ProgRecord, type: number): boolean {
  const { xdpHasFrags, expectedAttachType, attachFuncProtoId } = prog
  const its = { type, jited: prog.jitedLen > 0, xdpHasFrags, attachFuncProtoId, expectedAttachType }
  if (map.owner) return ownersAlike(map.type, map.owner, its)
  map.owner = its
  return true
}

/** prog_fd_array_get_ptr. @throws KernelError. */
export function progForArray(map: MapRecord, fd: number, env: MapEnvironment): ProgRecord {
  const prog = env.descriptors.progByFd(fd)
  if (prog.type === ProgType.EXT || !isCompatible(map, prog, prog.type)) throw new KernelError(Errno.EINVAL)
  // It may be the first one.
  env.recordChanged(map)
  return prog
}
