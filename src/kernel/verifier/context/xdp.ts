import { AttachType } from '../../../uapi/attach-type.ts'
import { byByte, xdpFields } from '../../progs/context-fields.ts'
import { Access, RegType } from '../types.ts'
import type { ContextOps } from './access.ts'

const xdpBytes = byByte(xdpFields)

const pointerTypes: Readonly<Record<string, number>> = {
  data: RegType.PTR_TO_PACKET,
  data_meta: RegType.PTR_TO_PACKET_META,
  data_end: RegType.PTR_TO_PACKET_END,
}

/** xdp_is_valid_access. */
export const xdp: ContextOps = {
  converts: true,
  isValidAccess(env, off, size, access, info) {
    const field = xdpBytes[off]
    if (!field || field.offset !== off || size !== 4 || access === Access.WRITE) return false
    if (field.name === 'egress_ifindex' && env.input.expectedAttachType !== AttachType.XDP_DEVMAP) return false
    const pointer = pointerTypes[field.name]
    if (pointer !== undefined) {
      if (info.isLdsx) return false
      info.regType = pointer
    }
    return true
  },
}
