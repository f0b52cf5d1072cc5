import { Alu, Atomic, Class, Jmp, LD_IMM64, Mode, Source } from '../../isa/opcode.ts'
import { PseudoCall, PseudoLdImm64 } from '../../uapi/flags.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { callSummary, isAsyncCallbackCall, isSyncCallbackCall } from './call-kinds.ts'
import type { VerifierEnv } from './env.ts'
import { LogLevel } from './env.ts'
import { helperChangesPktData, helperOf } from './helper-protos.ts'
import { KfFlag, kfuncChangesPktData, kfuncOf } from './kfuncs.ts'
import { insnText } from './log.ts'
import { successors } from './successors.ts'
import { facts } from './versions.ts'

/**
 * What is known of the program before the walk: where states are compared and jumps remembered, the order for data flow
 * questions, loops, and which registers are alive. The loader has checked that the graph is sound.
 */
export function prepareCfg(env: VerifierEnv): void {
  markPoints(env)
  mergeCalleeEffects(env)
  computePostorder(env)
}

/** What check_cfg notes while it walks (visit_insn). */
function markPoints(env: VerifierEnv): void {
  const { insns } = env
  const target = (i: number) => {
    const aux = env.aux[i]
    if (aux) aux.prunePoint = aux.jmpPoint = true
  }
  for (let i = 0; i < insns.length; i++) {
    const code = insns.code(i)
    const cls = code & 7
    const aux = env.auxAt(i)
    if (code === LD_IMM64) {
      if (insns.src(i) === PseudoLdImm64.FUNC) {
        target(i + 2)
        aux.prunePoint = true
        target(i + insns.imm(i) + 1)
      }
      i++
      continue
    }
    if (cls !== Class.JMP && cls !== Class.JMP32) continue
    switch (code & 0xf0) {
      case Jmp.EXIT:
        break
      case Jmp.CALL:
        markCall(env, i)
        target(i + 1)
        if (insns.src(i) === PseudoCall.CALL) {
          aux.prunePoint = true
          target(i + insns.imm(i) + 1)
        }
        break
      case Jmp.JA:
        target(i + 1 + (cls === Class.JMP ? insns.off(i) : insns.imm(i)))
        break
      default:
        aux.prunePoint = true
        if ((code & 0xf0) === Jmp.JCOND && insns.src(i) === 0) aux.forceCheckpoint = true
        target(i + insns.off(i) + 1)
    }
  }
}

function markCall(env: VerifierEnv, i: number): void {
  const { insns } = env
  const aux = env.auxAt(i)
  if (isAsyncCallbackCall(env, i)) aux.prunePoint = true
  if (isSyncCallbackCall(env, i)) aux.callsCallback = aux.forceCheckpoint = aux.prunePoint = aux.jmpPoint = true
  const subprog = env.subprog(env.findContainingSubprog(i))
  if (insns.src(i) === PseudoCall.HELPER) {
    // An extension's target, and with it its helpers, isn't known yet.
    const known = env.input.type !== ProgType.EXT
    if (known && helperOf(env, insns.imm(i))?.mightSleep) subprog.mightSleep = true
    if (helperChangesPktData(insns.imm(i))) subprog.changesPktData = true
  } else if (insns.src(i) === PseudoCall.KFUNC_CALL) {
    const kfunc = kfuncOf(env, i)
    if (!kfunc) return
    if (kfunc.flags & KfFlag.ITER_NEXT) aux.prunePoint = aux.forceCheckpoint = true
    if (kfunc.flags & KfFlag.SLEEPABLE) subprog.mightSleep = true
    if (kfuncChangesPktData(kfunc)) subprog.changesPktData = true
  }
}

/** merge_callee_effects: who calls what may sleep may sleep. Functions don't call themselves, so this ends. */
function mergeCalleeEffects(env: VerifierEnv): void {
  const { insns } = env
  const calls: [caller: number, callee: number][] = []
  for (let i = 0; i < insns.length; i++) {
    const code = insns.code(i)
    const called = code === (Class.JMP | Jmp.CALL) && insns.src(i) === PseudoCall.CALL
    if (called || (code === LD_IMM64 && insns.src(i) === PseudoLdImm64.FUNC)) {
      calls.push([env.findContainingSubprog(i), env.findContainingSubprog(i + insns.imm(i) + 1)])
    }
    if (code === LD_IMM64) i++
  }
  for (let changed = true; changed;) {
    changed = false
    for (const [from, to] of calls) {
      const caller = env.subprog(from)
      const callee = env.subprog(to)
      if ((callee.mightSleep && !caller.mightSleep) || (callee.changesPktData && !caller.changesPktData)) {
        caller.mightSleep ||= callee.mightSleep
        caller.changesPktData ||= callee.changesPktData
        changed = true
      }
    }
  }
}

/** compute_postorder. */
function computePostorder(env: VerifierEnv): void {
  const { insns } = env
  const DISCOVERED = 1
  const EXPLORED = 2
  const order = new Int32Array(insns.length)
  const state = new Uint8Array(insns.length)
  const stack = new Int32Array(insns.length)
  let count = 0
  for (const subprog of env.subprogs) {
    subprog.postorderStart = count
    stack[0] = subprog.start
    let size = 1
    do {
      const top = stack[size - 1] as number
      state[top] = (state[top] as number) | DISCOVERED
      if ((state[top] as number) & EXPLORED) {
        order[count++] = top
        size--
        continue
      }
      const next = successors(insns, top)
      for (let s = 0; s < next.count; s++) {
        const to = s === 0 ? next.first : next.second
        if (state[to]) continue
        stack[size++] = to
        state[to] = DISCOVERED
      }
      state[top] = (state[top] as number) | EXPLORED
    } while (size > 0)
    subprog.postorderEnd = count
  }
  env.postorder = order.subarray(0, count)
}

/** compute_scc: Tarjan's strongly connected components, without recursion. An instruction that is in no loop has 0. */
export function computeScc(env: VerifierEnv): void {
  const { insns } = env
  const count = insns.length
  const NOT_ON_STACK = 0xffffffff
  const stack = new Uint32Array(count)
  const pre = new Uint32Array(count)
  const low = new Uint32Array(count)
  const dfs = new Uint32Array(count + 1)
  let nextPreorder = 1
  let nextScc = 1
  for (let i = 0; i < count; i++) {
    if (pre[i]) continue
    // The second slot of a two-slot load is no instruction, but the kernel looks at it too: it leads to the next one.
    let stackSize = 0
    let dfsSize = 1
    dfs[0] = i
    walk: while (dfsSize > 0) {
      const w = dfs[dfsSize - 1] as number
      if (pre[w] === 0) {
        low[w] = pre[w] = nextPreorder++
        stack[stackSize++] = w
      }
      const next = successors(insns, w)
      const { count: n, first, second } = next
      for (let j = 0; j < n; j++) {
        const to = j === 0 ? first : second
        if (pre[to]) {
          low[w] = Math.min(low[w] as number, low[to] as number)
        } else if (to < count) {
          dfs[dfsSize++] = to
          continue walk
        }
      }
      if ((low[w] as number) < (pre[w] as number)) {
        dfsSize--
        continue
      }
      const loop = stack[stackSize - 1] !== w || (n > 0 && first === w) || (n > 1 && second === w)
      let t: number
      do {
        t = stack[--stackSize] as number
        low[t] = NOT_ON_STACK
        if (loop) env.auxAt(t).scc = nextScc
      } while (t !== w)
      if (loop) nextScc++
      dfsSize--
    }
  }
  env.sccInfo = new Array<undefined>(nextScc).fill(undefined)
}

const CALLER_SAVED = 0x3f

/** Registers that an instruction writes, and reads; all of them where nobody knows (compute_insn_live_regs). */
const effects = { def: 0, use: 0 }

function liveRegs(env: VerifierEnv, i: number): void {
  const { insns } = env
  const code = insns.code(i)
  const src = 1 << insns.src(i)
  const dst = 1 << insns.dst(i)
  const withSource = (code & Source.X) !== 0
  const mode = code & 0xe0
  let def = 0
  let use = 0xffff
  switch (code & 7) {
    case Class.LD:
      if (code === LD_IMM64) {
        def = dst
        use = 0
      }
      break
    case Class.LDX:
      if (mode === Mode.MEM || mode === Mode.MEMSX) {
        def = dst
        use = src
      }
      break
    case Class.ST:
      if (mode === Mode.MEM) use = dst
      break
    case Class.STX:
      if (mode === Mode.MEM) {
        use = dst | src
      } else if (mode === Mode.ATOMIC) {
        const imm = insns.imm(i)
        use = dst | src
        if (imm === Atomic.CMPXCHG) {
          use |= 1
          def = 1
        } else if (imm === Atomic.LOAD_ACQ) {
          def = dst
          use = src
        } else if (imm !== Atomic.STORE_REL && imm & Atomic.FETCH) {
          def = src
        }
      }
      break
    case Class.ALU:
    case Class.ALU64: {
      const op = code & 0xf0
      def = dst
      if (op === Alu.END) use = dst
      else if (op === Alu.MOV) use = withSource ? src : 0
      else use = withSource ? dst | src : dst
      break
    }
    default:
      switch (code & 0xf0) {
        case Jmp.JA:
        case Jmp.JCOND:
          use = 0
          break
        case Jmp.EXIT:
          use = 1
          break
        case Jmp.CALL: {
          def = CALLER_SAVED
          use = def & ~1
          const summary = callSummary(env, i)
          if (summary) use = ((1 << (summary.params + 1)) - 1) & ~1
          break
        }
        default:
          use = withSource ? dst | src : dst
      }
  }
  effects.def = def
  effects.use = use
}

/** compute_live_registers. */
export function computeLiveRegisters(env: VerifierEnv): void {
  const { insns, postorder } = env
  const count = insns.length
  const defs = new Uint16Array(count)
  const uses = new Uint16Array(count)
  const ins = new Uint16Array(count)
  const outs = new Uint16Array(count)
  for (let i = 0; i < count; i++) {
    liveRegs(env, i)
    defs[i] = effects.def
    uses[i] = effects.use
  }
  for (let changed = true; changed;) {
    changed = false
    for (let p = 0; p < postorder.length; p++) {
      const i = postorder[p] as number
      const next = successors(insns, i)
      let out = 0
      if (next.count > 0) out |= ins[next.first] as number
      if (next.count > 1) out |= ins[next.second] as number
      const before = (out & ~(defs[i] as number)) | (uses[i] as number)
      if (out !== outs[i] || before !== ins[i]) {
        outs[i] = out
        ins[i] = before
        changed = true
      }
    }
  }
  for (let i = 0; i < count; i++) env.auxAt(i).liveRegsBefore = ins[i] as number
  if (env.log.level & LogLevel.LEVEL2) printLiveRegisters(env)
}

function printLiveRegisters(env: VerifierEnv): void {
  if (!facts.liveRegistersShown) return
  const { insns, log } = env
  log.write('Live regs before insn:\n')
  for (let i = 0; i < insns.length; i++) {
    const { scc, liveRegsBefore } = env.auxAt(i)
    let text = `${scc ? `${String(scc).padStart(3)} ` : '    '}${String(i).padStart(3)}: `
    for (let r = 0; r < 10; r++) text += (liveRegsBefore >>> r) & 1 ? String(r) : '.'
    log.append(`${text} ${insnText(env, i)}\n`)
    if (insns.code(i) === LD_IMM64) i++
  }
}
