import { Alu, Class, Jmp, LD_IMM64, Mode, Source } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { PseudoCall } from '../../uapi/flags.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { refuse } from '../log.ts'
import { checkContextArg } from './context-arg.ts'
import type { LoadEnv } from './env.ts'
import { checkHelper } from './helper-call.ts'

const CALL = Class.JMP | Jmp.CALL
const EXIT = Class.JMP | Jmp.EXIT

/** Registers that hold something when a program begins: its context and its stack. */
const AT_START = (1 << 1) | (1 << 10)
const ARGUMENTS = 0b111110

/**
 * The beginning of do_check, for programs whose walk could not be finished (`walk.ts`): the one path that every run takes, up
 * to the first branch. No register may be read there before it was written, and helpers that are called must be there
 * for the program.
 */
export function walkStraight(env: LoadEnv): void {
  const { insns } = env
  let written = AT_START
  let contextInR1 = true
  const write = (reg: number) => {
    written |= 1 << reg
    if (reg === 1) contextInR1 = false
  }
  const read = (reg: number) => {
    if (!(written & (1 << reg))) refuse(env, Errno.EACCES, `R${reg} !read_ok\n`)
  }
  env.insnsProcessed = 0
  for (let i = 0; i < insns.length; i++) {
    env.insnsProcessed++
    const code = insns.code(i)
    const cls = code & 7
    if (code === LD_IMM64) {
      write(insns.dst(i))
      i++
    } else if (code === CALL) {
      if (insns.src(i) !== PseudoCall.HELPER) break
      checkHelper(env, insns.imm(i)).args.forEach((arg, n) => {
        read(n + 1)
        if (n === 0 && contextInR1) checkContextArg(env, arg)
      })
      contextInR1 = false
      written = (written & ~ARGUMENTS) | 1
    } else if (cls === Class.ALU || cls === Class.ALU64) {
      const op = code & 0xf0
      if (code & Source.X && op !== Alu.END && op !== Alu.NEG) read(insns.src(i))
      if (op !== Alu.MOV) read(insns.dst(i))
      write(insns.dst(i))
    } else if (cls === Class.LDX) {
      read(insns.src(i))
      write(insns.dst(i))
    } else if (cls === Class.ST || (cls === Class.STX && (code & 0xe0) === Mode.MEM)) {
      if (cls === Class.STX) read(insns.src(i))
      read(insns.dst(i))
    } else {
      // What is attached to a function that returns nothing returns nothing.
      if (code === EXIT && env.type !== ProgType.STRUCT_OPS && env.type !== ProgType.LSM) read(0)
      break
    }
  }
  env.insnsProcessed = insns.length
}
