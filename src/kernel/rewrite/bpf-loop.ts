import { Alu, Class, Jmp, Size } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { PseudoCall } from '../../uapi/flags.ts'
import { Func } from '../verifier/func-ids.ts'
import { FP } from './code.ts'
import type { Part, Patches, Program } from './program.ts'

const CALL = Class.JMP | Jmp.CALL
const MAX_LOOPS = 8 << 20
/** Instructions of the loop behind the check of its count. */
const BODY = 16
const LIMIT = 6
const COUNTER = 7
const CONTEXT = 8

/**
 * optimize_bpf_loop: a call of bpf_loop whose callback is always the same becomes a loop. It keeps its limit, counter and
 * context in r6, r7 and r8, which are saved on the stack, below what the function itself has there.
 */
export function inlineBpfLoops(program: Program): void {
  const { insns } = program
  if (!program.aux.some(({ loopFitForInline }) => loopFitForInline)) return
  const extra = program.parts.map(() => 0)
  let part = 0
  program.rewrite((i, out) => {
    while (i >= program.endOf(part)) part++
    const aux = program.auxAt(i)
    const isLoop = insns.code(i) === CALL && insns.src(i) === PseudoCall.HELPER && insns.imm(i) === Func.LOOP
    if (!isLoop || !aux.loopFitForInline) return
    const { stackDepth } = program.parts[part] as Part
    const room = 3 * 8 + Math.ceil(stackDepth / 8) * 8 - stackDepth
    extra[part] = room
    const callback = program.parts.find(({ index }) => index === aux.loopCallbackSubprogno)
    writeLoop(out, -(stackDepth + room), callback?.start ?? 0)
  })
  program.parts.forEach((each, i) => {
    each.stackDepth += extra[i] as number
  })
}

/** inline_bpf_loop. */
function writeLoop(out: Patches, base: number, callback: number): void {
  out.jumpImm(Jmp.JLE, 1, MAX_LOOPS, 2)
  out.mov32Imm(0, -Errno.E2BIG)
  out.ja(BODY)
  for (const n of [0, 1, 2]) out.store(Size.DW, FP, LIMIT + n, base + 8 * n)
  out.mov(LIMIT, 1)
  out.mov32Imm(COUNTER, 0)
  out.mov(CONTEXT, 3)
  out.jump(Jmp.JGE, COUNTER, LIMIT, 5)
  out.mov(1, COUNTER)
  out.mov(2, CONTEXT)
  out.leadsTo(callback)
  out.raw(CALL, 0, PseudoCall.CALL, 0, 0)
  out.aluImm(Alu.ADD, COUNTER, 1)
  out.jumpImm(Jmp.JEQ, 0, 0, -6)
  out.mov(0, COUNTER)
  for (const n of [0, 1, 2]) out.load(Size.DW, LIMIT + n, FP, base + 8 * n)
}
