import type { VerifierEnv } from './env.ts'
import type { LinkedReg, VerifierState } from './state.ts'

/** The jumps of a state, and what instructions did that backtracking has to know (jmp_history). */

/** INSN_F_*. */
export const InsnFlag = {
  FRAMENO_MASK: 0x7,
  SPI_SHIFT: 3,
  SPI_MASK: 0x3f,
  STACK_ACCESS: 1 << 9,
  DST_REG_STACK: 1 << 10,
  SRC_REG_STACK: 1 << 11,
} as const

/** insn_stack_access_flags. */
export function stackAccessFlags(frameno: number, spi: number): number {
  return InsnFlag.STACK_ACCESS | (spi << InsnFlag.SPI_SHIFT) | frameno
}

/** push_jmp_history: one entry for each instruction, the current state's last. */
export function pushJmpHistory(
  env: VerifierEnv,
  cur: VerifierState,
  flags: number,
  linkedRegs?: readonly LinkedReg[],
): void {
  const { jmpHistory } = cur
  const last = jmpHistory[jmpHistory.length - 1]
  if (env.hasHistEnt && last) {
    jmpHistory[jmpHistory.length - 1] = { ...last, flags: last.flags | flags, linkedRegs }
    return
  }
  jmpHistory.push({ idx: env.insnIdx, prevIdx: env.prevInsnIdx, flags, linkedRegs })
  env.hasHistEnt = true
}
