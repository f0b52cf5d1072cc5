import { JIT_PENDING, NO_CODE, functionOffsets } from '../objects/jited.ts'
import { jit } from '../runtime/jit.ts'
import type { Compiled } from '../runtime/jit.ts'
import type { ProgRecord } from '../objects/records.ts'
import { Blob } from '../objects/records.ts'
import type { Kernel } from './kernel.ts'

/** Where programs would be in the kernel's memory: a gigabyte, in which each has a place by its id. */
const FIRST_ADDRESS = 0xffffffffc0000000n
const PLACE_SIZE = 0x4000
const PLACES = 0xfc00

function programAddress({ id }: ProgRecord): bigint {
  return FIRST_ADDRESS + BigInt((id % PLACES) * PLACE_SIZE)
}

/** A program's record with the sizes of what the JIT made, which may have to be made now. */
export function compiledProg(kernel: Kernel, prog: ProgRecord): ProgRecord {
  kernel.pendingJits.complete(prog)
  if (prog.jitedLen !== JIT_PENDING) return prog
  // Another process has loaded it, and nobody keeps it: its code is known, not which function a part of it is.
  return { ...prog, jitedLen: jitedImage(kernel, prog)?.bytes.length ?? 0 }
}

/** Where a program's functions are (prog->bpf_func). */
export function jitedKsyms(prog: ProgRecord): bigint[] {
  return functionOffsets(prog.subprogs).map((offset) => programAddress(prog) + BigInt(offset))
}

/** A program's lines of /proc/kallsyms (bpf_prog_ksym_set_name). */
function symbolLines(prog: ProgRecord): string {
  const addresses = jitedKsyms(prog)
  const lines = prog.subprogs.map(({ tag, name }, i) => {
    const suffix = name || (i === 0 ? prog.name : 'F')
    const address = (addresses[i] as bigint).toString(16)
    return `${address} t bpf_prog_${i === 0 ? prog.tag : tag}${suffix === '' ? '' : `_${suffix}`}\t[bpf]\n`
  })
  return lines.join('')
}

/** What programs add to /proc/kallsyms, in the order in which they were loaded. */
export function programSymbols(kernel: Kernel): string {
  const { objects } = kernel
  let text = ''
  for (let id = objects.nextId('prog', 0); id !== undefined; id = objects.nextId('prog', id)) {
    const prog = objects.get('prog', id)
    if (prog && prog.jitedLen > 0) text += symbolLines(compiledProg(kernel, prog))
  }
  return text
}

/** What the JIT made of a program; made again when it's asked for. */
export function jitedImage(kernel: Kernel, { id, type }: ProgRecord): Compiled | undefined {
  const run = kernel.objects.blob('prog', id, Blob.PROG_RUN)
  const map = (mapId: number) => kernel.objects.get('map', mapId)
  return run && jit(run, { progType: type, possibleCpus: kernel.possibleCpus, map })
}

/** Where the code of each line record begins (prog->aux->jited_linfo); 0 for one that has none. */
export function jitedLineInfo({ objects, pendingJits }: Kernel, prog: ProgRecord): bigint[] {
  const lines = pendingJits.lines(prog.id) ?? objects.blob('prog', prog.id, Blob.PROG_JITED_LINES) ?? new Uint8Array(0)
  const view = new DataView(lines.buffer, lines.byteOffset, lines.byteLength)
  const start = programAddress(prog)
  return Array.from({ length: lines.length / 4 }, (_, i) => {
    const offset = view.getUint32(i * 4, true)
    return offset === NO_CODE ? 0n : start + BigInt(offset)
  })
}
