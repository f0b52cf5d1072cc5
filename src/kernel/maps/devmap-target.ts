import { AttachType } from '../../uapi/attach-type.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { KernelError } from '../error.ts'
import type { MapRecord, ProgRecord } from '../objects/records.ts'
import type { MapEnvironment } from './map.ts'
import { isCompatible } from './prog-compat.ts'

/** sizeof(struct bpf_devmap_val): ifindex and a program's id. */
export const TARGET_SIZE = 8

/** The machine's one device. */
const LOOPBACK = 1

/** struct bpf_devmap_val, as it's kept and read. */
export interface Target {
  progId: number
  bytes: Uint8Array
}

/** __dev_map_alloc_node. @returns undefined for EINVAL. */
export function makeTarget(map: MapRecord, env: MapEnvironment, ifindex: number, fd: number): Target | undefined {
  if (ifindex !== LOOPBACK) return undefined
  const prog = fd > 0 ? xdpProgram(map, env, fd, AttachType.XDP_DEVMAP) : undefined
  if (fd > 0 && !prog) return undefined
  const bytes = new Uint8Array(TARGET_SIZE)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, ifindex, true)
  view.setUint32(4, prog?.id ?? 0, true)
  return { progId: prog?.id ?? 0, bytes }
}

export function readTarget(bytes: Uint8Array): Target {
  return { progId: new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true), bytes }
}

/** An XDP program that was loaded for such a map, and is like the others that are in it. */
export function xdpProgram(
  map: MapRecord,
  env: MapEnvironment,
  fd: number,
  attachType: number,
): ProgRecord | undefined {
  let prog: ProgRecord
  try {
    prog = env.descriptors.progByFd(fd)
  } catch (error) {
    if (error instanceof KernelError) return undefined
    throw error
  }
  if (prog.type !== ProgType.XDP || prog.expectedAttachType !== attachType) return undefined
  return isCompatible(map, prog, prog.type) ? prog : undefined
}
