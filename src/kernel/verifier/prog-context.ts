import type { Btf } from '../../btf/btf.ts'
import { Kind, isModifierOrTypedef } from '../../btf/btf.ts'
import { AttachType } from '../../uapi/attach-type.ts'
import { Errno } from '../../uapi/errno.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { progTypeRow } from '../progs/types.ts'
import { isStructOrUnion } from './btf-struct-walk.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'

/** The kernel's own struct may stand for the one that programs see (btf_is_projection_of). */
const projections: Readonly<Record<string, string>> = { sk_buff: '__sk_buff', xdp_buff: 'xdp_md' }

/** btf_is_projection_of. @param seen the struct that programs name. @param own the kernel's. */
export function isProjection(seen: string, own: string): boolean {
  return projections[own] === seen
}

/** What all the modifiers but a typedef stand before. */
function skipQualifiers(btf: Btf, id: number): number {
  while (isModifierOrTypedef(btf.kind(id)) && btf.kind(id) !== Kind.TYPEDEF) id = btf.type(id)
  return id
}

/** Registers of a probed function are known by their typedef's name. */
function isUserRegs(btf: Btf, target: number): boolean {
  const named = skipQualifiers(btf, target)
  return btf.kind(named) === Kind.TYPEDEF && btf.name(named) === 'bpf_user_pt_regs_t'
}

/** btf_is_prog_ctx_type: whether a pointer's type is that of the context of programs of a type. */
export function isProgContext(btf: Btf, pointer: number, progType: number): boolean {
  const target = btf.type(pointer)
  const ofProbe = progType === ProgType.KPROBE
  if (ofProbe && isUserRegs(btf, target)) return true
  const struct = btf.skipModsAndTypedefs(target)
  if (!isStructOrUnion(btf.kind(struct))) return false
  const name = btf.name(struct)
  // The context's typedef is one for this struct.
  if (ofProbe) return name === 'bpf_user_pt_regs_t' || name === 'pt_regs'
  const context = progTypeRow(progType)?.context ?? ''
  return name !== '' && context === `struct ${projections[name] ?? name}`
}

/** find_kern_ctx_type_id: what the kernel itself has for a program type's context. */
export function kernelContext(vmlinux: Btf, progType: number): number {
  const name = Object.entries(ProgType).find(([, type]) => type === progType)?.[0]
  const all = vmlinux.findByNameKind('bpf_ctx_convert', Kind.STRUCT)
  if (name === undefined || all === undefined) return 0
  for (let i = 0; i < vmlinux.vlen(all); i++) {
    if (vmlinux.memberName(all, i) === `BPF_PROG_TYPE_${name}_kern`) return vmlinux.memberType(all, i)
  }
  return 0
}

/** Program types whose context may be declared as `u64 *`, an array of arguments. */
function takesWords(type: number, attachType: number): boolean {
  switch (type) {
    case ProgType.RAW_TRACEPOINT:
    case ProgType.RAW_TRACEPOINT_WRITABLE:
    case ProgType.LSM:
    case ProgType.STRUCT_OPS:
      return true
    case ProgType.TRACING:
      return wordAttachTypes.has(attachType)
    default:
      return false
  }
}

const wordAttachTypes: ReadonlySet<number> = new Set([
  AttachType.TRACE_RAW_TP,
  AttachType.TRACE_FENTRY,
  AttachType.TRACE_FEXIT,
  AttachType.MODIFY_RETURN,
])

/** Program types for which arg:ctx stands before whatever the program calls its context. */
const takesAnything: ReadonlySet<number> = new Set([ProgType.TRACEPOINT, ProgType.SYSCALL, ProgType.EXT])

/** A struct that's right for some types beside the one that their row names. */
function isSpecialContext(type: number, attachType: number, struct: string): boolean {
  if (type === ProgType.KPROBE || type === ProgType.PERF_EVENT) return struct === 'pt_regs'
  if (type !== ProgType.TRACING) return false
  if (attachType === AttachType.TRACE_RAW_TP) return struct === 'bpf_raw_tracepoint_args'
  return attachType === AttachType.TRACE_ITER && struct.startsWith('bpf_iter__')
}

/** btf_validate_prog_ctx_type: an argument that is tagged as the context must be declared as that, or as `void *`. */
export function validateProgContext(env: VerifierEnv, btf: Btf, pointer: number, arg: number): void {
  const { resolvedType: type, expectedAttachType } = env.input
  const target = btf.type(pointer)
  if ((type === ProgType.KPROBE || type === ProgType.PERF_EVENT) && isUserRegs(btf, target)) return
  const id = btf.skipModsAndTypedefs(target)
  if (id === 0) return
  const no = (text: string) => {
    refuse(env, Errno.EINVAL, `arg#${arg} ${text}\n`)
  }
  const name = btf.name(id)
  if (name === '') no("type doesn't have a name")
  const isStruct = btf.kind(id) === Kind.STRUCT
  if (isStruct && isSpecialContext(type, expectedAttachType, name)) return
  if (btf.kind(id) === Kind.INT && btf.size(id) === 8 && takesWords(type, expectedAttachType)) return
  if (takesAnything.has(type)) return
  const context = type === ProgType.KPROBE ? 'struct pt_regs' : (progTypeRow(type)?.context ?? '')
  if (!context.startsWith('struct ')) no('should be void pointer')
  if (!isStruct || context !== `struct ${name}`) no(`should be \`${context} *\``)
}
