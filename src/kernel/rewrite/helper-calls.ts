import { Alu, Atomic, Class, Jmp, Mode, Size } from '../../isa/opcode.ts'
import { AttachType as A } from '../../uapi/attach-type.ts'
import { Errno } from '../../uapi/errno.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { helperProto } from '../helpers/access.ts'
import { Func, getsStorage, idOf } from '../verifier/func-ids.ts'
import { PROG_AUX, callDistance } from './symbols.ts'
import { TAIL_CALL } from './code.ts'
import { refuse } from '../verifier/env.ts'
import { callsMap, indexMask, inlineLookup, mapFunction } from './map-calls.ts'
import type { Patches, Program } from './program.ts'

/** Calls of helpers (in do_misc_fixups): some become instructions, all others get their function's address. */

const GFP_KERNEL = 0xcc0
const GFP_ATOMIC = 0x820
/** sizeof(struct perf_branch_entry). */
const BRANCH_ENTRY = 24
/** N / 3 is this times N / 2^33. */
const THIRD = 0xaaaaaaab | 0

type WriteHelper = (program: Program, i: number, out: Patches) => void

export function rewriteHelper(program: Program, i: number, out: Patches): void {
  const { insns, env } = program
  const { input } = env
  const id = insns.imm(i)
  const aux = program.auxAt(i)
  const jit = input.jitRequested
  if (id === Func.TAIL_CALL) {
    // Whoever asks for the program sees the call of a helper again. One that always goes to the same place of the same
    // map is a jump that is patched when a program is put there: its number counts (bpf_jit_add_poke_descriptor).
    const direct = env.bpfCapable && jit && !aux.mapPoison && !aux.mapUnpriv && Number.isInteger(aux.mapKey)
    insns.set(i, TAIL_CALL, insns.dst(i), insns.src(i), insns.off(i), direct ? ++program.pokes : 0)
    if (!direct && aux.mapUnpriv) maskTailCall(program, i, out)
    return
  }
  if (id === Func.TIMER_SET_CALLBACK) {
    out.imm64(3, PROG_AUX)
  } else if (getsStorage.has(id)) {
    out.movImm(5, aux.storageGetFuncAtomic ? GFP_ATOMIC : GFP_KERNEL)
  } else if (aux.callWithPercpuAllocPtr) {
    out.load(Size.DW, 1, 1, 0)
  } else if (jit && callsMap(id) && aux.mapPtr && !aux.mapPoison) {
    if (id === Func.MAP_LOOKUP_ELEM && inlineLookup(program, aux.mapPtr, out)) return
    const name = mapFunction(id, aux.mapPtr)
    const to = name === undefined ? undefined : callDistance(program, name)
    if (to !== undefined) insns.setImm(i, to)
    return
  } else {
    const write = inlined(program, id)
    if (write) {
      write(program, i, out)
      return
    }
  }
  const start = out.length
  out.keep(i)
  const to = helperDistance(program, id)
  if (to !== undefined) out.insns.setImm(start, to)
}

/** An index that is too large doesn't lead anywhere, speculatively either. */
function maskTailCall({ env, aux }: Program, i: number, out: Patches): void {
  const { mapPtr: map, mapPoison = true } = aux[i] ?? {}
  if (!map || mapPoison) return refuse(env, Errno.EINVAL, 'tail_call abusing map_ptr\n')
  out.jumpImm(Jmp.JGE, 3, map.maxEntries, 2)
  out.alu32Imm(Alu.AND, 3, indexMask(map))
  out.keep(i)
}

/** Both programs' helpers are those of the target (env->ops). */
function helperDistance(program: Program, id: number): number | undefined {
  const { input, kernel } = program.env
  const context = {
    type: input.resolvedType,
    expectedAttachType: input.expectedAttachType,
    sleepable: input.sleepable,
    attachFuncName: input.attach.funcName,
    opsName: input.attach.opsName,
    kernel,
  }
  const func = helperProto(context, id)?.func
  return func === undefined ? undefined : callDistance(program, func)
}

/** Helpers that a few instructions do the work of. */
function inlined({ env }: Program, id: number): WriteHelper | undefined {
  const { jitRequested, resolvedType } = env.input
  if (jitRequested) {
    const write = compiled[id]
    if (write) return write
  }
  return resolvedType === ProgType.TRACING ? tracing[id] : undefined
}

/** Only with a compiler, which knows the instructions that they're made of. */
const compiled: Readonly<Record<number, WriteHelper>> = {
  [idOf('jiffies64')]({ env }, _i, out) {
    out.imm64(0, env.kernel.symbol('jiffies') ?? 0n)
    out.load(Size.DW, 0, 0, 0)
  },
  [Func.GET_SMP_PROCESSOR_ID]({ env }, _i, out) {
    out.movImm(0, Number(BigInt.asIntN(32, env.kernel.symbol('cpu_number') ?? 0n)))
    out.movPercpu(0, 0)
    out.load(Size.W, 0, 0, 0)
  },
  [idOf('get_branch_snapshot')](program, _i, out) {
    out.jumpImm(Jmp.JNE, 3, 0, 7)
    out.mov32Imm(0, THIRD)
    out.alu(Alu.MUL, 2, 0)
    out.aluImm(Alu.RSH, 2, 36)
    out.call(snapshotDistance(program))
    out.jumpImm(Jmp.JEQ, 0, 0, 4)
    out.alu32Imm(Alu.MUL, 0, BRANCH_ENTRY)
    out.ja(3)
    out.movImm(0, -Errno.EINVAL)
    out.ja(1)
    out.movImm(0, -Errno.ENOENT)
  },
  [Func.KPTR_XCHG](_program, _i, out) {
    out.mov(0, 2)
    out.raw(Class.STX | Mode.ATOMIC | Size.DW, 1, 0, 0, Atomic.XCHG)
  },
}

/** Without a processor that traces branches the static call goes nowhere. */
function snapshotDistance(program: Program): number {
  return callDistance(program, '__static_call_return0') ?? 0
}

/** What a trampoline left before the context: the arguments' number, the function's address. */
const tracing: Readonly<Record<number, WriteHelper>> = {
  [idOf('get_func_arg')](_program, _i, out) {
    out.load(Size.DW, 0, 1, -8)
    out.jump32(Jmp.JGE, 2, 0, 6)
    out.aluImm(Alu.LSH, 2, 3)
    out.alu(Alu.ADD, 2, 1)
    out.load(Size.DW, 0, 2, 0)
    out.store(Size.DW, 3, 0, 0)
    out.movImm(0, 0)
    out.ja(1)
    out.movImm(0, -Errno.EINVAL)
  },
  [idOf('get_func_ret')]({ env }, _i, out) {
    const { expectedAttachType } = env.input
    if (expectedAttachType !== A.TRACE_FEXIT && expectedAttachType !== A.MODIFY_RETURN) {
      out.movImm(0, -Errno.ENOTSUP)
      return
    }
    out.load(Size.DW, 0, 1, -8)
    out.aluImm(Alu.LSH, 0, 3)
    out.alu(Alu.ADD, 0, 1)
    out.load(Size.DW, 3, 0, 0)
    out.store(Size.DW, 2, 3, 0)
    out.movImm(0, 0)
  },
  [idOf('get_func_arg_cnt')](_program, _i, out) {
    out.load(Size.DW, 0, 1, -8)
  },
  [Func.GET_FUNC_IP](_program, _i, out) {
    out.load(Size.DW, 0, 1, -16)
  },
}
