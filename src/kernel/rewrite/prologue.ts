import { Kind } from '../../btf/btf.ts'
import { Alu, Class, Jmp, Size } from '../../isa/opcode.ts'
import { PseudoCall } from '../../uapi/flags.ts'
import { ProgType as T } from '../../uapi/prog-type.ts'
import { idOf } from '../verifier/func-ids.ts'
import { FP } from './code.ts'
import type { Code } from './code.ts'
import type { Part, Patches, Program } from './program.ts'
import { member } from './structs.ts'

/** Code at the beginning and at the end of some programs (gen_prologue, gen_epilogue). */

const CALL = Class.JMP | Jmp.CALL
const EXIT = Class.JMP | Jmp.EXIT
const LONG_JUMP = Class.JMP32 | Jmp.JA
const CLONED_MASK = 1

/** What a program returns that can't get its packet: TC_ACT_SHOT, SK_DROP. */
const dropVerdicts: Readonly<Record<number, number>> = {
  [T.SCHED_CLS]: 2,
  [T.SCHED_ACT]: 2,
  [T.LWT_XMIT]: 2,
  [T.SK_SKB]: 0,
}

/** The end of a program that saved its context at the beginning. */
export interface Epilogue {
  /** Where on the stack. */
  readonly slot: number
  /** Replaces an exit of the main function. */
  leave(i: number, out: Patches): void
}

/** bpf_qdisc_gen_epilogue: a queueing discipline's own cleaning up, for `reset` and `destroy`. */
export function writeEpilogue(program: Program): Epilogue | undefined {
  const { attach } = program.env.input
  if (attach.opsName !== 'Qdisc_ops' || (attach.funcName !== 'reset' && attach.funcName !== 'destroy')) return undefined
  const main = program.parts[0] as Part
  main.stackDepth += 8
  const slot = -main.stackDepth
  const end = program.endOf(0)
  let written = -1
  return {
    slot,
    leave(i, out) {
      if (i >= end || program.insns.code(i) !== EXIT) return
      if (written >= 0) {
        out.raw(LONG_JUMP, 0, 0, 0, written - out.length - 1)
        return
      }
      written = out.length
      out.load(Size.DW, 1, FP, slot)
      out.load(Size.DW, 1, 1, 0)
      callKfunc(program, 'bpf_qdisc_reset_destroy_epilogue', out)
      out.exit()
    },
  }
}

/** @returns whether anything stands before the first instruction now. */
export function writePrologue(program: Program, out: Patches, epilogue: Epilogue | undefined): boolean {
  const { env } = program
  const { resolvedType, attach } = env.input
  const verdict = dropVerdicts[resolvedType]
  if (verdict !== undefined && env.seenDirectWrite) unclone(program, out, verdict)
  if (attach.opsName === 'Qdisc_ops' && attach.funcName === 'init') qdiscInit(program, out)
  if (epilogue) out.store(Size.DW, FP, 1, epilogue.slot)
  return out.length > 0
}

/** bpf_unclone_prologue: a packet that is written to must be nobody else's. */
function unclone({ env }: Program, out: Code, verdict: number): void {
  out.load(Size.B, 6, 1, member(env, 'sk_buff.__cloned_offset').offset)
  out.alu32Imm(Alu.AND, 6, CLONED_MASK)
  out.jumpImm(Jmp.JEQ, 6, 0, 7)
  out.mov(6, 1)
  out.alu(Alu.XOR, 2, 2)
  out.raw(CALL, 0, 0, 0, idOf('skb_pull_data'))
  out.jumpImm(Jmp.JEQ, 0, 0, 2)
  out.mov32Imm(0, verdict)
  out.exit()
  out.mov(1, 6)
}

/** bpf_qdisc_gen_prologue. */
function qdiscInit(program: Program, out: Code): void {
  out.mov(6, 1)
  out.load(Size.DW, 2, 1, 16)
  out.load(Size.DW, 1, 1, 0)
  callKfunc(program, 'bpf_qdisc_init_prologue', out)
  out.jumpImm(Jmp.JEQ, 0, 0, 1)
  out.exit()
  out.mov(1, 6)
}

function callKfunc({ env }: Program, name: string, out: Code): void {
  out.raw(CALL, 0, PseudoCall.KFUNC_CALL, 0, env.vmlinux().findByNameKind(name, Kind.FUNC) ?? 0)
}
