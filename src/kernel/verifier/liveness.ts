import type { VerifierEnv } from './env.ts'
import { LogLevel } from './env.ts'
import type { VerifierState } from './state.ts'
import { successors } from './successors.ts'
import { MAX_CALL_FRAMES } from './types.ts'

/**
 * Which stack slots are alive at an instruction: a slot is when some path from there reads it before it's written
 * (kernel/bpf/liveness.c). Reads and writes are gathered while the walk goes on, for each chain of calls apart; before
 * a state is compared, what is known is spread against the flow until nothing changes. Sets of slots are 64 bits, two
 * words each.
 */

/** Words of one instruction's masks in an instance's frame. */
const STRIDE = 8
const MAY_READ = 0
const MUST_WRITE = 2
const MUST_WRITE_ACC = 4
const LIVE_BEFORE = 6

/** A function as called through one chain of calls (struct func_instance). */
class FuncInstance {
  /** Call instructions that lead here, the function's first instruction last. */
  readonly callsites: readonly number[]
  /** First instructions of the functions along the chain, this one's last. */
  readonly spStarts: readonly number[]
  readonly insnCnt: number
  readonly subprog: number
  updated = false
  mustWriteDropped = false
  /** Masks by frame, made when there's something to note. */
  readonly frames: (Int32Array | undefined)[]
  readonly mustWriteSet: Uint8Array
  outer: FuncInstance | undefined = undefined

  constructor(callsites: number[], spStarts: number[], subprog: number, insnCnt: number) {
    this.callsites = callsites
    this.spStarts = spStarts
    this.subprog = subprog
    this.insnCnt = insnCnt
    this.frames = new Array<Int32Array | undefined>(callsites.length).fill(undefined)
    this.mustWriteSet = new Uint8Array(insnCnt)
  }

  get curframe(): number {
    return this.callsites.length - 1
  }

  get start(): number {
    return this.spStarts[this.curframe] as number
  }

  /** alloc_frame_masks. */
  masks(frame: number): Int32Array {
    return (this.frames[frame] ??= new Int32Array(this.insnCnt * STRIDE))
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
    const { start, end } = this.#env.subprog(subprogno)
    let instance = node.instances.get(start)
    if (!instance) {
      const callsites: number[] = []
      const spStarts: number[] = []
      for (let i = 0; i <= frameno; i++) {
        spStarts.push(this.#env.subprog(state.frameAt(i).subprogno).start)
        if (i < frameno) callsites.push(state.frameAt(i + 1).callsite)
      }
      callsites.push(start)
      instance = new FuncInstance(callsites, spStarts, subprogno, end - start)
      if (frameno > 0) instance.outer = this.#lookup(state, frameno - 1)
      node.instances.set(start, instance)
    }
    return instance
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
    const at = (insnIdx - instance.start) * STRIDE
    const oldLo = masks[at + MAY_READ] as number
    const oldHi = masks[at + MAY_READ + 1] as number
    const newLo = oldLo | lo
    const newHi = oldHi | hi
    if (newLo !== oldLo || newHi !== oldHi) {
      const deadLo = newLo & ~(masks[at + LIVE_BEFORE] as number)
      const deadHi = newHi & ~(masks[at + LIVE_BEFORE + 1] as number)
      if (deadLo | deadHi) instance.updated = true
    }
    masks[at + MAY_READ] = newLo
    masks[at + MAY_READ + 1] = newHi
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
      const oldLo = masks[at] as number
      const oldHi = masks[at + 1] as number
      if (seen) {
        lo &= oldLo
        hi &= oldHi
      }
      if (oldLo !== lo || oldHi !== hi) {
        masks[at] = lo
        masks[at + 1] = hi
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
        for (let at = MUST_WRITE_ACC; masks && at < masks.length; at += STRIDE) masks[at] = masks[at + 1] = 0
      }
    }
    const { postorderStart, postorderEnd } = env.subprog(instance.subprog)
    let iterations = 0
    let changed = true
    while (changed) {
      changed = false
      iterations++
      for (let frame = 0; frame <= instance.curframe; frame++) {
        const masks = instance.frames[frame]
        if (!masks) continue
        for (let i = postorderStart; i < postorderEnd; i++) {
          if (this.#updateInsn(instance, masks, frame, env.postorder[i] as number)) changed = true
        }
      }
    }
    if (env.log.level & LogLevel.LEVEL2) {
      env.verbose(`${chainText(instance)} live stack update done in ${iterations} iterations\n`)
    }
    if (instance.curframe > 0) this.#propagateToOuter(instance)
  }

  /** update_insn. */
  #updateInsn(instance: FuncInstance, masks: Int32Array, frame: number, insnIdx: number): boolean {
    const env = this.#env
    const next = successors(env.insns, insnIdx)
    if (next.count === 0) return false
    const { start } = instance
    const at = (insnIdx - start) * STRIDE
    let afterLo = 0
    let afterHi = 0
    let accLo = -1
    let accHi = -1
    for (let s = 0; s < next.count; s++) {
      const to = ((s === 0 ? next.first : next.second) - start) * STRIDE
      afterLo |= masks[to + LIVE_BEFORE] as number
      afterHi |= masks[to + LIVE_BEFORE + 1] as number
      accLo &= masks[to + MUST_WRITE_ACC] as number
      accHi &= masks[to + MUST_WRITE_ACC + 1] as number
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
    if (env.log.level & LogLevel.LEVEL2) {
      const told = readLo | readHi | writeLo | writeHi || insnIdx === start || env.auxAt(insnIdx).prunePoint
      if (told) {
        this.#logChange(instance, 'live', frame, insnIdx, oldLo, oldHi, beforeLo, beforeHi)
        this.#logChange(instance, 'written', frame, insnIdx, oldAccLo, oldAccHi, accLo, accHi)
      }
    }
    masks[at + LIVE_BEFORE] = beforeLo
    masks[at + LIVE_BEFORE + 1] = beforeHi
    masks[at + MUST_WRITE_ACC] = accLo
    masks[at + MUST_WRITE_ACC + 1] = accHi
    return beforeLo !== oldLo || beforeHi !== oldHi || accLo !== oldAccLo || accHi !== oldAccHi
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
      const masks = instance.frames[frame]
      if (!masks) continue
      this.#orWrites(frame, masks[MUST_WRITE_ACC] as number, masks[MUST_WRITE_ACC + 1] as number)
      this.#markRead(outer, frame, callsite, masks[LIVE_BEFORE] as number, masks[LIVE_BEFORE + 1] as number)
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
  const masks = instance.frames[frameno]
  if (!masks) return false
  const word = masks[(insnIdx - instance.start) * STRIDE + LIVE_BEFORE + (spi < 32 ? 0 : 1)] as number
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
