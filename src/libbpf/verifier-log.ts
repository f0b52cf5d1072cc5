import { CoreError } from '../btf/core/host.ts'
import { POISON_CORE } from '../btf/core/patch.ts'
import { formatSpec, parseSpec } from '../btf/core/spec.ts'
import { coreHost } from './core-host.ts'
import { RelocType } from './model.ts'
import type { BpfObject, BpfProgram } from './model.ts'
import { POISON_KFUNC_BASE, POISON_MAP_BASE } from './relocate-data.ts'

const LAST_LINES = 10

/** fixup_verifier_log: says in the log's last lines what an invalid call stands for that libbpf itself put there. */
export function fixVerifierLog(obj: BpfObject, prog: BpfProgram, log: string): string {
  // Starts of the last lines, the last first.
  let next = log.length
  for (let i = 0; i < LAST_LINES && next > 0; i++) {
    const start = log.lastIndexOf('\n', next - 2) + 1
    const line = log.slice(start, next)
    if (line.startsWith('invalid func unknown#') && start > 0) {
      const previous = log.lastIndexOf('\n', start - 2) + 1
      const patch = explain(obj, prog, log.slice(previous, start), line)
      if (patch !== undefined) return log.slice(0, previous) + patch + log.slice(next)
      if (isOurs(line)) return log
    }
    next = start
  }
  return log
}

function isOurs(line: string): boolean {
  return /^invalid func unknown#(195896080\n|200100|2002)/.test(line)
}

function explain(obj: BpfObject, prog: BpfProgram, call: string, line: string): string | undefined {
  const [, insnText, numberText] = /^(\d+): \(\d+\) call unknown#(\d+)\n/.exec(call) ?? []
  if (insnText === undefined || numberText === undefined) return undefined
  const insnIdx = Number(insnText)
  const number = Number(numberText)
  if (line === `invalid func unknown#${POISON_CORE}\n`) return explainCore(obj, prog, insnIdx)
  if (line.startsWith('invalid func unknown#200100')) {
    const map = obj.maps[number - POISON_MAP_BASE]
    if (map === undefined) return undefined
    return `${insnIdx}: <invalid BPF map reference>\nBPF map '${map.name}' is referenced but wasn't created\n`
  }
  const ext = obj.externs[number - POISON_KFUNC_BASE]
  if (ext === undefined || !line.startsWith('invalid func unknown#2002')) return undefined
  return `${insnIdx}: <invalid kfunc call>\nkfunc '${ext.name}' is referenced but wasn't resolved\n`
}

function explainCore(obj: BpfObject, prog: BpfProgram, insnIdx: number): string | undefined {
  const relo = prog.relocs.find((each) => each.type === RelocType.CORE && each.insnIdx === insnIdx)?.core
  if (relo === undefined || obj.btf === undefined) return undefined
  try {
    const host = coreHost(obj.log)
    const spec = formatSpec(host, parseSpec(prog.name, obj.btf, relo, host))
    const shown = spec.length >= 256 ? `${spec.slice(0, 255)}...` : spec
    return `${insnIdx}: <invalid CO-RE relocation>\nfailed to resolve CO-RE relocation ${shown}\n`
  } catch (error) {
    if (error instanceof CoreError) return undefined
    throw error
  }
}
