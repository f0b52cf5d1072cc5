import { ProgType } from '../../../uapi/prog-type.ts'
import { SkbField } from '../../helpers/impl/skb-fields.ts'

/**
 * Fields of contexts that lie in the run's block as the program sees them (RunArea.CONTEXT), so that compiled code needs
 * to ask nobody: bytes, or the low words of addresses.
 */
export interface ContextField {
  readonly kind: 'bytes' | 'address' | 'packet' | 'packetEnd'
  /** Where in the block. */
  readonly at: number
}

/** From, to, and whether programs may write there. */
type Range = readonly [from: number, to: number, writable: boolean]

interface ContextLayout {
  readonly addresses: Readonly<Record<number, ContextField>>
  readonly bytes: readonly Range[]
}

const xdp: ContextLayout = {
  addresses: {
    0: { kind: 'packet', at: 0 },
    4: { kind: 'packetEnd', at: 4 },
    8: { kind: 'address', at: 8 },
  },
  bytes: [[12, 24, false]],
}

const skb: ContextLayout = {
  addresses: {
    [SkbField.DATA]: { kind: 'packet', at: SkbField.DATA },
    [SkbField.DATA_END]: { kind: 'packetEnd', at: SkbField.DATA_END },
    [SkbField.DATA_META]: { kind: 'address', at: SkbField.DATA },
  },
  bytes: [
    [SkbField.LEN, SkbField.MARK, false],
    [SkbField.MARK, SkbField.QUEUE_MAPPING, true],
    [SkbField.QUEUE_MAPPING, SkbField.PRIORITY, false],
    [SkbField.PRIORITY, SkbField.INGRESS_IFINDEX, true],
    [SkbField.INGRESS_IFINDEX, SkbField.CB, false],
    [SkbField.CB, SkbField.HASH, true],
    [SkbField.HASH, SkbField.DATA, false],
  ],
}

const layouts: Readonly<Record<number, ContextLayout>> = {
  [ProgType.XDP]: xdp,
  [ProgType.SOCKET_FILTER]: skb,
  [ProgType.SCHED_CLS]: skb,
  [ProgType.SCHED_ACT]: skb,
  [ProgType.CGROUP_SKB]: skb,
  [ProgType.LWT_IN]: skb,
  [ProgType.LWT_OUT]: skb,
  [ProgType.LWT_XMIT]: skb,
  [ProgType.LWT_SEG6LOCAL]: skb,
}

/** Whether programs of a type are given such a context. */
export function hasContextBlock(type: number): boolean {
  return layouts[type] !== undefined
}

/** The field that an access is of, where it lies in the block. */
export function contextField(type: number, off: number, size: number, write: boolean): ContextField | undefined {
  const layout = layouts[type]
  if (!layout) return undefined
  const address = layout.addresses[off]
  if (address) return size === 4 && !write ? address : undefined
  // Only the control block is more than words, and written in parts.
  const inBlock = layout === skb && off >= SkbField.CB
  if (off % size !== 0 || (!inBlock && (size === 8 || (write && size !== 4)))) return undefined
  const isInside = ([from, to, writable]: Range) => off >= from && off + size <= to && (writable || !write)
  return layout.bytes.some(isInside) ? { kind: 'bytes', at: off } : undefined
}
