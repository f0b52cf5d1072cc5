import type { Field } from '../../progs/context-fields.ts'
import { byByte, skbFields } from '../../progs/context-fields.ts'
import { Access, Flag, RegType } from '../types.ts'
import type { AccessInfo, ContextOps } from './access.ts'
import { narrowOk } from './access.ts'

const skbBytes = byByte(skbFields)

/** What one program type may do with it. */
interface SkbRules {
  /** Fields that aren't there for it. */
  readonly hidden: string
  readonly writable: string
  /** Packet pointers: what a load of these fields gives. */
  readonly pointers: readonly ('data' | 'data_meta' | 'data_end')[]
  /** tstamp_type may be read. */
  readonly tstampType?: boolean
}

const pointerTypes: Readonly<Record<string, number>> = {
  data: RegType.PTR_TO_PACKET,
  data_meta: RegType.PTR_TO_PACKET_META,
  data_end: RegType.PTR_TO_PACKET_END,
}

const SOCKET_FIELDS = 'family remote_ip4 local_ip4 remote_ip6 local_ip6 remote_port local_port'

function skbOps(rules: SkbRules): ContextOps {
  const hidden = new Set(rules.hidden.split(' '))
  const writable = new Set(rules.writable.split(' '))
  const pointers: readonly string[] = rules.pointers
  return {
    converts: true,
    isValidAccess(_env, off, size, access, info) {
      const field = skbBytes[off]
      if (!field || hidden.has(field.name)) return false
      if (access === Access.WRITE && !writable.has(field.name)) return false
      if (pointers.includes(field.name)) info.regType = pointerTypes[field.name] ?? info.regType
      if (field.name === 'tstamp_type') return rules.tstampType === true && size === 1
      return isValidField(field, off, size, access, info)
    },
  }
}

/** bpf_skb_is_valid_access. */
function isValidField(field: Field, off: number, size: number, access: number, info: AccessInfo): boolean {
  if (off % size !== 0) return false
  switch (field.name) {
    case 'cb':
      return off + size <= field.offset + field.size
    case 'data':
    case 'data_meta':
    case 'data_end':
      return !info.isLdsx && size === 4
    case 'remote_ip6':
    case 'local_ip6':
    case 'remote_ip4':
    case 'local_ip4':
      return size === 4
    case 'flow_keys':
    case '-':
      return false
    case 'hwtstamp':
      return access === Access.READ && size === 8
    case 'tstamp':
      return size === 8
    case 'sk':
      if (access === Access.WRITE || size !== 8) return false
      info.regType = RegType.PTR_TO_SOCK_COMMON | Flag.PTR_MAYBE_NULL
      return true
    default:
      if (access === Access.WRITE) return size === 4
      info.ctxFieldSize = 4
      return narrowOk(size, 4)
  }
}

/** sk_filter_is_valid_access. */
export const socketFilter = skbOps({
  hidden: `tc_classid data data_meta data_end ${SOCKET_FIELDS} tstamp wire_len hwtstamp`,
  writable: 'cb',
  pointers: [],
})

/** cg_skb_is_valid_access. */
const cgroupSkbAll = skbOps({
  hidden: 'tc_classid data_meta wire_len',
  writable: 'mark priority cb tstamp',
  pointers: ['data', 'data_end'],
})

/** Who may not do with BPF what they like (CAP_BPF) see no packet. */
const cgroupSkbLimited = skbOps({
  hidden: 'tc_classid data_meta wire_len data data_end',
  writable: 'mark priority cb',
  pointers: [],
})

export const cgroupSkb: ContextOps = {
  converts: true,
  isValidAccess: (env, off, size, access, info) =>
    (env.bpfCapable ? cgroupSkbAll : cgroupSkbLimited).isValidAccess(env, off, size, access, info),
}

/** lwt_is_valid_access. */
export const lwt = skbOps({
  hidden: `tc_classid ${SOCKET_FIELDS} data_meta tstamp wire_len hwtstamp`,
  writable: 'mark priority cb',
  pointers: ['data', 'data_end'],
})

/** tc_cls_act_is_valid_access. */
export const tcClsAct = skbOps({
  hidden: SOCKET_FIELDS,
  writable: 'mark tc_index priority tc_classid cb tstamp queue_mapping',
  pointers: ['data', 'data_meta', 'data_end'],
  tstampType: true,
})

/** sk_skb_is_valid_access. */
export const skSkb = skbOps({
  hidden: 'tc_classid data_meta tstamp wire_len hwtstamp mark',
  writable: 'tc_index priority',
  pointers: ['data', 'data_end'],
})

/** flow_dissector_is_valid_access: the packet, and where the dissected keys go. */
export const flowDissector: ContextOps = {
  converts: true,
  isValidAccess(_env, off, size, access, info) {
    const field = skbBytes[off]
    if (!field || off % size !== 0 || access === Access.WRITE) return false
    if (field.name === 'flow_keys') {
      info.regType = RegType.PTR_TO_FLOW_KEYS
      return size === 8
    }
    if (field.name !== 'data' && field.name !== 'data_end') return false
    info.regType = pointerTypes[field.name] ?? info.regType
    return !info.isLdsx && size === 4
  },
}
