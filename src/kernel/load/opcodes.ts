import type { Versioned } from '../profile/release.ts'
import { isSince } from '../profile/release.ts'
import { Alu, Class, Jmp, Mode, Size, Source } from '../../isa/opcode.ts'

/** Opcodes that came later than Linux 5.10 (see profile/release.ts), and the first version of each. */
const later: readonly (readonly [since: string, code: number])[] = [
  ['6.1.176 6.6', Class.JMP32 | Jmp.JA],
  ['6.6', Class.ALU64 | Alu.END],
  ['6.9', Class.JMP | Jmp.JCOND],
  ['6.15', Class.STX | Mode.ATOMIC | Size.B],
  ['6.15', Class.STX | Mode.ATOMIC | Size.H],
]

const tables = new Map<string, Uint8Array>()

/** bpf_opcode_in_insntable: whether a program of that kernel may have the opcode. */
export function isKnownOpcode(kernel: Versioned, code: number): boolean {
  let table = tables.get(kernel.linux)
  if (!table) {
    table = makeTable()
    for (const [since, added] of later) if (!isSince(kernel, since)) table[added] = 0
    tables.set(kernel.linux, table)
  }
  return table[code] === 1
}

/** Loads that extend the sign: an older kernel has no mode of that name, and calls its bits reserved. */
export const SIGNED_LOADS = '6.6'

/** Atomic operations other than the addition, told apart by the immediate. */
export const ATOMICS = '5.12'

function makeTable(): Uint8Array {
  const known = new Uint8Array(256)
  const add = (...codes: number[]) => {
    for (const code of codes) known[code] = 1
  }
  const both = [Source.K, Source.X]
  const alu = Object.values(Alu).filter((op) => op !== Alu.NEG && op !== Alu.END)
  for (const cls of [Class.ALU, Class.ALU64]) {
    for (const op of alu) for (const source of both) add(cls | op | source)
    add(cls | Alu.NEG)
  }
  // ALU's source bit is the byte order; ALU64 has only the swap.
  add(Class.ALU | Alu.END | Source.K, Class.ALU | Alu.END | Source.X, Class.ALU64 | Alu.END)
  const single: number[] = [Jmp.JA, Jmp.CALL, Jmp.EXIT, Jmp.JCOND]
  for (const cls of [Class.JMP, Class.JMP32]) {
    for (const op of Object.values(Jmp)) {
      if (!single.includes(op)) for (const source of both) add(cls | op | source)
    }
  }
  add(Class.JMP | Jmp.CALL, Class.JMP | Jmp.EXIT, Class.JMP | Jmp.JA, Class.JMP32 | Jmp.JA, Class.JMP | Jmp.JCOND)
  for (const size of Object.values(Size)) {
    add(Class.STX | Mode.ATOMIC | size, Class.STX | Mode.MEM | size, Class.ST | Mode.MEM | size)
    add(Class.LDX | Mode.MEM | size)
    if (size === Size.DW) continue
    add(Class.LDX | Mode.MEMSX | size, Class.LD | Mode.ABS | size, Class.LD | Mode.IND | size)
  }
  add(Class.LD | Mode.IMM | Size.DW)
  return known
}
