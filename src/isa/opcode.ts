/**
 * Fields of an instruction's opcode byte. Source: Documentation/bpf/standardization/instruction-set.rst and
 * include/uapi/linux/{bpf_common,bpf}.h.
 */

/** Instruction class: opcode & 0x07. */
export const Class = { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, JMP: 5, JMP32: 6, ALU64: 7 } as const

/** Width of a load or store: opcode & 0x18. */
export const Size = { W: 0x00, H: 0x08, B: 0x10, DW: 0x18 } as const

/** Bytes of a load or store by its opcode, or by the size's bits alone (bpf_size_to_bytes). */
export function accessBytes(code: number): number {
  switch (code & 0x18) {
    case Size.B:
      return 1
    case Size.H:
      return 2
    case Size.W:
      return 4
    default:
      return 8
  }
}

/** Mode of a load or store: opcode & 0xe0. */
export const Mode = { IMM: 0x00, ABS: 0x20, IND: 0x40, MEM: 0x60, MEMSX: 0x80, ATOMIC: 0xc0 } as const

/** Second operand of ALU and JMP: opcode & 0x08. */
export const Source = { K: 0x00, X: 0x08 } as const

/** Operation of ALU and ALU64: opcode & 0xf0. */
export const Alu = {
  ADD: 0x00,
  SUB: 0x10,
  MUL: 0x20,
  DIV: 0x30,
  OR: 0x40,
  AND: 0x50,
  LSH: 0x60,
  RSH: 0x70,
  NEG: 0x80,
  MOD: 0x90,
  XOR: 0xa0,
  MOV: 0xb0,
  ARSH: 0xc0,
  END: 0xd0,
} as const

/** Operation of JMP and JMP32: opcode & 0xf0. */
export const Jmp = {
  JA: 0x00,
  JEQ: 0x10,
  JGT: 0x20,
  JGE: 0x30,
  JSET: 0x40,
  JNE: 0x50,
  JSGT: 0x60,
  JSGE: 0x70,
  CALL: 0x80,
  EXIT: 0x90,
  JLT: 0xa0,
  JLE: 0xb0,
  JSLT: 0xc0,
  JSLE: 0xd0,
  JCOND: 0xe0,
} as const

/** imm of an atomic instruction. FETCH is or-ed to ADD, OR, AND and XOR. */
export const Atomic = {
  ADD: 0x00,
  OR: 0x40,
  AND: 0x50,
  XOR: 0xa0,
  FETCH: 0x01,
  XCHG: 0xe1,
  CMPXCHG: 0xf1,
  LOAD_ACQ: 0x100,
  STORE_REL: 0x110,
} as const

/** The opcode byte of the two-slot 64-bit immediate load. */
export const LD_IMM64 = Class.LD | Size.DW | Mode.IMM
