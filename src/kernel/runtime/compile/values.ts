/**
 * What is known of a 64-bit value at a point of the program, whichever way led there. Offsets and spans are plain
 * numbers: what grows beyond what is sensible becomes unknown.
 */
export type Value =
  | { readonly kind: 'unknown' }
  /** Exactly this. */
  | { readonly kind: 'const'; readonly lo: number; readonly hi: number }
  /** Unsigned, at most `max`. */
  | { readonly kind: 'scalar'; readonly max: number }
  /** r10 of this function plus `off` up to `off + span`: callers' frames lie above. */
  | { readonly kind: 'stack'; readonly off: number; readonly span: number }
  /** The program's context plus `off`. */
  | { readonly kind: 'context'; readonly off: number }
  /**
   * A map's value, plus `off` up to `off + span`; where `id` isn't 0, NULL instead is possible. Of a ring buffer, a sample of
   * `size` bytes.
   */
  | {
      readonly kind: 'value'
      readonly mapId: number
      readonly off: number
      readonly span: number
      readonly id: number
      readonly size?: number
    }
  /** Bytes of the packet: `range` of them from `off` 0 on are there. Values of one `id` have the same origin. */
  | { readonly kind: 'packet'; readonly id: number; readonly off: number; readonly range: number }
  /** The end of the packet. */
  | { readonly kind: 'packetEnd' }

export const UNKNOWN: Value = { kind: 'unknown' }
export const U32_MAX = 0xffffffff
/** No offset that a program uses is larger (BPF_MAX_VAR_OFF, as far as it makes sense for memory). */
const MAX_OFF = 1 << 29
const MAX_SCALAR = Number.MAX_SAFE_INTEGER
/** MAX_PACKET_OFF. */
const MAX_PACKET_OFF = 0xffff

export function scalar(max: number): Value {
  return max <= MAX_SCALAR ? { kind: 'scalar', max } : UNKNOWN
}

export function constant(lo: number, hi: number): Value {
  return { kind: 'const', lo, hi }
}

/** The largest number that an unsigned value can be, or Infinity where that's not known. */
export function maxOf(value: Value): number {
  if (value.kind === 'scalar') return value.max
  if (value.kind !== 'const') return Infinity
  const max = (value.hi >>> 0) * 0x1_0000_0000 + (value.lo >>> 0)
  return max <= MAX_SCALAR ? max : Infinity
}

/** A constant as a signed number, or undefined where it's none or a large one. */
export function numberOf(value: Value): number | undefined {
  if (value.kind !== 'const') return undefined
  if (value.hi === 0 && value.lo >= 0) return value.lo
  return value.hi === -1 && value.lo < 0 ? value.lo : undefined
}

export function sameValue(a: Value, b: Value): boolean {
  if (a === b) return true
  switch (a.kind) {
    case 'const':
      return b.kind === 'const' && a.lo === b.lo && a.hi === b.hi
    case 'scalar':
      return b.kind === 'scalar' && a.max === b.max
    case 'stack':
      return b.kind === 'stack' && a.off === b.off && a.span === b.span
    case 'context':
      return b.kind === 'context' && a.off === b.off
    case 'value':
      return (
        b.kind === 'value' &&
        a.mapId === b.mapId &&
        a.off === b.off &&
        a.span === b.span &&
        a.id === b.id &&
        a.size === b.size
      )
    case 'packet':
      return b.kind === 'packet' && a.id === b.id && a.off === b.off && a.range === b.range
    default:
      return a.kind === b.kind
  }
}

/** What is known of a value that is one or the other. */
export function join(a: Value, b: Value): Value {
  if (sameValue(a, b)) return a
  if (a.kind === 'stack' && b.kind === 'stack') {
    const off = Math.min(a.off, b.off)
    return { kind: 'stack', off, span: Math.max(a.off + a.span, b.off + b.span) - off }
  }
  if (a.kind === 'value' && b.kind === 'value' && a.mapId === b.mapId && a.id === b.id && a.size === b.size) {
    const off = Math.min(a.off, b.off)
    return { ...a, off, span: Math.max(a.off + a.span, b.off + b.span) - off }
  }
  if (a.kind === 'packet' && b.kind === 'packet' && a.id === b.id && a.off === b.off) {
    return { ...a, range: Math.min(a.range, b.range) }
  }
  return scalar(Math.max(maxOf(a), maxOf(b)))
}

/** A value that is moved along by a constant. */
export function shift(value: Value, by: number): Value {
  switch (value.kind) {
    case 'stack':
    case 'value':
    case 'context':
    case 'packet': {
      const off = value.off + by
      return Math.abs(off) < MAX_OFF ? { ...value, off } : UNKNOWN
    }
    default:
      return UNKNOWN
  }
}

/** A pointer that is moved along by something unsigned of at most `max`. @param id of a packet pointer that comes of it. */
export function shiftUpTo(value: Value, max: number, id: number): Value {
  if (max > MAX_OFF) return UNKNOWN
  if (value.kind === 'stack' || value.kind === 'value') {
    const span = value.span + max
    return span < MAX_OFF ? { ...value, span } : UNKNOWN
  }
  return value.kind === 'packet' && max <= MAX_PACKET_OFF ? { kind: 'packet', id, off: 0, range: 0 } : UNKNOWN
}

export function isPointer(value: Value): boolean {
  return value.kind === 'stack' || value.kind === 'value' || value.kind === 'context' || value.kind === 'packet'
}
