import { NO_CODE, functionOffsets } from '../objects/jited.ts'
import type { ProgRecord } from '../objects/records.ts'
import { Alu, Class, Source } from '../../isa/opcode.ts'
import type { Insns } from '../../isa/insn.ts'
import type { Compiled } from '../runtime/jit.ts'
import type { LoadEnv } from './env.ts'
import { LINE_INFO_SIZE } from './prog-btf.ts'

/** Numbers of the functions and the lines that are left of what was loaded. */
function left({ rewritten, subprogs, lineInfo }: LoadEnv): { functions: number[]; lines: number[] } {
  const count = (length: number) => Array.from({ length }, (_, i) => i)
  if (!rewritten) return { functions: count(subprogs.length), lines: count(lineInfo.length / LINE_INFO_SIZE) }
  return {
    functions: rewritten.parts.map(({ index }) => index).filter((index) => index >= 0),
    lines: rewritten.lines.map(({ index }) => index),
  }
}

/**
 * Whether the JIT makes no code of an instruction: a register moved to itself (EMIT_mov of arch/x86/net/bpf_jit_comp.c). A
 * line that begins there and the next one then have one address, which bpf_prog_linfo of libbpf doesn't take: bpftool
 * prints such a program without lines.
 */
function makesNoCode(insns: Insns, slot: number): boolean {
  return (
    insns.code(slot) === (Class.ALU64 | Alu.MOV | Source.X) &&
    insns.dst(slot) === insns.src(slot) &&
    insns.off(slot) === 0
  )
}

/**
 * Where the code of each line record begins, from where the first function is (prog->aux->jited_linfo), a word each. A
 * function's first line begins with it, where its locals are declared.
 */
export function jitedLinesOf(env: LoadEnv, compiled: Compiled, subprogs: ProgRecord['subprogs']): Uint8Array {
  const { functions, lines } = left(env)
  const offsets = functionOffsets(subprogs)
  const places = new Map<number, number>()
  functions.forEach((index, i) => {
    const entry = env.subprogs[index]?.start
    const func = compiled.functions.find((each) => each.entry === entry)
    func?.slots.forEach((slot, n) => {
      const at = slot === entry ? 0 : (func.positions[n] as number)
      if (!places.has(slot)) places.set(slot, (offsets[i] as number) + at)
    })
  })
  const placeOf = (slot: number): number | undefined => {
    while (slot > 0 && makesNoCode(env.insns, slot - 1) && places.has(slot - 1)) slot--
    return places.get(slot)
  }
  const slots = new DataView(env.lineInfo.buffer, env.lineInfo.byteOffset, env.lineInfo.byteLength)
  const bytes = new Uint8Array(lines.length * 4)
  const view = new DataView(bytes.buffer)
  lines.forEach((line, i) => {
    view.setUint32(i * 4, placeOf(slots.getUint32(line * LINE_INFO_SIZE, true)) ?? NO_CODE, true)
  })
  return bytes
}
