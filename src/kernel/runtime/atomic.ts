import { Atomic } from '../../isa/opcode.ts'
import type { Run } from '../helpers/impl/run.ts'
import { fault } from '../helpers/impl/run.ts'
import { MEM_HI } from '../helpers/impl/address.ts'
import { GRANT_BOTH, GRANT_READ } from '../helpers/impl/grants.ts'

/** Bytes of an access by the size bits of its opcode. */
export function accessSize(bits: number): number {
  return bits === 0x18 ? 8 : bits === 0x10 ? 1 : bits === 0x08 ? 2 : 4
}

/**
 * BPF_ATOMIC. Nothing runs beside a program here, so that it's enough to do it.
 *
 * @param d register of the address, or of the result of a load-acquire.
 * @param imm operation, with the size bits of the opcode above.
 */
export function atomic(run: Run, d: number, s: number, off: number, imm: number): void {
  const r = run.regs
  const size = accessSize((imm >>> 16) & 0x18)
  const op = imm & 0xffff
  const acquire = op === Atomic.LOAD_ACQ
  const base = acquire ? s : d
  let at = ((r[base] as number) + off) >>> 0
  if (r[base + 1] !== MEM_HI || !run.grants.allows(at, size, acquire ? GRANT_READ : GRANT_BOTH)) {
    at = run.place(at, r[base + 1] as number, size)
    if (at === 0) throw fault('an atomic operation')
  }
  const { view } = run.memory
  if (acquire) {
    loadBytes(view, at, size, r, d)
    return
  }
  if (op === Atomic.STORE_REL) {
    if (size === 1) view.setUint8(at, r[s] as number)
    else if (size === 2) view.setUint16(at, r[s] as number, true)
    else {
      view.setInt32(at, r[s] as number, true)
      if (size === 8) view.setInt32(at + 4, r[s + 1] as number, true)
    }
    return
  }
  if (size < 4) throw fault('an atomic operation of that size')
  const wide = size === 8
  const oldLo = view.getInt32(at, true)
  const oldHi = wide ? view.getInt32(at + 4, true) : 0
  const lo = r[s] as number
  const hi = r[s + 1] as number
  let newLo = lo
  let newHi = hi
  switch (op & ~Atomic.FETCH) {
    case Atomic.ADD:
      newLo = (oldLo + lo) | 0
      newHi = oldHi + hi + (newLo >>> 0 < lo >>> 0 ? 1 : 0)
      break
    case Atomic.OR:
      newLo = oldLo | lo
      newHi = oldHi | hi
      break
    case Atomic.AND:
      newLo = oldLo & lo
      newHi = oldHi & hi
      break
    case Atomic.XOR:
      newLo = oldLo ^ lo
      newHi = oldHi ^ hi
      break
    case Atomic.XCHG & ~Atomic.FETCH:
      break
    case Atomic.CMPXCHG & ~Atomic.FETCH: {
      const same = oldLo === r[0] && (!wide || oldHi === r[1])
      r[0] = oldLo
      r[1] = oldHi
      if (!same) return
      break
    }
    default:
      throw fault('an unknown atomic operation')
  }
  view.setInt32(at, newLo, true)
  if (wide) view.setInt32(at + 4, newHi, true)
  if (op & Atomic.FETCH && op !== Atomic.CMPXCHG) {
    r[s] = oldLo
    r[s + 1] = oldHi
  }
}

/** Loads 1 to 8 bytes, zero-extended. */
export function loadBytes(view: DataView, at: number, size: number, r: Int32Array, d: number): void {
  r[d + 1] = size === 8 ? view.getInt32(at + 4, true) : 0
  r[d] = size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at, true) : view.getInt32(at, true)
}
