import { Class, Jmp, LD_IMM64 } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { PseudoCall, PseudoLdImm64 } from '../../uapi/flags.ts'
import { refuse } from '../log.ts'
import { isSince } from '../profile/release.ts'
import { verboseLinfo } from '../verifier/linfo.ts'
import type { LoadEnv } from './env.ts'

/** Marks of one instruction in the walk: seen, which of its edges were followed, and done. */
const DISCOVERED = 0x10
const EXPLORED = 0x20
const FALLTHROUGH = 1
const BRANCH = 2

/**
 * check_cfg: depth first through all edges, without recursion. Every instruction must be reached, none in the middle
 * of a two-slot load. Loops are for those with CAP_BPF.
 */
export function checkCfg(env: LoadEnv): void {
  const { insns } = env
  const { length } = insns
  const state = new Uint8Array(length)
  const stack = new Int32Array(length)
  let top = 0
  const { buffer, byteOffset, byteLength } = env.lineInfo
  const lineInfo = new DataView(buffer, byteOffset, byteLength)
  const lines = { log: env.log, lineInfo, lineBtf: env.btf, prevLinfo: -1 }

  // Before 6.7 only jumps may lead back: no other instruction, and no call.
  const anyLoops = isSince(env.kernel, '6.7')

  /** push_insn. @returns whether there's more to explore below. */
  const push = (from: number, to: number, edge: number, mayLoop: boolean): boolean => {
    if ((state[from] as number) >= (DISCOVERED | edge)) return false
    if (to < 0 || to >= length) {
      verboseLinfo(lines, from, `${from}: `)
      refuse(env, Errno.EINVAL, `jump out of range from insn ${from} to ${to}\n`)
    }
    const there = state[to] as number
    if (there === 0) {
      state[from] = DISCOVERED | edge
      state[to] = DISCOVERED
      if (top >= length) refuse(env, Errno.E2BIG)
      stack[top++] = to
      return true
    }
    if (there === EXPLORED) {
      state[from] = DISCOVERED | edge
    } else if (!env.capabilities.bpfCapable || !(mayLoop || anyLoops)) {
      verboseLinfo(lines, from, `${from}: `)
      verboseLinfo(lines, to, `${to}: `)
      refuse(env, Errno.EINVAL, `back-edge from insn ${from} to ${to}\n`)
    }
    return false
  }

  /** visit_insn. */
  const visit = (i: number): boolean => {
    const code = insns.code(i)
    const cls = code & 7
    if (code === LD_IMM64) {
      if (push(i, i + 2, FALLTHROUGH, false)) return true
      return insns.src(i) === PseudoLdImm64.FUNC && push(i, i + insns.imm(i) + 1, BRANCH, true)
    }
    if (cls !== Class.JMP && cls !== Class.JMP32) return push(i, i + 1, FALLTHROUGH, false)
    switch (code & 0xf0) {
      case Jmp.EXIT:
        return false
      case Jmp.CALL:
        if (push(i, i + 1, FALLTHROUGH, false)) return true
        return insns.src(i) === PseudoCall.CALL && push(i, i + insns.imm(i) + 1, BRANCH, false)
      case Jmp.JA:
        return push(i, i + 1 + (cls === Class.JMP ? insns.off(i) : insns.imm(i)), FALLTHROUGH, true)
      default:
        return push(i, i + 1, FALLTHROUGH, true) || push(i, i + insns.off(i) + 1, BRANCH, true)
    }
  }

  const walk = (from: number) => {
    state[from] = DISCOVERED
    stack[0] = from
    top = 1
    while (top > 0) {
      const i = stack[top - 1] as number
      if (visit(i)) continue
      state[i] = EXPLORED
      top--
    }
  }

  walk(0)
  const callback = env.exceptionCallback ? (env.subprogs[env.exceptionCallback]?.start ?? 0) : 0
  if (callback && state[callback] !== EXPLORED) walk(callback)
  for (let i = 0; i < length; i++) {
    if (state[i] !== EXPLORED) refuse(env, Errno.EINVAL, `unreachable insn ${i}\n`)
    if (insns.code(i) === LD_IMM64) {
      if (state[i + 1] !== 0) refuse(env, Errno.EINVAL, `jump into the middle of ldimm64 insn ${i}\n`)
      i++
    }
  }
}
