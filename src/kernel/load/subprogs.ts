import { FuncLinkage, Kind } from '../../btf/btf.ts'
import { Class, Jmp, LD_IMM64, Mode } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { PseudoCall, PseudoLdImm64 } from '../../uapi/flags.ts'
import { KernelError } from '../error.ts'
import { LogLevel, refuse } from '../log.ts'
import type { LoadEnv } from './env.ts'
import { KfuncTable } from './kfuncs.ts'

/** Where a program's functions begin, and that no jump or fall-through leads from one into another. */

const MAX_SUBPROGS = 256
const CALL = Class.JMP | Jmp.CALL
const TAIL_CALL = 12

/** add_subprog_and_kfunc. */
export function findSubprogs(env: LoadEnv): void {
  const { insns } = env
  const starts = new Set<number>()
  const add = (off: number) => {
    if (off >= insns.length || off < 0) refuse(env, Errno.EINVAL, 'call to invalid destination\n')
    if (starts.has(off)) return
    if (starts.size >= MAX_SUBPROGS) refuse(env, Errno.E2BIG, 'too many subprograms\n')
    starts.add(off)
  }
  add(0)
  const kfuncs = new KfuncTable(env)
  const mustBeCapable = () => {
    if (env.capabilities.bpfCapable) return
    const what = 'loading/calling other bpf or kernel functions are allowed for CAP_BPF and CAP_SYS_ADMIN'
    refuse(env, Errno.EPERM, `${what}\n`)
  }
  for (let i = 0; i < insns.length; i++) {
    const code = insns.code(i)
    if (code === LD_IMM64 && insns.src(i) === PseudoLdImm64.FUNC) {
      mustBeCapable()
      add(i + insns.imm(i) + 1)
    } else if (code === CALL) {
      if (insns.src(i) === PseudoCall.CALL) {
        mustBeCapable()
        add(i + insns.imm(i) + 1)
      } else if (insns.src(i) === PseudoCall.KFUNC_CALL) {
        mustBeCapable()
        kfuncs.add(insns.imm(i) >>> 0, insns.off(i))
      }
    }
  }
  const callback = exceptionCallback(env)
  if (callback) add(callback)
  const sorted = [...starts].sort((a, b) => a - b)
  env.subprogs.push(...sorted.map((start) => ({ start, hasTailCall: false, hasLdAbs: false })))
  env.exceptionCallback = callback ? sorted.indexOf(callback) : 0
  if (env.log.level & LogLevel.LEVEL2) sorted.forEach((start, i) => env.log.write(`func#${i} @${start}\n`))
}

/** bpf_find_exception_callback_insn_off: the function that a declaration tag of the main one names; 0 for none. */
function exceptionCallback(env: LoadEnv): number {
  const { btf } = env
  const main = env.funcInfo[0]
  if (!btf || !main) return 0
  const prefix = 'exception_callback:'
  const tags: string[] = []
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kind(id) !== Kind.DECL_TAG || btf.type(id) !== main.typeId || btf.declTagIndex(id) !== -1) continue
    const tag = btf.name(id)
    if (tag.startsWith(prefix)) tags.push(tag.slice(prefix.length))
  }
  const [name, ...more] = tags
  if (name === undefined) return 0
  if (more.length > 0) refuse(env, Errno.EEXIST, 'multiple exception callback tags for main subprog\n')
  const id = btf.findByNameKind(name, Kind.FUNC)
  if (id === undefined) refuse(env, Errno.ENOENT, `exception callback '${name}' could not be found in BTF\n`)
  if (btf.funcLinkage(id) !== FuncLinkage.GLOBAL) {
    refuse(env, Errno.EINVAL, `exception callback '${name}' must have global linkage\n`)
  }
  let off = 0
  for (const info of env.funcInfo) {
    if (info.typeId !== id) continue
    off = info.insnOff | 0
    if (off !== 0) continue
    env.log.write('invalid exception callback insn_off in func_info: 0\n')
    off = -Errno.EINVAL
  }
  if (off === 0) refuse(env, Errno.EINVAL, 'exception callback type id not found in func_info\n')
  if (off < 0) throw new KernelError(-off)
  return off
}

/** check_subprogs. */
export function checkSubprogs(env: LoadEnv): void {
  const { insns, subprogs } = env
  const { length } = insns
  let current = 0
  let start = 0
  let end = subprogs[1]?.start ?? length
  for (let i = 0; i < length; i++) {
    const code = insns.code(i)
    const cls = code & 7
    const subprog = subprogs[current]
    if (subprog) {
      if (code === CALL && insns.src(i) === 0 && insns.imm(i) === TAIL_CALL) subprog.hasTailCall = true
      const mode = code & 0xe0
      if (cls === Class.LD && (mode === Mode.ABS || mode === Mode.IND)) subprog.hasLdAbs = true
    }
    const op = code & 0xf0
    if ((cls === Class.JMP || cls === Class.JMP32) && op !== Jmp.EXIT && op !== Jmp.CALL) {
      const off = (i + 1 + (code === (Class.JMP32 | Jmp.JA) ? insns.imm(i) : insns.off(i))) | 0
      if (off < start || off >= end) refuse(env, Errno.EINVAL, `jump out of range from insn ${i} to ${off}\n`)
    }
    if (i === end - 1) {
      if (code !== (Class.JMP | Jmp.EXIT) && code !== (Class.JMP32 | Jmp.JA) && code !== (Class.JMP | Jmp.JA)) {
        refuse(env, Errno.EINVAL, 'last insn is not an exit or jmp\n')
      }
      start = end
      current++
      end = subprogs[current + 1]?.start ?? length
    }
  }
}
