import type { Insns } from '../../isa/insn.ts'
import type { VerifierEnv } from '../verifier/env.ts'
import { inlineBpfLoops } from './bpf-loop.ts'
import { convertContextAccesses } from './context-access.ts'
import { hardWireBranches, removeDeadCode, removeFastcallSpills, removeNops, sanitizeDeadCode } from './dead-code.ts'
import { fixUp } from './fixups.ts'
import { bytesOf, compiledForm, dumpForm, linkFunctions } from './functions.ts'
import { Program } from './program.ts'
import type { Line, Part } from './program.ts'

/** What the rewrites made of a program. */
export interface Rewritten {
  /** As BPF_OBJ_GET_INFO_BY_FD shows it (bpf_insn_prepare_dump). */
  readonly xlated: Uint8Array
  /** Functions that are left, in order. Those without an index are the kernel's own, which nobody is told of. */
  readonly parts: readonly Part[]
  /** What each function's tag is made of. */
  readonly code: readonly Uint8Array[]
  readonly lines: readonly Line[]
  /** The most slots that the program ever had. */
  readonly longest: number
}

/**
 * What Linux makes of a program that passed, in its order (bpf_check, behind do_check).
 *
 * @param insns the program, with ids for the descriptors of its maps, and addresses of kernel symbols.
 * @throws KernelError for what can't be rewritten.
 */
export function rewrite(env: VerifierEnv, insns: Insns): Rewritten {
  const program = new Program(env, insns)
  removeFastcallSpills(program)
  inlineBpfLoops(program)
  if (env.bpfCapable) {
    hardWireBranches(program)
    removeDeadCode(program)
    removeNops(program)
  } else {
    sanitizeDeadCode(program)
  }
  convertContextAccesses(program)
  fixUp(program)
  const compiled = compiledForm(program)
  const code = program.parts.map((_, part) => bytesOf(program, compiled, part))
  linkFunctions(program)
  const { parts, lines, longest } = program
  return { xlated: dumpForm(program.insns), parts, code, lines, longest }
}
