import { Alu, Class, Jmp, LD_IMM64, Mode, Size, Source } from '../../isa/opcode.ts'
import { PseudoCall } from '../../uapi/flags.ts'
import { rewriteCast, rewriteDivision } from './arithmetic.ts'
import { Code } from './code.ts'
import { rewriteHelper } from './helper-calls.ts'
import { rewriteKfunc } from './kfunc-calls.ts'
import { maskPointerAlu } from './mask.ts'
import { MAY_GOTO_STACK, initMayGoto, writeMayGoto } from './may-goto.ts'
import type { Part, Patches, Program } from './program.ts'
import { callDistance } from './symbols.ts'

/** do_misc_fixups: what is simpler for whoever runs the program. */

const CALL = Class.JMP | Jmp.CALL
const MAY_GOTO = Class.JMP | Jmp.JCOND

export function fixUp(program: Program): void {
  if (program.env.seenException && !program.env.input.exceptionCallback) addExceptionCallback(program)
  const { insns } = program
  let part = 0
  program.rewrite((i, out) => {
    while (i >= program.endOf(part)) part++
    const code = insns.code(i)
    if (code === LD_IMM64 || code === 0) return
    if (rewriteCast(program, i)) return
    if (program.auxAt(i).needsZext) insns.setCode(i, Class.ALU | (code & 0xf8))
    if (rewriteDivision(program, i, out) || maskPointerAlu(program, i, out)) return
    const cls = code & 7
    const mode = code & 0xe0
    if (cls === Class.LD && (mode === Mode.ABS || mode === Mode.IND)) {
      loadFromPacket(program, i, out)
    } else if (code === MAY_GOTO && insns.src(i) === 0) {
      const owner = program.parts[part] as Part
      owner.stackExtra = MAY_GOTO_STACK
      writeMayGoto(program, i, owner.stackDepth, out)
    } else if (code === CALL) {
      if (insns.src(i) === PseudoCall.KFUNC_CALL) rewriteKfunc(program, i, out)
      else if (insns.src(i) === PseudoCall.HELPER) rewriteHelper(program, i, out)
    }
  })
  for (const each of program.parts) each.stackDepth += each.stackExtra
  initMayGoto(program)
}

/** add_hidden_subprog: who throws, and catches nothing, returns what was thrown. */
function addExceptionCallback(program: Program): void {
  const code = new Code(2)
  code.mov(0, 1)
  code.exit()
  program.append(code)
}

const loadHelpers: Readonly<Record<number, string>> = {
  [Size.B]: 'bpf_skb_load_helper_8_no_cache',
  [Size.H]: 'bpf_skb_load_helper_16_no_cache',
  [Size.W]: 'bpf_skb_load_helper_32_no_cache',
}

/** bpf_gen_ld_abs: the packet that r6 has; the program ends with 0 where it's too short. */
function loadFromPacket(program: Program, i: number, out: Patches): void {
  const { insns } = program
  const code = insns.code(i)
  const imm = insns.imm(i)
  if ((code & 0xe0) === Mode.IND) {
    out.mov(2, insns.src(i))
    if (imm !== 0) out.aluImm(Alu.ADD, 2, imm)
  } else {
    out.movImm(2, imm)
  }
  out.mov(1, 6)
  out.call(callDistance(program, loadHelpers[code & 0x18] ?? '') ?? 0)
  out.jumpImm(Jmp.JSGE, 0, 0, 2)
  out.raw(Class.ALU | Alu.XOR | Source.X, 0, 0, 0, 0)
  out.exit()
}
