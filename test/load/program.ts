import type { ProgLoadAttr } from '../../src/uapi/attr.ts'
import { ProgType } from '../../src/uapi/prog-type.ts'
import { BtfBuilder } from '../btf-check/builder.ts'
import { insn } from '../maps/assemble.ts'
import type { Step } from '../steps/step.ts'

/** What all cases of programs are made of. */

export { insn }

/** A case: what it is called, and its steps; the last of them is what is asked. */
export type Case = readonly [name: string, steps: Step[]]

export const exit = insn(0x95)
/** r0 = 0. */
export const zero = insn(0xb7)
export const LOG_SIZE = 1 << 16

export function code(...insns: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(insns))
}

/** ld_imm64. */
export function load64(src: number, low: number, high = 0, register = 1): Uint8Array {
  return Buffer.concat([insn(0x18, register, src, 0, low), insn(0, 0, 0, 0, high)])
}

/** call of a function at a distance. */
export function callTo(distance: number): Uint8Array {
  return insn(0x85, 0, 1, 0, distance)
}

export function attrOf(insns: Uint8Array, more: Partial<ProgLoadAttr> = {}): ProgLoadAttr {
  return { progType: ProgType.SOCKET_FILTER, license: 'GPL', logLevel: 1, logSize: LOG_SIZE, insns, ...more }
}

/** BPF_PROG_LOAD of instructions. */
export function loadOf(insns: readonly Uint8Array[], more: Partial<ProgLoadAttr> = {}): Step[] {
  return [{ op: 'progLoad', attr: attrOf(code(...insns), more) }]
}

/** A BTF that others may name as `btf`. */
export function btfStep(): Step {
  const b = new BtfBuilder()
  b.int('int', 4, 1)
  return { op: 'btfLoad', attr: { btf: b.build() }, as: 'btf' }
}
