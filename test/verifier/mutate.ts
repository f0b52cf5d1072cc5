import { LD_IMM64 } from '../../src/isa/opcode.ts'
import { random } from '../random.ts'

/** Programs that are nearly right: a seed's changes to one that a kernel may take. */

const edges = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 512, 0x7fff, 0xffff, 0x7fffffff]
const SLOT = 8
const EXIT = 0x95
const JA = 0x05

/** @returns a copy of the program with one to four changes; slots of `fixed` (descriptors) stay as they are. */
export function mutate(insns: Uint8Array, seed: number, fixed: ReadonlySet<number>): Uint8Array {
  const next = random(seed)
  const below = (n: number) => next() % n
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T
  const copy = insns.slice()
  const view = new DataView(copy.buffer)
  const slots = copy.length / SLOT
  const free = Array.from({ length: slots }, (_, i) => i).filter((i) => isWhole(copy, i) && !fixed.has(i))
  const value = () => (below(4) === 0 ? next() | 0 : below(2) ? pick(edges) : -pick(edges))
  for (let left = free.length > 0 ? 1 + below(4) : 0; left > 0; left--) {
    const at = pick(free) * SLOT
    switch (below(12)) {
      case 0: // another operation, size or mode
        copy[at] = (copy[at] as number) ^ pick([0x10, 0x20, 0x40, 0x80, 0x08, 0x18, 0x04, 0x01, 0x02])
        break
      case 1: // another class, now and then
        copy[at] = below(8) === 0 ? below(256) : ((copy[at] as number) & 0xf8) | below(8)
        break
      case 2: // another destination
        copy[at + 1] = ((copy[at + 1] as number) & 0xf0) | below(11)
        break
      case 3: // another source
        copy[at + 1] = ((copy[at + 1] as number) & 0x0f) | (below(11) << 4)
        break
      case 4:
        view.setInt16(at + 2, view.getInt16(at + 2, true) + pick([-8, -4, -2, -1, 1, 2, 4, 8]), true)
        break
      case 5:
        view.setInt16(at + 2, value(), true)
        break
      case 6:
        view.setInt32(at + 4, view.getInt32(at + 4, true) + pick([-8, -4, -1, 1, 4, 8]), true)
        break
      case 7:
        view.setInt32(at + 4, value(), true)
        break
      case 8: // nothing at all
        copy.set([JA, 0, 0, 0, 0, 0, 0, 0], at)
        break
      case 9: // the end
        copy.set([EXIT, 0, 0, 0, 0, 0, 0, 0], at)
        break
      case 10: {
        // what stands elsewhere
        const from = pick(free) * SLOT
        copy.copyWithin(at, from, from + SLOT)
        break
      }
      default: {
        // two that change places
        const from = pick(free) * SLOT
        const kept = copy.slice(at, at + SLOT)
        copy.copyWithin(at, from, from + SLOT)
        copy.set(kept, from)
      }
    }
  }
  return copy
}

/** Whether a slot is an instruction of its own: no half of a wide one. */
function isWhole(insns: Uint8Array, slot: number): boolean {
  return insns[slot * SLOT] !== LD_IMM64 && insns[slot * SLOT] !== 0
}
