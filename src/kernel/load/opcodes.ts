import { Alu, Class, Jmp, Mode, Size, Source } from '../../isa/opcode.ts'

let table: Uint8Array | undefined

/** bpf_opcode_in_insntable: the opcodes that a program may have. */
export function isKnownOpcode(code: number): boolean {
  table ??= makeTable()
  return table[code] === 1
}

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
