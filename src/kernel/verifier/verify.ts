import { Class, Jmp, Mode, Source } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { PseudoCall } from '../../uapi/flags.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { checkAtomic, checkLoad, checkStore, checkStoreImm } from './access.ts'
import { checkAlu } from './alu.ts'
import { checkCondJmp } from './branch.ts'
import { isThrow } from './call-kinds.ts'
import { checkFuncCall, makeFrame } from './calls.ts'
import { acquireContextArgs } from './context/arg-notes.ts'
import { computeLiveRegisters, computeScc, prepareCfg } from './cfg.ts'
import { COMPLEXITY_LIMIT_INSNS, LogLevel, VerifierEnv, refuse } from './env.ts'
import { processExit } from './exit.ts'
import { markFastcallPatterns, trimFastcallStack } from './fastcall.ts'
import { prepareFuncArgs } from './func-args.ts'
import { isMainOfContext } from './main-args.ts'
import { Func } from './func-ids.ts'
import { checkHelperCall } from './helper-calls.ts'
import { pushJmpHistory } from './history.ts'
import type { VerifierInput } from './input.ts'
import { checkKfuncCall, isAllowedUnderLock } from './kfunc-calls.ts'
import { checkLdAbs, checkLdImm } from './ld-imm.ts'
import { Liveness } from './liveness.ts'
import { verboseLinfo } from './linfo.ts'
import { insnText, printInsnState, printState } from './log.ts'
import { Backtrack } from './precision.ts'
import { isStateVisited, updateBranchCounts } from './prune.ts'
import { markKnownZero, markUnknown } from './ranges.ts'
import { isRecoverable, markInsnSeen } from './sanitize.ts'
import type { InsnAux } from './aux.ts'
import { checkMaxStackDepth } from './stack-limits.ts'
import { VerifierState } from './state.ts'
import { ArgType, BPF_MAIN_FUNC, DynptrType, Flag, RegType, baseType } from './types.ts'
import { facts, useFactsOf } from './versions.ts'
import { KernelError } from '../error.ts'

/** The walk over all paths of a program (do_check, and what bpf_check does around it). */

/** What the walk found out: counts for the statistics, and facts for the rewrites. */
export function makeEnv(input: VerifierInput): VerifierEnv {
  useFactsOf(input.kernel.linux)
  const env = new VerifierEnv(input)
  env.liveness = new Liveness(env)
  env.bt = new Backtrack()
  return env
}

/** From check_cfg's marks to check_max_stack_depth. @throws KernelError for a program that is refused. */
export function verify(env: VerifierEnv): void {
  prepareCfg(env)
  computeScc(env)
  computeLiveRegisters(env)
  markFastcallPatterns(env)
  env.markStateClean()
  if (!facts.globalsWhenCalled) walkAllGlobals(env)
  env.insnIdx = 0
  walkFrom(env, 0)
  if (facts.globalsWhenCalled) walkGlobals(env)
  trimFastcallStack(env)
  checkMaxStackDepth(env)
}

/** do_check_subprogs: global functions that are called, each for all arguments that its prototype allows. */
function walkGlobals(env: VerifierEnv): void {
  if (env.input.funcInfo.length === 0) return
  if (env.input.exceptionCallback) env.subprog(env.input.exceptionCallback).called = true
  for (let again = true; again;) {
    again = false
    for (let i = 1; i < env.subprogs.length; i++) {
      const subprog = env.subprog(i)
      if (!subprog.isGlobal || !subprog.called || subprog.verified) continue
      env.insnIdx = subprog.start
      walkFrom(env, i)
      if (env.log.level & LogLevel.LEVEL) {
        const name = env.subprogName(i)
        env.verbose(`Func#${i} ('${name}') is safe for any args that match its prototype\n`)
      }
      subprog.verified = true
      again = true
    }
  }
}

/** do_check_subprogs as it was: all global functions, before the main one. */
function walkAllGlobals(env: VerifierEnv): void {
  if (env.input.funcInfo.length === 0) return
  for (let i = 1; i < env.subprogs.length; i++) {
    const subprog = env.subprog(i)
    if (!subprog.isGlobal) continue
    env.insnIdx = subprog.start
    walkFrom(env, i)
    if (env.log.level & LogLevel.LEVEL) {
      env.verbose(`Func#${i} is safe for any args that match its prototype\n`)
    }
  }
}

/** do_check_common. */
function walkFrom(env: VerifierEnv, subprog: number): void {
  env.prevLinfo = -1
  env.passCnt++
  const state = new VerifierState()
  state.branches = 1
  state.inSleepable = env.input.sleepable
  state.frames = [makeFrame(env, BPF_MAIN_FUNC, 0, subprog)]
  state.firstInsnIdx = env.subprog(subprog).start
  state.lastInsnIdx = -1
  env.curState = state
  if (subprog || env.input.type === ProgType.EXT) {
    env.verbose(`Validating ${env.subprogName(subprog)}() func#${subprog}...\n`)
    prepareFuncArgs(env, subprog)
    setArguments(env, subprog)
  } else {
    checkMainArgs(env)
    const r1 = env.own(1)
    r1.type = RegType.PTR_TO_CTX
    markKnownZero(r1)
  }
  if (!subprog) acquireContextArgs(env)
  walk(env)
  if (!(env.log.level & LogLevel.LEVEL2)) env.log.resetTo(0)
  // free_states: what was seen in one function says nothing about the next.
  env.stack.length = 0
  env.explored.fill(undefined)
  env.sccInfo.fill(undefined)
}

/** The main function's BTF is trusted only if it takes the context alone. */
function checkMainArgs(env: VerifierEnv): void {
  if (env.input.funcInfo.length === 0) return
  const main = env.subprog(0)
  if (!facts.mainByPrototype) {
    main.unreliable = !isMainOfContext(env)
    return
  }
  try {
    prepareFuncArgs(env, 0)
    if (main.args.length !== 1 || main.args[0]?.argType !== ArgType.PTR_TO_CTX) main.unreliable = true
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    main.unreliable = true
  }
}

/** A global function's registers, by its prototype. */
function setArguments(env: VerifierEnv, subprog: number): void {
  const { args, isExceptionCb } = env.subprog(subprog)
  if (isExceptionCb) {
    env.frame.inExceptionCallbackFn = true
    if (args.length !== 1 || args[0]?.argType !== ArgType.ANYTHING) {
      refuse(env, Errno.EINVAL, 'exception cb only supports single integer argument\n')
    }
  }
  args.forEach(({ argType, memSize, btfId }, i) => {
    const reg = env.own(i + 1)
    switch (baseType(argType)) {
      case ArgType.PTR_TO_CTX:
        reg.type = RegType.PTR_TO_CTX
        markKnownZero(reg)
        break
      case ArgType.PTR_TO_DYNPTR:
        markKnownZero(reg)
        reg.type = RegType.CONST_PTR_TO_DYNPTR
        reg.id = ++env.idGen
        reg.dynptrType = DynptrType.LOCAL
        reg.firstSlot = true
        break
      case ArgType.PTR_TO_MEM:
        reg.type = RegType.PTR_TO_MEM | (argType & (Flag.PTR_MAYBE_NULL | Flag.PTR_UNTRUSTED | Flag.MEM_RDONLY))
        markKnownZero(reg)
        reg.memSize = memSize
        if (argType & Flag.PTR_MAYBE_NULL) reg.id = ++env.idGen
        break
      case ArgType.PTR_TO_BTF_ID:
        reg.type = RegType.PTR_TO_BTF_ID | (argType & (Flag.PTR_MAYBE_NULL | Flag.PTR_UNTRUSTED | Flag.PTR_TRUSTED))
        markKnownZero(reg)
        reg.btf = env.vmlinux()
        reg.btfId = btfId
        reg.id = ++env.idGen
        break
      default:
        markUnknown(env, reg)
    }
  })
}

/** How an instruction leaves the path. */
const Step = { NEXT: 0, PATH_ENDS: 1, RETURNED: 2 } as const
type StepKind = (typeof Step)[keyof typeof Step]

/** do_check. */
function walk(env: VerifierEnv): void {
  const { log, insns } = env
  const level = log.level & LogLevel.LEVEL
  const level2 = (log.level & LogLevel.LEVEL2) !== 0
  let printNext = false
  let prevInsnIdx = -1
  for (;;) {
    env.hasHistEnt = false
    env.prevInsnIdx = prevInsnIdx
    const { insnIdx } = env
    if (insnIdx >= insns.length) {
      refuse(env, Errno.EFAULT, `invalid insn idx ${insnIdx} insn_cnt ${insns.length}\n`)
    }
    if (++env.insnProcessed > COMPLEXITY_LIMIT_INSNS) {
      refuse(env, Errno.E2BIG, `BPF program is too large. Processed ${env.insnProcessed} insn\n`)
    }
    const state = env.curState
    state.lastInsnIdx = prevInsnIdx
    state.insnIdx = insnIdx
    const aux = env.auxAt(insnIdx)
    let pathEnds = false
    if (aux.prunePoint && isStateVisited(env, insnIdx)) {
      if (level) {
        if (printNext) env.verbose(`\nfrom ${prevInsnIdx} to ${insnIdx}${speculation(env)}: safe\n`)
        else env.verbose(`${insnIdx}: safe\n`)
      }
      pathEnds = true
    } else {
      if (aux.jmpPoint) pushJmpHistory(env, state, 0)
      if (facts.statesBehind ? level2 && printNext : level2 || (level && printNext)) {
        const from = `\nfrom ${prevInsnIdx} to ${insnIdx}${speculation(env)}:`
        env.verbose(level2 && !facts.statesBehind ? `${insnIdx}:` : from)
        printState(env, state, state.curframe, true)
        printNext = false
      }
      if (level) printInsn(env)
      markInsnSeen(env)
      prevInsnIdx = insnIdx
      const { speculative } = state
      if (speculative && aux.nospec) {
        pathEnds = true
      } else {
        env.liveness.resetWrites(insnIdx)
        const step = speculative ? stepSpeculatively(env, aux) : stepInsn(env)
        env.liveness.commitWrites()
        if (step === Step.RETURNED) printNext = true
        pathEnds = step === Step.PATH_ENDS || (speculative && aux.nospecResult)
      }
    }
    if (!pathEnds) continue
    env.markStateScratched()
    updateBranchCounts(env, env.curState)
    env.liveness.update()
    const next = env.stack.pop()
    if (!next) return
    env.curState = next.state
    if (!level2) log.resetTo(next.logPos)
    env.insnIdx = next.insnIdx
    prevInsnIdx = next.prevInsnIdx
    printNext = true
  }
}

function speculation(env: VerifierEnv): string {
  return env.curState.speculative ? ' (speculative execution)' : ''
}

function printInsn(env: VerifierEnv): void {
  const { log, insnIdx, curState } = env
  if (env.stateScratched && facts.statesBehind) printInsnState(env, curState, curState.curframe)
  verboseLinfo(env, insnIdx, '; ')
  env.prevLogPos = log.end
  log.append(`${insnIdx}: ${insnText(env, insnIdx)}\n`)
  env.prevInsnPrintPos = log.end - env.prevLogPos
  env.prevLogPos = log.end
}

/** An instruction that must not run speculatively gets a barrier before it, and needs no mask. */
function stepSpeculatively(env: VerifierEnv, aux: InsnAux): StepKind {
  try {
    return stepInsn(env)
  } catch (error) {
    if (!isRecoverable(error)) throw error
    aux.nospec = true
    aux.aluState = 0
    return Step.PATH_ENDS
  }
}

/** do_check_insn. */
function stepInsn(env: VerifierEnv): StepKind {
  const { insns, insnIdx } = env
  const code = insns.code(insnIdx)
  const mode = code & 0xe0
  switch (code & 7) {
    case Class.ALU:
    case Class.ALU64:
      checkAlu(env)
      break
    case Class.LDX:
      checkLoad(env, false, true, 'ldx')
      break
    case Class.STX:
      if (mode === Mode.ATOMIC) {
        checkAtomic(env)
        break
      }
      if (mode !== Mode.MEM || insns.imm(insnIdx) !== 0) {
        refuse(env, Errno.EINVAL, 'BPF_STX uses reserved fields\n')
      }
      checkStore(env, false)
      break
    case Class.ST:
      if (mode !== Mode.MEM || insns.src(insnIdx) !== 0) {
        refuse(env, Errno.EINVAL, 'BPF_ST uses reserved fields\n')
      }
      checkStoreImm(env)
      break
    case Class.JMP:
    case Class.JMP32: {
      const step = stepJump(env, code)
      if (step !== undefined) return step
      break
    }
    default:
      if (mode === Mode.ABS || mode === Mode.IND) {
        checkLdAbs(env)
      } else if (mode === Mode.IMM) {
        checkLdImm(env)
        env.insnIdx++
        markInsnSeen(env)
      } else {
        refuse(env, Errno.EINVAL, 'invalid BPF_LD mode\n')
      }
  }
  env.insnIdx++
  return Step.NEXT
}

/** @returns undefined where the next instruction is the one behind insnIdx. */
function stepJump(env: VerifierEnv, code: number): StepKind | undefined {
  const { insns, insnIdx } = env
  const op = code & 0xf0
  const narrow = (code & 7) === Class.JMP32
  const fromReg = (code & Source.X) !== 0
  const src = insns.src(insnIdx)
  const dst = insns.dst(insnIdx)
  const off = insns.off(insnIdx)
  const imm = insns.imm(insnIdx)
  env.jmpsProcessed++
  switch (op) {
    case Jmp.CALL: {
      const known = src === PseudoCall.HELPER || src === PseudoCall.CALL || src === PseudoCall.KFUNC_CALL
      if (fromReg || (src !== PseudoCall.KFUNC_CALL && off !== 0) || !known || dst !== 0 || narrow) {
        refuse(env, Errno.EINVAL, 'BPF_CALL uses reserved fields\n')
      }
      if (env.curState.activeLocks) {
        const helper = src === PseudoCall.HELPER && imm !== Func.SPIN_UNLOCK
        const kfunc = src === PseudoCall.KFUNC_CALL && (off !== 0 || !isAllowedUnderLock(env, insnIdx))
        if (helper || kfunc) {
          refuse(env, Errno.EINVAL, 'function calls are not allowed while holding a lock\n')
        }
      }
      if (src === PseudoCall.CALL) {
        checkFuncCall(env)
      } else if (src === PseudoCall.KFUNC_CALL) {
        checkKfuncCall(env)
        if (isThrow(env, insnIdx)) return processExit(env, true) ? Step.PATH_ENDS : Step.RETURNED
      } else {
        checkHelperCall(env)
      }
      env.markRegScratched(0)
      return undefined
    }
    case Jmp.JA:
      if (fromReg || src !== 0 || dst !== 0 || (narrow ? off !== 0 : imm !== 0)) {
        refuse(env, Errno.EINVAL, 'BPF_JA uses reserved fields\n')
      }
      env.insnIdx += (narrow ? imm : off) + 1
      return Step.NEXT
    case Jmp.EXIT:
      if (fromReg || imm !== 0 || src !== 0 || dst !== 0 || narrow) {
        refuse(env, Errno.EINVAL, 'BPF_EXIT uses reserved fields\n')
      }
      return processExit(env, false) ? Step.PATH_ENDS : Step.RETURNED
    default:
      checkCondJmp(env)
      return undefined
  }
}
