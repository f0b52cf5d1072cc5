import { random } from '../random.ts'
import type { Case } from './program.ts'
import { attrOf, code, exit, insn } from './program.ts'

/** Random programs whose jumps, calls and fields are often, but not always, right. */
export function randomCase(seed: number): Case {
  const next = random(seed)
  const below = (n: number) => next() % n
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T
  const length = 2 + below(14)
  const slots: Uint8Array[] = []
  const odds = pick([4, 12, 40])
  const wrong = () => below(odds) === 0
  while (slots.length < length) {
    const left = length - slots.length
    switch (below(9)) {
      case 0:
        slots.push(insn(pick([0x05, 0x05, 0x15, 0x1d, 0x56, 0xe5]), 0, 0, wrong() ? pick([-1, -2, 100]) : below(left)))
        break
      case 1:
        slots.push(insn(0x06, 0, 0, 0, wrong() ? pick([-1, -3, 1000, 0x7fffffff]) : below(left)))
        break
      case 2:
        slots.push(insn(0x85, 0, 1, 0, wrong() ? pick([-2, 100, -100]) : below(left) - (wrong() ? 3 : 0)))
        break
      case 3:
        slots.push(insn(0x18, below(10), wrong() ? below(8) : pick([0, 4]), 0, below(left)), insn(0))
        break
      case 4:
        slots.push(exit)
        break
      case 5:
        slots.push(wrong() ? insn(below(256), below(16), below(16), below(8), below(8)) : insn(0xb7, below(10)))
        break
      case 6:
        slots.push(insn(pick([0x61, 0x79, 0x91, 0x30, 0x20]), below(10), below(10), 0, wrong() ? 1 : 0))
        break
      case 7:
        slots.push(insn(0x85, 0, 0, 0, pick([1, 5, 12, 14])))
        break
      default:
        slots.push(insn(pick([0x07, 0xbf, 0x0f, 0x87, 0xd4, 0x63]), below(10), 0, 0, 0))
    }
  }
  if (!wrong()) slots.push(exit)
  return [`random ${seed}`, [{ op: 'progLoad', attr: attrOf(code(...slots)) }]]
}
