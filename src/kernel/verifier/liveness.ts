import type { VerifierEnv } from './env.ts'
import { LogLevel } from './env.ts'
import { liveFlow } from './live-flow.ts'
import type { LiveFlow } from './live-flow.ts'
import type { VerifierState } from './state.ts'
import { MAX_CALL_FRAMES } from './types.ts'
import { facts } from './versions.ts'

/**
 * Which stack slots are alive at an instruction: a slot is when some path from there reads it before it's written
 * (kernel/bpf/liveness.c). Reads and writes are gathered while the walk goes on, for each chain of calls apart; before
 * a state is compared, what is known is spread against the flow until nothing changes. Linux looks at every instruction
 * again each time; here only those are, in the same order, of which something changed since: what comes out is the same.
 * Sets of slots are 64 bits, two words each.
 */

/** Words of one instruction's masks in an instance's frame. */
const STRIDE = 8
const MAY_READ = 0
const MUST_WRITE = 2
const MUST_WRITE_ACC = 4
const LIVE_BEFORE = 6

/** What is known of one frame's slots at each of a function's instructions. */
class FrameMasks {
  readonly words: Int32Array
  /** A bit for each position in postorder: what it was computed from has changed. */
  readonly stale: Int32Array

  constructor(flow: LiveFlow) {
    this.words = new Int32Array(flow.positions.length * STRIDE)
    this.stale = new Int32Array((flow.insns.length + 31) >> 5)
    this.allStale(flow)
  }

  allStale({ insns: { length } }: LiveFlow): void {
    this.stale.fill(-1)
    if (length & 31) this.stale[length >> 5] = (1 << (length & 31)) - 1
  }

  markStale(position: number): void {
    this.stale[position >> 5] = (this.stale[position >> 5] as number) | (1 << (position & 31))
  }
}

/** A function as called through one chain of calls (struct func_instance). */
class FuncInstance {
  /** Call instructions that lead here, the function's first instruction last. */
  readonly callsites: readonly number[]
  /** First instructions of the functions along the chain, this one's last. */
  readonly spStarts: readonly number[]
  readonly flow: LiveFlow
  updated = false
  mustWriteDropped = false
  /** Masks by frame, made when there's something to note. */
  readonly frames: (FrameMasks | undefined)[]
  readonly mustWriteSet: Uint8Array
  outer: FuncInstance | undefined = undefined

  constructor(callsites: number[], spStarts: number[], flow: LiveFlow) {
    this.callsites = callsites
    this.spStarts = spStarts
    this.flow = flow
    this.frames = new Array<FrameMasks | undefined>(callsites.length).fill(undefined)
    this.mustWriteSet = new Uint8Array(flow.positions.length)
  }

  get curframe(): number {
    return this.callsites.length - 1
  }

  get start(): number {
    return this.spStarts[this.curframe] as number
  }

  /** alloc_frame_masks. */
  masks(frame: number): FrameMasks {
    return (this.frames[frame] ??= new FrameMasks(this.flow))
  }
}

/** Chains that begin alike. */
interface ChainNode {
  /** By first instruction: functions at the end of this chain. */
  readonly instances: Map<number, FuncInstance>
  /** By call instruction. */
  readonly calls: Map<number, ChainNode>
}

function makeNode(): ChainNode {
  return { instances: new Map(), calls: new Map() }
}

export class Liveness {
  readonly #env: VerifierEnv
  readonly #root = makeNode()
  readonly #flows: LiveFlow[] = []
  #cur: FuncInstance | undefined
  readonly #writes = new Int32Array(MAX_CALL_FRAMES * 2)
  #writeIdx = 0
  #query: (FuncInstance | undefined)[] = []
  #queryFrame = 0
  #queryIdx = 0

  constructor(env: VerifierEnv) {
    this.#env = env
  }

  /** lookup_instance: the function of one frame of a state. */
  #lookup(state: VerifierState, frameno: number): FuncInstance {
    let node = this.#root
    for (let i = 0; i < frameno; i++) {
      const { callsite } = state.frameAt(i + 1)
      let next = node.calls.get(callsite)
      if (!next) node.calls.set(callsite, (next = makeNode()))
      node = next
    }
    const { subprogno } = state.frameAt(frameno)
    const { start } = this.#env.subprog(subprogno)
    let instance = node.instances.get(start)
    if (!instance) {
      const callsites: number[] = []
      const spStarts: number[] = []
      for (let i = 0; i <= frameno; i++) {
        spStarts.push(this.#env.subprog(state.frameAt(i).subprogno).start)
        if (i < frameno) callsites.push(state.frameAt(i + 1).callsite)
      }
      callsites.push(start)
      instance = new FuncInstance(callsites, spStarts, this.#flow(subprogno))
      if (frameno > 0) instance.outer = this.#lookup(state, frameno - 1)
      node.instances.set(start, instance)
    }
    return instance
  }

  #flow(subprogno: number): LiveFlow {
    const { insns, postorder } = this.#env
    return (this.#flows[subprogno] ??= liveFlow(insns, postorder, this.#env.subprog(subprogno)))
  }

  /** bpf_reset_live_stack_callchain: the current function changes. */
  resetCallchain(): void {
    this.#cur = undefined
  }

  #current(): FuncInstance {
    const { curState } = this.#env
    return (this.#cur ??= this.#lookup(curState, curState.curframe))
  }

  /** bpf_mark_stack_read. */
  markRead(frame: number, insnIdx: number, spi: number): void {
    const bit = 1 << (spi & 31)
    this.#markRead(this.#current(), frame, insnIdx, spi < 32 ? bit : 0, spi < 32 ? 0 : bit)
  }

  #markRead(instance: FuncInstance, frame: number, insnIdx: number, lo: number, hi: number): void {
    const masks = instance.masks(frame)
    const { words } = masks
    const insn = insnIdx - instance.start
    const at = insn * STRIDE
    const oldLo = words[at + MAY_READ] as number
    const oldHi = words[at + MAY_READ + 1] as number
    const newLo = oldLo | lo
    const newHi = oldHi | hi
    if (newLo === oldLo && newHi === oldHi) return
    const deadLo = newLo & ~(words[at + LIVE_BEFORE] as number)
    const deadHi = newHi & ~(words[at + LIVE_BEFORE + 1] as number)
    if (deadLo | deadHi) instance.updated = true
    words[at + MAY_READ] = newLo
    words[at + MAY_READ + 1] = newHi
    masks.markStale(instance.flow.positions[insn] as number)
  }

  /** bpf_reset_stack_write_marks. */
  resetWrites(insnIdx: number): void {
    this.#resetWrites(this.#current(), insnIdx)
  }

  #resetWrites(instance: FuncInstance, insnIdx: number): void {
    this.#writeIdx = insnIdx
    this.#writes.fill(0, 0, (instance.curframe + 1) * 2)
  }

  /** bpf_mark_stack_write. */
  markWrite(frame: number, spi: number): void {
    if (spi < 32) this.#orWrites(frame, 1 << spi, 0)
    else this.#orWrites(frame, 0, 1 << (spi - 32))
  }

  #orWrites(frame: number, lo: number, hi: number): void {
    const writes = this.#writes
    writes[frame * 2] = (writes[frame * 2] as number) | lo
    writes[frame * 2 + 1] = (writes[frame * 2 + 1] as number) | hi
  }

  /** bpf_commit_stack_write_marks. */
  commitWrites(): void {
    if (this.#cur) this.#commitWrites(this.#cur)
  }

  #commitWrites(instance: FuncInstance): void {
    const idx = this.#writeIdx - instance.start
    const seen = instance.mustWriteSet[idx] === 1
    for (let frame = 0; frame <= instance.curframe; frame++) {
      let lo = this.#writes[frame * 2] as number
      let hi = this.#writes[frame * 2 + 1] as number
      if ((lo | hi) === 0 && !seen) continue
      const at = idx * STRIDE + MUST_WRITE
      const masks = instance.masks(frame)
      const { words } = masks
      const oldLo = words[at] as number
      const oldHi = words[at + 1] as number
      if (seen) {
        lo &= oldLo
        hi &= oldHi
      }
      if (oldLo !== lo || oldHi !== hi) {
        words[at] = lo
        words[at + 1] = hi
        masks.markStale(instance.flow.positions[idx] as number)
        instance.updated = true
      }
      if ((oldLo & ~lo) | (oldHi & ~hi)) instance.mustWriteDropped = true
    }
    instance.mustWriteSet[idx] = 1
    this.#writeIdx = 0
  }

  /** bpf_update_live_stack: before states are compared, and when a path or a function ends. */
  update(): void {
    this.#cur = undefined
    const { curState } = this.#env
    for (let frame = curState.curframe; frame >= 0; frame--) {
      const instance = this.#lookup(curState, frame)
      if (!instance.updated) continue
      this.#updateInstance(instance)
      instance.updated = false
      instance.mustWriteDropped = false
    }
  }

  /** update_instance. */
  #updateInstance(instance: FuncInstance): void {
    const env = this.#env
    if (instance.mustWriteDropped) {
      for (const masks of instance.frames) {
        if (!masks) continue
        const { words } = masks
        for (let at = MUST_WRITE_ACC; at < words.length; at += STRIDE) words[at] = words[at + 1] = 0
        masks.allStale(instance.flow)
      }
    }
    let iterations = 0
    let changed = true
    while (changed) {
      changed = false
      iterations++
      for (let frame = 0; frame <= instance.curframe; frame++) {
        const masks = instance.frames[frame]
        if (masks && this.#sweep(instance, masks, frame)) changed = true
      }
    }
    if (facts.writesUnshown && env.log.level & LogLevel.LEVEL2) {
      env.verbose(`${chainText(instance)} live stack update done in ${iterations} iterations\n`)
    }
    if (instance.curframe > 0) this.#propagateToOuter(instance)
  }

  /** One turn over the stale instructions, in postorder: those that become so meanwhile are met in this turn or the next. */
  #sweep(instance: FuncInstance, masks: FrameMasks, frame: number): boolean {
    const { stale } = masks
    const { beforeStart, before } = instance.flow
    let changed = false
    for (let word = 0; word < stale.length; word++) {
      // Bits at and after the place that the sweep has come to.
      let ahead = -1
      for (;;) {
        const bits = (stale[word] as number) & ahead
        if (bits === 0) break
        const bit = 31 - Math.clz32(bits & -bits)
        stale[word] = (stale[word] as number) & ~(1 << bit)
        ahead = bit === 31 ? 0 : -1 << (bit + 1)
        const position = (word << 5) | bit
        if (!this.#updateInsn(instance, masks.words, frame, position)) continue
        changed = true
        const end = beforeStart[position + 1] as number
        for (let i = beforeStart[position] as number; i < end; i++) masks.markStale(before[i] as number)
      }
    }
    return changed
  }

  /** update_insn. */
  #updateInsn(instance: FuncInstance, masks: Int32Array, frame: number, position: number): boolean {
    const { flow } = instance
    const first = flow.first[position] as number
    if (first < 0) return false
    const second = flow.second[position] as number
    const insn = flow.insns[position] as number
    const at = insn * STRIDE
    const to = first * STRIDE
    let afterLo = masks[to + LIVE_BEFORE] as number
    let afterHi = masks[to + LIVE_BEFORE + 1] as number
    let accLo = masks[to + MUST_WRITE_ACC] as number
    let accHi = masks[to + MUST_WRITE_ACC + 1] as number
    if (second >= 0) {
      const other = second * STRIDE
      afterLo |= masks[other + LIVE_BEFORE] as number
      afterHi |= masks[other + LIVE_BEFORE + 1] as number
      accLo &= masks[other + MUST_WRITE_ACC] as number
      accHi &= masks[other + MUST_WRITE_ACC + 1] as number
    }
    const writeLo = masks[at + MUST_WRITE] as number
    const writeHi = masks[at + MUST_WRITE + 1] as number
    const readLo = masks[at + MAY_READ] as number
    const readHi = masks[at + MAY_READ + 1] as number
    accLo |= writeLo
    accHi |= writeHi
    const beforeLo = (afterLo & ~writeLo) | readLo
    const beforeHi = (afterHi & ~writeHi) | readHi
    const oldLo = masks[at + LIVE_BEFORE] as number
    const oldHi = masks[at + LIVE_BEFORE + 1] as number
    const oldAccLo = masks[at + MUST_WRITE_ACC] as number
    const oldAccHi = masks[at + MUST_WRITE_ACC + 1] as number
    if (beforeLo === oldLo && beforeHi === oldHi && accLo === oldAccLo && accHi === oldAccHi) return false
    if (facts.writesUnshown && this.#env.log.level & LogLevel.LEVEL2) {
      const insnIdx = insn + instance.start
      if (readLo | readHi | writeLo | writeHi || insn === 0 || this.#env.auxAt(insnIdx).prunePoint) {
        this.#logChange(instance, 'live', frame, insnIdx, oldLo, oldHi, beforeLo, beforeHi)
        this.#logChange(instance, 'written', frame, insnIdx, oldAccLo, oldAccHi, accLo, accHi)
      }
    }
    masks[at + LIVE_BEFORE] = beforeLo
    masks[at + LIVE_BEFORE + 1] = beforeHi
    masks[at + MUST_WRITE_ACC] = accLo
    masks[at + MUST_WRITE_ACC + 1] = accHi
    return true
  }

  /** log_mask_change. */
  #logChange(
    instance: FuncInstance,
    what: string,
    frame: number,
    insnIdx: number,
    oldLo: number,
    oldHi: number,
    newLo: number,
    newHi: number,
  ): void {
    const changedLo = oldLo ^ newLo
    const changedHi = oldHi ^ newHi
    if ((changedLo | changedHi) === 0) return
    let text = `${chainText(instance)} frame ${frame} insn ${insnIdx} `
    const onesLo = newLo & changedLo
    const onesHi = newHi & changedHi
    const zerosLo = ~newLo & changedLo
    const zerosHi = ~newHi & changedHi
    if (onesLo | onesHi) text += `+${what} ${stackMaskText(onesLo, onesHi)} `
    if (zerosLo | zerosHi) text += `-${what} ${stackMaskText(zerosLo, zerosHi)}`
    this.#env.log.append(`${text}\n`)
  }

  /** propagate_to_outer_instance: what a function reads and writes of its callers' stacks, its call does. */
  #propagateToOuter(instance: FuncInstance): void {
    const { outer, curframe } = instance
    if (!outer) return
    const callsite = instance.callsites[curframe - 1] as number
    this.#resetWrites(outer, callsite)
    for (let frame = 0; frame < curframe; frame++) {
      const words = instance.frames[frame]?.words
      if (!words) continue
      this.#orWrites(frame, words[MUST_WRITE_ACC] as number, words[MUST_WRITE_ACC + 1] as number)
      this.#markRead(outer, frame, callsite, words[LIVE_BEFORE] as number, words[LIVE_BEFORE + 1] as number)
    }
    this.#commitWrites(outer)
  }

  /** bpf_live_stack_query_init: questions to come are about this state. */
  queryInit(state: VerifierState): void {
    this.#query = []
    for (let frame = 0; frame <= state.curframe; frame++) this.#query.push(this.#lookup(state, frame))
    this.#queryFrame = state.curframe
    this.#queryIdx = state.insnIdx
  }

  /** bpf_stack_slot_alive. */
  slotAlive(frameno: number, spi: number): boolean {
    const current = this.#query[this.#queryFrame]
    if (!current) return false
    if (isLiveBefore(current, this.#queryIdx, frameno, spi)) return true
    for (let i = frameno; i < this.#queryFrame; i++) {
      const callsite = current.callsites[i] as number
      const instance = this.#query[i]
      const at = this.#env.auxAt(callsite).callsCallback ? callsite : callsite + 1
      if (instance && isLiveBefore(instance, at, frameno, spi)) return true
    }
    return false
  }
}

function isLiveBefore(instance: FuncInstance, insnIdx: number, frameno: number, spi: number): boolean {
  const words = instance.frames[frameno]?.words
  if (!words) return false
  const word = words[(insnIdx - instance.start) * STRIDE + LIVE_BEFORE + (spi < 32 ? 0 : 1)] as number
  return ((word >>> (spi & 31)) & 1) !== 0
}

/** fmt_callchain. */
function chainText({ callsites }: FuncInstance): string {
  return `(${callsites.join(',')})`
}

/** bpf_fmt_stack_mask. */
export function stackMaskText(lo: number, hi: number): string {
  const offs: number[] = []
  for (let i = 0; i < 64; i++) if (((i < 32 ? lo >>> i : hi >>> (i - 32)) & 1) !== 0) offs.push(-(i + 1) * 8)
  return offs.join(',')
}
