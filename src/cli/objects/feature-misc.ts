import { INSN_SIZE, Insns } from '../../isa/insn.ts'
import { Alu, Class, Jmp, Source } from '../../isa/opcode.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import type { Feature, Report } from './feature-report.ts'
import type { Probes } from '../../libbpf/probes.ts'

/** Programs that only some kernels take (section_misc). */

type Insn = readonly [code: number, off: number, imm: number]

/** BPF_MAXINSNS: as many instructions as a program could have before Linux 5.2. */
const MAX_INSNS = 4096

const movR0 = (imm: number): Insn => [Class.ALU64 | Alu.MOV | Source.K, 0, imm]
const jump = (cls: number, op: number, imm: number, off: number): Insn => [cls | op | Source.K, off, imm]
const exit: Insn = [Class.JMP | Jmp.EXIT, 0, 0]

function isa(version: number): Feature {
  return {
    json: `have_v${version}_isa_extension`,
    plain: `ISA extension v${version}`,
    macro: `V${version}_ISA_EXTENSION`,
  }
}

const features: readonly (readonly [Feature, () => readonly Insn[]])[] = [
  [
    { json: 'have_large_insn_limit', plain: 'Large program size limit', macro: 'LARGE_INSN_LIMIT' },
    () => [...new Array<Insn>(MAX_INSNS).fill(movR0(1)), exit],
  ],
  [
    { json: 'have_bounded_loops', plain: 'Bounded loop support', macro: 'BOUNDED_LOOPS' },
    () => [movR0(10), [Class.ALU64 | Alu.SUB | Source.K, 0, 1], jump(Class.JMP, Jmp.JNE, 0, -2), exit],
  ],
  [isa(2), () => [movR0(0), jump(Class.JMP, Jmp.JLT, 0, 1), movR0(1), exit]],
  [isa(3), () => [movR0(0), jump(Class.JMP32, Jmp.JLT, 0, 1), movR0(1), exit]],
  [isa(4), () => [movR0(0), jump(Class.JMP32, Jmp.JEQ, 1, 1), [Class.JMP32 | Jmp.JA, 0, 1], movR0(1), exit]],
]

/** section_misc. @param ifindex a device that is to take the programs, or 0. */
export function probeMisc(probes: Probes, report: Report, ifindex: number): void {
  report.begin({
    json: 'misc',
    plain: 'Scanning miscellaneous eBPF features...',
    macros: '/*** eBPF misc features ***/',
  })
  for (const [feature, program] of features) {
    // probe_misc_feature clears it: a program that passes leaves it so.
    probes.errno = 0
    const insns = assemble(program())
    const request = { progType: ProgType.SOCKET_FILTER, insns, license: 'GPL', progIfindex: ifindex }
    report.feature(feature, probes.loads(request))
  }
  report.end()
}

function assemble(program: readonly Insn[]): Uint8Array {
  const insns = new Insns(new Uint8Array(program.length * INSN_SIZE))
  program.forEach(([code, off, imm], i) => {
    insns.set(i, code, 0, 0, off, imm)
  })
  return insns.bytes
}
