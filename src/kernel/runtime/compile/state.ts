import { UNKNOWN, join, sameValue } from './values.ts'
import type { Value } from './values.ts'
import { STACK_SIZE } from '../limits.ts'

const REGS = 11
/** Eight-byte slots of a frame. */
const SLOTS = 64

/** What is known of the registers, and of what was stored whole in the frame. */
export class State {
  readonly regs: Value[]
  readonly #slots: (Value | undefined)[]

  constructor(regs: Value[] = new Array<Value>(REGS).fill(UNKNOWN), slots: (Value | undefined)[] = []) {
    this.regs = regs
    this.#slots = slots
  }

  copy(): State {
    return new State([...this.regs], [...this.#slots])
  }

  reg(n: number): Value {
    return this.regs[n] as Value
  }

  /** The eight bytes at an offset from r10. */
  load(off: number): Value {
    return (off & 7) === 0 ? (this.#slots[(off + STACK_SIZE) >> 3] ?? UNKNOWN) : UNKNOWN
  }

  /** Some of `size` bytes from `off` on are `value`, or something else. */
  store(off: number, span: number, size: number, value: Value): void {
    if (this.#slots.length === 0 && value.kind === 'unknown') return
    const first = Math.max((off + STACK_SIZE) >> 3, 0)
    const last = Math.min((off + span + size - 1 + STACK_SIZE) >> 3, SLOTS - 1)
    for (let i = first; i <= last; i++) this.#slots[i] = undefined
    if (span === 0 && size === 8 && (off & 7) === 0 && first === last) this.#slots[first] = value
  }

  /** Forgets the frame: anything may have been written there. */
  forgetFrame(): void {
    this.#slots.length = 0
  }

  /** Changes each value that is known. */
  map(change: (value: Value) => Value): void {
    for (let i = 0; i < REGS; i++) this.regs[i] = change(this.regs[i] as Value)
    this.#slots.forEach((value, i) => {
      if (value) this.#slots[i] = change(value)
    })
  }

  /**
   * Takes in another way to the same place. @param widen whether what differs is given up, so that loops come to an end.
   * @returns whether less is known now.
   */
  join(other: State, widen: boolean): boolean {
    let changed = false
    for (let i = 0; i < REGS; i++) {
      const old = this.regs[i] as Value
      if (old.kind === 'unknown') continue
      const value = join(old, other.regs[i] as Value)
      if (sameValue(old, value)) continue
      this.regs[i] = widen ? UNKNOWN : value
      changed = true
    }
    for (let i = 0; i < this.#slots.length; i++) {
      const old = this.#slots[i]
      if (!old) continue
      const value = other.#slots[i] && join(old, other.#slots[i] as Value)
      if (value && sameValue(old, value)) continue
      this.#slots[i] = widen || value?.kind === 'unknown' ? undefined : value
      changed = true
    }
    return changed
  }
}
