import { INSN_SIZE, Insns } from '../../isa/insn.ts'
import { Class, Jmp, LD_IMM64, Mode } from '../../isa/opcode.ts'
import { PseudoCall, PseudoLdImm64 } from '../../uapi/flags.ts'
import { ProbeMode, TAIL_CALL } from './code.ts'
import { targetOf } from './program.ts'
import type { Program } from './program.ts'
import { callDistance } from './symbols.ts'

/** What becomes of the functions of a program (fixup_call_args), and how whoever asks sees it. */

const CALL = Class.JMP | Jmp.CALL
const TAIL_CALL_HELPER = 12
/** Each called function has an interpreter for stacks of these many bytes, and multiples (interpreters_args). */
const STACK_STEP = 32
const MAX_STACK = 512
/** x86-64: where compiled code lies, about (MODULES_VADDR); what an address of a function is until it's known. */
const MODULES_VADDR_LOW = 0xc0000000 | 0
const MODULES_VADDR_HIGH = 0xffffffff | 0

/** The functions as they're compiled, each by itself: its tag is made of that (jit_subprogs). */
export function compiledForm(program: Program): Insns {
  const insns = new Insns(program.insns.bytes.slice())
  for (let i = 0; i < insns.length; i++) {
    const part = calledPart(program, i)
    if (part < 0) continue
    insns.setOff(i, part)
    if (insns.code(i) === LD_IMM64) {
      insns.setImm(i, MODULES_VADDR_LOW)
      insns.setImm(i + 1, MODULES_VADDR_HIGH)
    } else {
      insns.setImm(i, 1)
    }
  }
  return insns
}

/** The bytes of one function. */
export function bytesOf(program: Program, insns: Insns, part: number): Uint8Array {
  const start = program.parts[part]?.start ?? 0
  return insns.bytes.subarray(start * INSN_SIZE, program.endOf(part) * INSN_SIZE)
}

function calledPart({ insns, parts }: Program, i: number): number {
  const code = insns.code(i)
  const func = code === LD_IMM64 && insns.src(i) === PseudoLdImm64.FUNC
  const call = code === CALL && insns.src(i) === PseudoCall.CALL
  if (!func && !call) return -1
  const target = targetOf(insns, i)
  return parts.findIndex(({ start }) => start === target)
}

/** The end of jit_subprogs: calls say which function and how far; without a compiler, which interpreter runs it. */
export function linkFunctions(program: Program): void {
  const { insns, env } = program
  const { jitRequested } = env.input
  if (program.parts.length <= 1) return
  for (let i = 0; i < insns.length; i++) {
    const part = calledPart(program, i)
    if (part < 0) continue
    if (insns.code(i) === LD_IMM64) {
      if (jitRequested) insns.setImm(i + 1, part)
      continue
    }
    insns.setOff(i, insns.imm(i))
    if (jitRequested) {
      insns.setImm(i, part)
      continue
    }
    const depth = Math.max(program.parts[part]?.stackDepth ?? 0, 1)
    const stack = Math.min(Math.ceil(depth / STACK_STEP) * STACK_STEP, MAX_STACK)
    insns.setImm(i, callDistance(program, `__bpf_prog_run_args${stack}`) ?? 0)
  }
}

/** bpf_insn_prepare_dump: opcodes that no program could have had are shown as what they were. */
export function dumpForm({ bytes }: Insns): Uint8Array {
  const insns = new Insns(bytes.slice())
  for (let i = 0; i < insns.length; i++) {
    const code = insns.code(i)
    const cls = code & 7
    const mode = code & 0xe0
    if (code === TAIL_CALL) {
      insns.setCode(i, CALL)
      insns.setImm(i, TAIL_CALL_HELPER)
    } else if (cls === Class.LDX && mode === ProbeMode.MEM) {
      insns.setCode(i, code - ProbeMode.MEM + Mode.MEM)
    } else if ((cls === Class.LDX || cls === Class.STX || cls === Class.ST) && mode === ProbeMode.MEM32) {
      insns.setCode(i, code - ProbeMode.MEM32 + Mode.MEM)
    }
  }
  return insns.bytes
}
