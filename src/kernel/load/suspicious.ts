import type { Insns } from '../../isa/insn.ts'
import { Alu, Class, Jmp, LD_IMM64, Mode, Source } from '../../isa/opcode.ts'
import { PseudoCall } from '../../uapi/flags.ts'
import { helperProto } from '../helpers/access.ts'
import type { LoadEnv } from './env.ts'

/**
 * Whether a program has something in it that would be refused on whatever way it is come to: a helper that isn't for it,
 * or a field that no instruction of its kind has. Cheap, and wrong only in suspecting too much.
 */
export function isSuspicious(env: LoadEnv): boolean {
  const { insns } = env
  for (let i = 0; i < insns.length; i++) {
    if (isHelperCall(insns, i) && !mayCall(env, insns.imm(i))) return true
    if (hasOtherFields(insns, i)) return true
    if (insns.code(i) === LD_IMM64) i++
  }
  return false
}

function isHelperCall(insns: Insns, i: number): boolean {
  return insns.code(i) === (Class.JMP | Jmp.CALL) && insns.src(i) === PseudoCall.HELPER
}

function mayCall(env: LoadEnv, id: number): boolean {
  const proto = helperProto(env, id)
  if (!proto || proto.allowed !== undefined) return false
  return (env.gplCompatible || !proto.gplOnly) && (env.sleepable || !proto.mightSleep)
}

/** Fields that most instructions of a kind leave alone. */
function hasOtherFields(insns: Insns, i: number): boolean {
  const code = insns.code(i)
  const op = code & 0xf0
  const [dst, src, off, imm] = [insns.dst(i), insns.src(i), insns.off(i), insns.imm(i)]
  const second = code & Source.X ? imm : src
  switch (code & 7) {
    case Class.ALU:
    case Class.ALU64:
      if (op === Alu.END) return src !== 0 || off !== 0
      if (op === Alu.NEG) return src !== 0 || off !== 0 || imm !== 0
      return second !== 0 || off !== 0
    case Class.LD:
      return code === LD_IMM64 ? off !== 0 : dst !== 0 || off !== 0 || ((code & 0xe0) === Mode.ABS && src !== 0)
    case Class.ST:
      return src !== 0
    case Class.STX:
      return (code & 0xe0) === Mode.MEM && imm !== 0
    case Class.LDX:
      return false
  }
  if (op === Jmp.CALL) return dst !== 0 || src > PseudoCall.KFUNC_CALL || (off !== 0 && src !== PseudoCall.KFUNC_CALL)
  if (op === Jmp.EXIT) return dst !== 0 || src !== 0 || imm !== 0
  if (op === Jmp.JA) return dst !== 0 || src !== 0 || ((code & 7) === Class.JMP ? imm : off) !== 0
  return second !== 0
}
