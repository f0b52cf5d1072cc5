import { Class, Jmp } from '../../isa/opcode.ts'
import { PseudoCall } from '../../uapi/flags.ts'
import type { DumpOptions, Xlated } from './xlated.ts'
import type { Insns } from '../../isa/insn.ts'

/** `prog dump xlated ... visual`: the control flow as a DOT graph (cfg.c). */

const ENTRY = 0
const EXIT = 1
const FIRST = 2

interface Func {
  /** In the order in which the functions were found. */
  index: number
  start: number
  end: number
}

interface Block {
  index: number
  head: number
  tail: number
}

/** cfg_partition_funcs: functions by where they start. */
function functions(insns: Insns): Func[] {
  const found: Func[] = [{ index: 0, start: 0, end: 0 }]
  for (let at = 0; at < insns.length; at++) {
    if (insns.code(at) !== (Class.JMP | Jmp.CALL) || insns.src(at) !== PseudoCall.CALL) continue
    const start = at + insns.off(at) + 1
    if (!found.some((func) => func.start === start)) found.push({ index: found.length, start, end: 0 })
  }
  found.sort((a, b) => a.start - b.start)
  for (const [i, func] of found.entries()) func.end = (found[i + 1]?.start ?? insns.length) - 1
  return found
}

const isJump = (code: number): boolean => (code & 7) === Class.JMP || (code & 7) === Class.JMP32

/** func_partition_bb: blocks by where they start. */
function blocks(insns: Insns, { start, end }: Func): Block[] {
  const heads = new Set([start])
  for (let at = start; at <= end; at++) {
    const code = insns.code(at)
    const op = code & 0xf0
    if (!isJump(code) || op === Jmp.EXIT || op === Jmp.CALL) continue
    heads.add(at + insns.off(at) + 1)
    if (op !== Jmp.JA) heads.add(at + 1)
  }
  const sorted = [...heads].sort((a, b) => a - b)
  return sorted.map((head, i) => ({ index: FIRST + i, head, tail: (sorted[i + 1] ?? end + 1) - 1 }))
}

/** func_add_bb_edges: the blocks that follow each block, in the order in which they are drawn. */
function successors(insns: Insns, all: readonly Block[], i: number): number[] {
  const block = all[i] as Block
  const next = all[i + 1]?.index ?? EXIT
  const code = insns.code(block.tail)
  const op = code & 0xf0
  if (!isJump(code) || op === Jmp.CALL || op === Jmp.EXIT) return [next]
  const head = block.tail + insns.off(block.tail) + 1
  const target = all.find((other) => other.head === head)?.index ?? EXIT
  return op === Jmp.JA ? [target] : [next, target]
}

function drawFunction(out: (text: string) => void, xlated: Xlated, func: Func, options: DumpOptions): void {
  const { index } = func
  const { insns } = xlated
  const all = blocks(insns, func)
  const node = (block: number, shape: string, label: string) =>
    out(`\tfn_${index}_bb_${block} [shape=${shape},style=filled,label="${label}"];\n\n`)
  const edge = (from: number, to: number) =>
    out(
      `\tfn_${index}_bb_${from}:s -> fn_${index}_bb_${to}:n` +
        ' [style="solid,bold", color=black, weight=10, constraint=true];\n',
    )
  out(`subgraph "cluster_${index}" {\n\tstyle="dashed";\n\tcolor="black";\n\tlabel="func_${index} ()";\n`)
  node(ENTRY, 'Mdiamond', 'ENTRY')
  for (const { index: block, head, tail } of all) {
    node(block, 'record', `{\\\n${xlated.graph(func.start, head, tail, options)}}`)
  }
  node(EXIT, 'Mdiamond', 'EXIT')
  edge(ENTRY, FIRST)
  for (const [i, { index: block }] of all.entries()) for (const to of successors(insns, all, i)) edge(block, to)
  out(`\tfn_${index}_bb_${ENTRY}:s -> fn_${index}_bb_${EXIT}:n [style="invis", constraint=true];\n}\n`)
}

/** dump_xlated_cfg. */
export function drawCfg(out: (text: string) => void, xlated: Xlated, options: DumpOptions): void {
  out('digraph "DOT graph for eBPF program" {\n')
  for (const func of functions(xlated.insns)) drawFunction(out, xlated, func, options)
  out('}\n')
}
