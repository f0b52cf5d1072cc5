import type { ProgLoadAttr } from '../../src/uapi/attr.ts'
import { attrOf, code, insn } from '../load/program.ts'
import { random } from '../random.ts'

/**
 * Random programs of calls of kernel functions: references, iterators and loops, sections, interrupts, in functions of
 * their own too, with branches on what nobody knows. Most do what fits what they have; some do anything.
 */

type Holder = 'task' | 'task?' | 'mask' | 'mask?' | 'cgroup' | 'cgroup?' | 'number' | 'gone'
type IterType = 'num' | 'bits' | 'task'

const iterSlots: Readonly<Record<IterType, number>> = { num: 1, bits: 2, task: 3 }
const releases: Readonly<Record<string, string>> = {
  task: 'bpf_task_release',
  mask: 'bpf_cpumask_release',
  cgroup: 'bpf_cgroup_release',
}
const acquires: Readonly<Record<string, string>> = {
  task: 'bpf_task_acquire',
  mask: 'bpf_cpumask_acquire',
  cgroup: 'bpf_cgroup_acquire',
}
const MAX_INSNS = 160

class Generator {
  readonly #next: () => number
  readonly #id: (name: string) => number
  readonly #insns: Uint8Array[] = []
  /** Calls of the function that comes after the main one, by place. */
  readonly #calls: number[] = []
  readonly #holders = new Map<number, Holder>([
    [6, 'number'],
    [7, 'number'],
    [8, 'number'],
    [9, 'number'],
  ])
  readonly #iters = new Map<number, IterType>()
  #irqs: number[] = []
  #rcu = false
  #preempt = 0
  #depth = 0

  constructor(seed: number, id: (name: string) => number) {
    this.#next = random(seed)
    this.#id = id
  }

  below(limit: number): number {
    return this.#next() % limit
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T
  }

  /** Once in a while something that doesn't fit. */
  wild(): boolean {
    return this.below(28) === 0
  }

  build(functions: boolean): Uint8Array {
    for (const regno of [6, 7, 8, 9]) this.#put(this.#mov(regno, 0))
    this.#block(4 + this.below(14), functions)
    if (!this.wild()) this.#finish()
    this.#put(this.#mov(0, 0), insn(0x95))
    if (this.#calls.length > 0) {
      const start = this.#insns.length
      for (const at of this.#calls) this.#insns[at] = insn(0x85, 0, 1, 0, start - at - 1)
      this.#holders.clear()
      for (const regno of [6, 7, 8, 9]) {
        this.#put(this.#mov(regno, 0))
        this.#holders.set(regno, 'number')
      }
      this.#iters.clear()
      this.#block(2 + this.below(6), false)
      if (!this.wild()) this.#finish()
      this.#put(this.#mov(0, 0), insn(0x95))
    }
    return code(...this.#insns)
  }

  #put(...insns: Uint8Array[]): void {
    this.#insns.push(...insns)
  }

  #mov(dst: number, imm: number): Uint8Array {
    return insn(0xb7, dst, 0, 0, imm)
  }

  #copy(dst: number, src: number): void {
    this.#put(insn(0xbf, dst, src))
  }

  #call(name: string): void {
    this.#put(insn(0x85, 0, 2, 0, this.#id(name)))
  }

  #stack(regno: number, off: number): void {
    this.#put(insn(0xbf, regno, 10), insn(0x07, regno, 0, 0, off))
  }

  /** A jump over what is put by `body`. @param op its opcode; r1 or r0 was looked at. */
  #over(op: number, regno: number, imm: number, body: () => void): void {
    const at = this.#insns.length
    this.#put(insn(0x05))
    body()
    this.#insns[at] = insn(op, regno, 0, this.#insns.length - at - 1, imm)
  }

  #block(count: number, functions: boolean): void {
    for (let i = 0; i < count && this.#insns.length < MAX_INSNS; i++) this.#step(functions)
  }

  #step(functions: boolean): void {
    switch (this.below(19)) {
      case 0:
      case 1:
        this.#newReference()
        break
      case 2:
        this.#check()
        break
      case 3:
        this.#release()
        break
      case 4:
        this.#again()
        break
      case 5:
        this.#use()
        break
      case 6:
        this.#section()
        break
      case 7:
        this.#interrupts()
        break
      case 8:
        this.#newIter()
        break
      case 9:
        this.#endIter()
        break
      case 10:
      case 11:
        this.#loop()
        break
      case 12:
        this.#branch()
        break
      case 13:
        this.#spill()
        break
      case 14:
        this.#move()
        break
      case 15:
        if (this.below(4) === 0) this.#throw()
        break
      case 16:
        this.#cast()
        break
      case 17:
        this.#sleep()
        break
      default:
        if (functions && this.#calls.length < 3) {
          this.#put(this.#mov(1, 0))
          this.#calls.push(this.#insns.length)
          this.#put(insn(0x05))
        }
    }
  }

  #where(test: (holder: Holder) => boolean): number | undefined {
    const found = [...this.#holders].filter(([, holder]) => this.wild() || test(holder)).map(([regno]) => regno)
    return found.length > 0 ? this.pick(found) : undefined
  }

  #newReference(): void {
    const to = this.#where((holder) => holder === 'number' || holder === 'gone')
    if (to === undefined) return
    const kind = this.pick(['task', 'mask', 'cgroup'] as const)
    if (kind !== 'mask') this.#put(this.#mov(1, 1))
    this.#call({ task: 'bpf_task_from_pid', mask: 'bpf_cpumask_create', cgroup: 'bpf_cgroup_from_id' }[kind])
    this.#copy(to, 0)
    this.#holders.set(to, `${kind}?`)
    if (this.below(3) > 0) this.#check()
  }

  /** Where it's nothing, the program ends. */
  #check(): void {
    const regno = this.#where((holder) => holder.endsWith('?'))
    if (regno === undefined) return
    const holder = this.#holders.get(regno)
    if (this.below(3) === 0) {
      // It's nothing from here on, and given back where it isn't.
      this.#over(0x15, regno, 0, () => {
        this.#copy(1, regno)
        this.#call(releases[holder?.replace('?', '') ?? ''] ?? 'bpf_task_release')
      })
      this.#holders.set(regno, 'gone')
      return
    }
    this.#over(0x55, regno, 0, () => {
      const kept = new Map(this.#holders)
      this.#holders.set(regno, 'gone')
      this.#finish()
      this.#put(this.#mov(0, 0), insn(0x95))
      for (const [key, value] of kept) this.#holders.set(key, value)
    })
    this.#holders.set(regno, (holder?.replace('?', '') ?? 'number') as Holder)
  }

  #release(): void {
    const regno = this.#where((holder) => holder in releases)
    if (regno === undefined) return
    this.#giveBack(regno)
  }

  #giveBack(regno: number): void {
    this.#copy(1, regno)
    this.#call(releases[this.#holders.get(regno) ?? ''] ?? this.pick(Object.values(releases)))
    this.#holders.set(regno, 'gone')
  }

  #again(): void {
    const from = this.#where((holder) => holder in acquires)
    const to = this.#where((holder) => holder === 'number' || holder === 'gone')
    if (from === undefined || to === undefined) return
    const holder = this.#holders.get(from) ?? 'task'
    this.#copy(1, from)
    this.#call(acquires[holder] ?? 'bpf_task_acquire')
    this.#copy(to, 0)
    this.#holders.set(to, (holder === 'mask' ? 'mask' : `${holder.replace('?', '')}?`) as Holder)
  }

  #use(): void {
    const regno = this.#where((holder) => holder in releases)
    if (regno === undefined) return
    const holder = this.#holders.get(regno)
    if (holder === 'mask') {
      this.#put(this.#mov(1, this.below(8)))
      this.#copy(2, regno)
      this.#call(this.pick(['bpf_cpumask_set_cpu', 'bpf_cpumask_test_cpu', 'bpf_cpumask_clear_cpu']))
      if (this.below(2) === 0) {
        this.#copy(1, regno)
        this.#call(this.pick(['bpf_cpumask_first', 'bpf_cpumask_empty', 'bpf_cpumask_weight', 'bpf_cpumask_clear']))
      }
      return
    }
    this.#put(insn(0x79, this.pick([0, 1, 2]), regno, 0, 0))
  }

  #section(): void {
    if (this.below(2) === 0) {
      this.#call(this.#rcu !== this.wild() ? 'bpf_rcu_read_unlock' : 'bpf_rcu_read_lock')
      this.#rcu = !this.#rcu
    } else if (this.#preempt > 0 && this.below(3) > 0) {
      this.#call('bpf_preempt_enable')
      this.#preempt--
    } else {
      this.#call('bpf_preempt_disable')
      this.#preempt++
    }
  }

  #slot(slots = 1): number {
    return -8 * (slots + this.below(10))
  }

  #isFree(off: number, slots: number): boolean {
    if (this.#irqs.some((irq) => irq >= off && irq < off + slots * 8)) return false
    return ![...this.#iters].some(([at, type]) => at < off + slots * 8 && off < at + iterSlots[type] * 8)
  }

  #interrupts(): void {
    const last = this.#irqs.at(-1)
    if (last !== undefined && this.below(3) > 0) {
      const off = this.wild() ? this.pick(this.#irqs) : last
      this.#stack(1, off)
      this.#call('bpf_local_irq_restore')
      this.#irqs = this.#irqs.filter((irq) => irq !== off)
      return
    }
    const off = this.#slot()
    if (!this.#isFree(off, 1) && !this.wild()) return
    this.#stack(1, off)
    this.#call('bpf_local_irq_save')
    this.#irqs.push(off)
  }

  #newIter(): number | undefined {
    const type = this.pick(['num', 'num', 'bits', 'task'] as const)
    const off = this.#slot(iterSlots[type])
    if (!this.#isFree(off, iterSlots[type]) && !this.wild()) return undefined
    if (type === 'num') {
      this.#put(this.#mov(2, 0), this.#mov(3, 1 + this.below(5)))
    } else if (type === 'bits') {
      this.#put(insn(0x7a, 10, 0, -128, this.below(16)))
      this.#stack(2, -128)
      this.#put(this.#mov(3, 1))
    } else {
      if (!this.#rcu && !this.wild()) this.#section()
      this.#put(this.#mov(2, 0), this.#mov(3, 0))
    }
    this.#stack(1, off)
    this.#call(`bpf_iter_${type}_new`)
    this.#iters.set(off, type)
    return off
  }

  #endIter(off = this.#iters.size > 0 ? this.pick([...this.#iters.keys()]) : undefined): void {
    if (off === undefined) return
    this.#stack(1, off)
    this.#call(`bpf_iter_${this.#iters.get(off) ?? 'num'}_destroy`)
    this.#iters.delete(off)
  }

  #loop(): void {
    if (this.#depth >= 2) return
    const off = this.below(3) > 0 || this.#iters.size === 0 ? this.#newIter() : this.pick([...this.#iters.keys()])
    if (off === undefined) return
    const type = this.#iters.get(off) ?? 'num'
    const start = this.#insns.length
    this.#stack(1, off)
    this.#call(`bpf_iter_${type}_next`)
    this.#depth++
    const before = new Map(this.#holders)
    this.#over(0x15, 0, 0, () => {
      if (this.below(2) === 0) this.#put(insn(type === 'task' ? 0x79 : 0x61, 1, 0))
      if (this.below(4) === 0) this.#put(insn(0x07, this.pick([6, 7, 8, 9]), 0, 0, 1))
      this.#block(this.below(4), false)
      this.#put(insn(0x05, 0, 0, start - this.#insns.length - 1))
    })
    this.#depth--
    for (const [key, value] of before) this.#holders.set(key, value)
    if (this.below(3) > 0) this.#endIter(off)
  }

  /** On what nobody knows. */
  #branch(): void {
    this.#put(insn(0x85, 0, 0, 0, 7))
    const before = new Map(this.#holders)
    this.#over(this.pick([0x15, 0x25, 0x56, 0xb5]), 0, this.below(100), () => {
      this.#block(1 + this.below(3), false)
    })
    for (const [key, value] of before) if (this.below(2) === 0) this.#holders.set(key, value)
  }

  #spill(): void {
    const off = this.#slot()
    if (!this.#isFree(off, 1) && !this.wild()) return
    const regno = this.pick([6, 7, 8, 9])
    this.#put(insn(0x7b, 10, regno, off))
    if (this.below(2) === 0) this.#put(insn(0x79, this.pick([0, 1, 2, regno]), 10, off))
  }

  #move(): void {
    const [from, to] = [this.pick([6, 7, 8, 9]), this.pick([6, 7, 8, 9])]
    const holder = this.#holders.get(to)
    if (holder !== 'number' && holder !== 'gone' && !this.wild()) return
    this.#copy(to, from)
    if (this.below(4) === 0) this.#put(insn(0x07, to, 0, 0, this.pick([1, 8, 16])))
    this.#holders.set(to, 'gone')
  }

  #throw(): void {
    this.#put(insn(0x85, 0, 0, 0, 7))
    this.#over(0x55, 0, this.below(3), () => {
      this.#put(this.#mov(1, this.below(2)))
      this.#call('bpf_throw')
    })
  }

  #cast(): void {
    this.#copy(1, this.pick([6, 7, 8, 9, 10]))
    this.#put(this.#mov(2, this.pick([0, 0, 1, 100, 200])))
    this.#call('bpf_rdonly_cast')
    if (this.below(2) === 0) this.#put(insn(this.pick([0x61, 0x79, 0x71]), 1, 0, this.pick([0, 4, 8, 64])))
  }

  #sleep(): void {
    if ((this.#rcu || this.#preempt > 0 || this.#irqs.length > 0) && this.below(4) > 0) return
    this.#stack(1, -128)
    this.#put(this.#mov(2, 8), this.#mov(3, 0), this.#mov(4, 0))
    this.#call('bpf_copy_from_user_str')
  }

  /** Gives back and ends what there is. */
  #finish(): void {
    for (const off of [...this.#iters.keys()]) {
      this.#stack(1, off)
      this.#call(`bpf_iter_${this.#iters.get(off) ?? 'num'}_destroy`)
    }
    for (const off of [...this.#irqs].reverse()) {
      this.#stack(1, off)
      this.#call('bpf_local_irq_restore')
    }
    for (let i = 0; i < this.#preempt; i++) this.#call('bpf_preempt_enable')
    for (const [regno, holder] of this.#holders) {
      if (holder in releases) {
        this.#copy(1, regno)
        this.#call(releases[holder] ?? '')
      } else if (holder.endsWith('?')) {
        this.#over(0x15, regno, 0, () => {
          this.#copy(1, regno)
          this.#call(releases[holder.slice(0, -1)] ?? '')
        })
      }
    }
    if (this.#rcu) this.#call('bpf_rcu_read_unlock')
  }
}

/** @param id the type id of a kernel function. @param callers attributes of programs that may call all of them. */
export function randomKfuncProgram(
  seed: number,
  id: (name: string) => number,
  callers: readonly Partial<ProgLoadAttr>[],
): ProgLoadAttr {
  const generator = new Generator(seed, id)
  const caller = generator.pick(callers)
  const insns = generator.build(generator.below(3) === 0)
  return attrOf(insns, { ...caller, logLevel: 2, logSize: 1 << 20 })
}
