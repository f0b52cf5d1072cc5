import { LibbpfError } from '../../libbpf/error.ts'
import { Probes } from '../../libbpf/probes.ts'
import { strerror } from '../../uapi/errno.ts'
import { progTypeName } from '../../uapi/prog-type.ts'
import type { BpfProgram } from '../../libbpf/model.ts'
import type { Syscalls } from '../../kernel/syscall.ts'
import type { Failure, Stage } from './verdict.ts'

/** What libbpf says when it's not the kernel that refuses the program itself. */
const said: readonly (readonly [RegExp, Stage])[] = [
  [/^map '|failed to create map|map .*failed|pinned map/i, 'map'],
  [/CO-RE/, 'CO-RE'],
  [/extern \(kcfg|kconfig|CONFIG_/i, 'kconfig'],
  [/extern \((func|var) ksym|ksym|kfunc/, 'kernel function'],
  [/failed to find kernel BTF type ID|attach target|attach program FD|attach_btf/, 'attach target'],
  [/missing BPF prog type|struct_ops/, 'program type'],
  [/BTF/, 'BTF'],
]

/** Warnings after which libbpf goes on. */
const harmless = /Retrying without|missing \.BTF\.ext|BTF is optional/

/** What the kernel's log says, libbpf's own word about a call that it put there among it. */
const logged: readonly (readonly [RegExp, Stage])[] = [
  [/^failed to resolve CO-RE relocation/, 'CO-RE'],
  [/^kfunc '.*' is referenced but wasn't resolved/, 'kernel function'],
  [/^BPF map '.*' is referenced but wasn't created/, 'map'],
  [/^(invalid|unknown) func |cannot use helper /, 'helper'],
  [/^calling (kernel function|invalid kfunc)|^kernel function .* is not (allowed|a function)/, 'kernel function'],
]

const statistics = /^(processed \d+ insns|verification time|stack depth|mark_precise|$)/

/** The log's last line that is no count of what was done. */
function lastWord(log: string): string {
  const lines = log.trimEnd().split('\n')
  return lines.findLast((line) => !statistics.test(line)) ?? ''
}

/** The kernel refuses a program before it looks at its instructions, and says no more than a number. */
function refused(errno: number, prog: BpfProgram | undefined, system: Syscalls): string {
  const text = strerror(errno)
  if (prog === undefined) return text
  const type = progTypeName(prog.type) ?? String(prog.type)
  const hasType = new Probes(system).progType(prog.type)
  return hasType ? `${text} (section '${prog.sectionName}', type ${type})` : `${text} (no program type ${type})`
}

/** What loading an object's only program came to. @param messages libbpf's warnings. */
export function failureOf(
  error: LibbpfError | { errno: number },
  messages: readonly string[],
  prog: BpfProgram | undefined,
  system: Syscalls,
): Omit<Failure, 'line'> {
  const { errno } = error
  const log = error instanceof LibbpfError ? error.refused?.log : undefined
  if (log === undefined) {
    const reasons = messages.filter((each) => !harmless.test(each))
    const [message = strerror(errno)] = reasons
    const stage = said.find(([text]) => reasons.some((each) => text.test(each)))?.[1] ?? 'load'
    return { stage, errno, message, log: messages.join('\n') }
  }
  if (log === '') {
    return { stage: 'program type', errno, message: refused(errno, prog, system), log: messages.join('\n') }
  }
  const message = lastWord(log)
  const stage = logged.find(([text]) => text.test(message))?.[1] ?? 'verifier'
  return { stage, errno, message, log }
}
