import { BpfFunc } from '../../../uapi/helper-names.ts'
import { LD_IMM64, Mode } from '../../../isa/opcode.ts'
import { FUNC_HI, MAP_HI } from '../../helpers/impl/address.ts'
import { GRANT_READ, GRANT_WRITE } from '../../helpers/impl/grants.ts'
import { kfuncByNumber } from '../../helpers/kfuncs/index.ts'
import { helperTraits } from '../../helpers/traits.ts'
import { accessSize } from '../atomic.ts'
import { Op } from '../decode.ts'
import { findAccess, givesValues } from './access.ts'
import { hasContextBlock } from './context.ts'
import { findDominators } from './dominators.ts'
import { functionBlocks, functionEntries, opAt } from './graph.ts'
import type { Block } from './graph.ts'
import type { CompileInput, Insn } from './program.ts'
import { constantOperand, insnAt } from './program.ts'
import { makeReducible } from './reducible.ts'
import { refine } from './refine.ts'
import { NUM_SIZE, isIteratorNext } from './write-iterator.ts'
import { reserved } from './write-ring.ts'
import { State } from './state.ts'
import { transferAlu } from './transfer-alu.ts'
import { U32_MAX, UNKNOWN, scalar, shift } from './values.ts'
import type { Value } from './values.ts'
import { STACK_SIZE } from '../limits.ts'

/** Times that a block is looked at before what still changes there is given up. */
const PATIENCE = 6
/** Helpers after which a sample of a ring buffer may be the ring's again. */
const handsIn: ReadonlySet<number> = new Set(
  ['ringbuf_submit', 'ringbuf_discard', 'ringbuf_submit_dynptr', 'ringbuf_discard_dynptr'].flatMap(
    (name) => BpfFunc[name] ?? [],
  ),
)
/** The origin of pointers that a context gives. */
const PACKET_ID = 1

/** A function of the program, and what is known where its blocks begin. */
export interface FunctionFlow {
  readonly entry: number
  readonly blocks: readonly Block[]
  /** What is known at the entry; undefined as long as nothing calls it. */
  start: State | undefined
  /** Callers' frames above its own, at least. */
  frames: number
  readonly states: (State | undefined)[]
}

/**
 * Follows what is known of registers and stack slots through all ways that a program can take: so the compiler knows
 * which accesses it need not check, which are of the context, and which map a lookup is in. Nothing here is taken on
 * trust: what a program does that isn't understood makes things unknown.
 */
export class Flow {
  readonly functions = new Map<number, FunctionFlow>()
  readonly #input: CompileInput
  readonly #changesPacket: boolean
  readonly #pending: FunctionFlow[] = []

  constructor(input: CompileInput) {
    this.#input = input
    const { code } = input
    for (const entry of functionEntries(code)) {
      const blocks = makeReducible(functionBlocks(code, entry))
      this.functions.set(entry, { entry, blocks, start: undefined, frames: 0, states: [] })
    }
    this.#changesPacket = this.#findPacketChange()
    this.#enterMain()
    this.#run()
    // What is only called in ways that weren't seen.
    for (const func of this.functions.values()) if (!func.start) this.#enter(func, unknownStart(), 0)
    this.#run()
  }

  /** Applies an instruction to what is known before it. */
  step(func: FunctionFlow, state: State, slot: number): void {
    const insn = insnAt(this.#input.code, slot)
    const { op, dst, src } = insn
    switch (op) {
      case Op.CALL_HELPER:
        this.#callHelper(func, state, slot, insn.imm)
        return
      case Op.CALL_SUB:
        this.#call(func, state, insn.off >> 2)
        return
      case Op.CALL_KFUNC:
        this.#callKfunc(state, insn.imm)
        return
      case Op.TAIL_CALL:
        this.#forgetCall(state)
        return
      case Op.LD_ABS:
      case Op.LD_IND:
        state.regs[0] = scalar(U32_MAX)
        return
      case Op.ATOMIC:
        this.#atomic(func, state, insn)
        return
      case Op.MAY_GOTO:
      case Op.BAD:
        return
      case LD_IMM64:
        this.#assign(state, dst, this.#operand(state, insn), slot)
        return
    }
    const cls = op & 7
    if (op >= 0x100 || cls === 4 || cls === 7) {
      this.#assign(state, dst, transferAlu(op, state.reg(dst), this.#operand(state, insn), slot), slot)
    } else if (cls === 1) {
      this.#load(func, state, insn)
    } else if (cls === 3) {
      const value = src >= 0 ? state.reg(src) : constantOperand(this.#input.code, insn.operand)
      this.#store(func, state, dst, insn.off, accessSize(op & 0x18), value)
    }
  }

  /** What is known where a conditional jump at `slot` leads. */
  branch(state: State, slot: number, taken: boolean): State {
    const insn = insnAt(this.#input.code, slot)
    const next = state.copy()
    if (insn.op < 0x100) refine(next, insn.op, insn.dst, insn.src, this.#operand(state, insn), taken)
    return next
  }

  #operand(state: State, { src, operand }: Insn): Value {
    return src >= 0 ? state.reg(src) : constantOperand(this.#input.code, operand)
  }

  /** A new value; what an earlier turn of a loop called by the same name isn't the same. */
  #assign(state: State, reg: number, value: Value, slot: number): void {
    const id = slot + 2
    if (value.kind === 'packet' && value.id === id) {
      state.map((each) => (each.kind === 'packet' && each.id === id ? UNKNOWN : each))
    }
    state.regs[reg] = value
  }

  #load(func: FunctionFlow, state: State, { op, dst, src, off }: Insn): void {
    const size = accessSize(op & 0x18)
    const access = findAccess(this.#input, func.frames, state.reg(src), off, size, GRANT_READ)
    const extends_ = (op & 0xe0) === Mode.MEMSX
    let value: Value = size === 8 || extends_ ? UNKNOWN : scalar(2 ** (size * 8) - 1)
    if (access.kind === 'frame' && size === 8) value = state.load(access.off)
    if (access.kind === 'context' && !extends_) {
      if (access.field.kind === 'packet') value = { kind: 'packet', id: PACKET_ID, off: 0, range: 0 }
      else if (access.field.kind === 'packetEnd') value = { kind: 'packetEnd' }
      else if (access.field.kind === 'address') value = UNKNOWN
    } else if (access.kind === 'checked') {
      // It may be a field that the kernel makes a pointer of.
      value = UNKNOWN
    }
    state.regs[dst] = value
  }

  #store(func: FunctionFlow, state: State, reg: number, off: number, size: number, value: Value): void {
    const base = state.reg(reg)
    const access = findAccess(this.#input, func.frames, base, off, size, GRANT_WRITE)
    if (access.kind === 'checked') state.forgetFrame()
    else if (base.kind === 'stack') state.store(base.off + off, base.span, size, value)
  }

  #atomic(func: FunctionFlow, state: State, { dst, src, off, imm }: Insn): void {
    const op = imm & 0xffff
    const size = accessSize((imm >>> 16) & 0x18)
    const result = size === 8 ? UNKNOWN : scalar(2 ** (size * 8) - 1)
    if (op === 0x100) {
      state.regs[dst] = result
      return
    }
    this.#store(func, state, dst, off, size, UNKNOWN)
    if (op === 0xf1) state.regs[0] = result
    else if (op & 1) state.regs[src] = result
  }

  /** r0 to r5 mean nothing after a call. */
  #forgetCall(state: State): void {
    for (let reg = 0; reg <= 5; reg++) state.regs[reg] = UNKNOWN
  }

  /** Samples of ring buffers, which may have been handed in. */
  #forgetSamples(state: State): void {
    state.map((value) => (value.kind === 'value' && value.size !== undefined ? UNKNOWN : value))
  }

  #forgetPacket(state: State): void {
    state.map((value) => (value.kind === 'packet' || value.kind === 'packetEnd' ? UNKNOWN : value))
  }

  #call(func: FunctionFlow, state: State, entry: number): void {
    const callee = this.functions.get(entry)
    if (callee) {
      const start = unknownStart()
      for (let reg = 1; reg <= 5; reg++) start.regs[reg] = passed(state.reg(reg))
      this.#enter(callee, start, func.frames + 1)
    }
    this.#forgetCall(state)
    state.forgetFrame()
    this.#forgetSamples(state)
    if (this.#changesPacket) this.#forgetPacket(state)
  }

  #callHelper(func: FunctionFlow, state: State, slot: number, id: number): void {
    const traits = helperTraits(id)
    const result = this.#helperResult(state, slot, id)
    if (traits.callsBack) {
      this.#enterCallback(func, state, id)
      state.forgetFrame()
    }
    if (traits.callsBack || handsIn.has(id)) this.#forgetSamples(state)
    for (let arg = 1; arg <= traits.args; arg++) {
      const { kind } = state.reg(arg)
      if (traits.writes & (1 << arg) && (kind === 'stack' || kind === 'unknown')) state.forgetFrame()
    }
    if (traits.changesPacket || (traits.callsBack && this.#changesPacket)) this.#forgetPacket(state)
    this.#forgetCall(state)
    if (result.kind === 'value') {
      state.map((value) => (value.kind === 'value' && value.id === result.id ? UNKNOWN : value))
    }
    state.regs[0] = result
  }

  /** A call of a kernel function: of one that isn't known, the worst is thought. */
  #callKfunc(state: State, number: number): void {
    const { args, callsBack, movesPacket } = kfuncByNumber(number) ?? { args: 5, callsBack: true, movesPacket: true }
    const iterator = state.reg(1)
    if (isIteratorNext(number) && iterator.kind === 'stack') {
      state.store(iterator.off, iterator.span, NUM_SIZE, UNKNOWN)
    } else {
      for (let arg = 1; arg <= args; arg++) {
        const { kind } = state.reg(arg)
        if (kind === 'stack' || kind === 'unknown') state.forgetFrame()
      }
    }
    if (callsBack) {
      state.forgetFrame()
      this.#forgetSamples(state)
      this.#enterAll()
    }
    if (movesPacket || (callsBack && this.#changesPacket)) this.#forgetPacket(state)
    this.#forgetCall(state)
  }

  #helperResult(state: State, slot: number, id: number): Value {
    if (id === BpfFunc['get_smp_processor_id'] || id === BpfFunc['get_prandom_u32']) return scalar(U32_MAX)
    if (id === BpfFunc['ringbuf_reserve']) {
      const sample = reserved(state, (mapId) => this.#input.map(mapId))
      return sample ? { kind: 'value', off: 0, span: 0, id: slot + 2, ...sample } : UNKNOWN
    }
    const map = state.reg(1)
    if (id !== BpfFunc['map_lookup_elem'] || map.kind !== 'const' || map.hi !== MAP_HI) return UNKNOWN
    if (!givesValues(this.#input.map(map.lo))) return UNKNOWN
    return { kind: 'value', mapId: map.lo, off: 0, span: 0, id: slot + 2 }
  }

  /** A helper calls a function of the program. */
  #enterCallback(func: FunctionFlow, state: State, id: number): void {
    const isLoop = id === BpfFunc['loop']
    const isForEach = id === BpfFunc['for_each_map_elem']
    const target = state.reg(2)
    const callee = target.kind === 'const' && target.hi === FUNC_HI ? this.functions.get(target.lo) : undefined
    if (!callee || (!isLoop && !isForEach)) {
      this.#enterAll()
      return
    }
    const start = unknownStart()
    if (isLoop) start.regs[1] = scalar(U32_MAX)
    // It's called again with what it may have handed in.
    const context = state.copy()
    this.#forgetSamples(context)
    start.regs[isLoop ? 2 : 4] = passed(context.reg(3))
    this.#enter(callee, start, func.frames + 1)
  }

  /** Any function whose address is taken may be called with anything. */
  #enterAll(): void {
    for (const slot of this.#input.code.functions) {
      const callee = this.functions.get(slot)
      if (callee) this.#enter(callee, unknownStart(), 1)
    }
  }

  #enterMain(): void {
    const main = this.functions.get(0) as FunctionFlow
    const start = unknownStart()
    if (hasContextBlock(this.#input.progType)) start.regs[1] = { kind: 'context', off: 0 }
    this.#enter(main, start, 0)
  }

  #enter(func: FunctionFlow, start: State, frames: number): void {
    let changed = true
    if (!func.start) {
      func.start = start
      func.frames = frames
    } else {
      changed = func.start.join(start, false)
      if (frames < func.frames) {
        func.frames = frames
        changed = true
      }
    }
    if (changed && !this.#pending.includes(func)) this.#pending.push(func)
  }

  #run(): void {
    for (let func = this.#pending.pop(); func; func = this.#pending.pop()) this.#follow(func)
  }

  #follow(func: FunctionFlow): void {
    const { blocks, states } = func
    const { order, place } = findDominators(blocks)
    const visits = new Uint32Array(blocks.length)
    const pending = new Uint8Array(blocks.length)
    states.length = 0
    states[0] = (func.start as State).copy()
    pending[0] = 1
    for (let at = 0; at < order.length;) {
      const block = order[at++] as number
      if (!pending[block]) continue
      pending[block] = 0
      visits[block] = (visits[block] as number) + 1
      const { edges, kind, last } = blocks[block] as Block
      const state = (states[block] as State).copy()
      this.followBlock(func, state, blocks[block] as Block)
      edges.forEach(({ to }, i) => {
        const next = kind === 'if' ? this.branch(state, last, i === 0) : edges.length > 1 ? state.copy() : state
        const known = states[to]
        if (!known) states[to] = next
        else if (!known.join(next, (visits[to] as number) > PATIENCE)) return
        pending[to] = 1
        if ((place[to] as number) < at) at = place[to] as number
      })
    }
  }

  /** Applies all instructions of a block but its last jump. */
  followBlock(func: FunctionFlow, state: State, { start, end, kind }: Block): void {
    if (kind === 'label' || kind === 'dispatch') return
    for (let slot = start; slot < end;) {
      this.step(func, state, slot)
      slot += opAt(this.#input.code, slot) === LD_IMM64 ? 2 : 1
    }
  }

  /** Whether something in the program may move the packet. */
  #findPacketChange(): boolean {
    const { code } = this.#input
    for (let slot = 0; slot < code.slots; slot++) {
      const op = opAt(code, slot)
      if (op === Op.TAIL_CALL) return true
      if (op === Op.CALL_KFUNC && (kfuncByNumber(insnAt(code, slot).imm)?.movesPacket ?? true)) return true
      if (op === Op.CALL_HELPER && helperTraits(insnAt(code, slot).imm).changesPacket) return true
    }
    return false
  }
}

/** Nothing is known but where the frame is. */
function unknownStart(): State {
  const state = new State()
  state.regs[10] = { kind: 'stack', off: 0, span: 0 }
  return state
}

/** A value as a called function sees it, whose own frame lies below this one. */
function passed(value: Value): Value {
  return value.kind === 'stack' ? shift(value, STACK_SIZE) : value
}
