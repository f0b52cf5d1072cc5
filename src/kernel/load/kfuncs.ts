import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { Class, Jmp, LD_IMM64 } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { PseudoCall } from '../../uapi/flags.ts'
import { vmlinuxTypes } from '../btf/vmlinux.ts'
import { KernelError } from '../error.ts'
import { isDeviceBound } from '../kfuncs/net.ts'
import { refuse } from '../log.ts'
import type { LoadEnv } from './env.ts'
import { checkFuncModel } from './func-model.ts'

const MAX_KFUNC_DESCS = 256
const MAX_KFUNC_BTFS = 256

/** The kernel functions that a program calls (add_kfunc_call). */
export class KfuncTable {
  readonly #env: LoadEnv
  readonly #seen = new Set<string>()
  readonly #modules = new Set<number>()
  #checked = false

  constructor(env: LoadEnv) {
    this.#env = env
  }

  /** @param id type id of the function. @param offset index in fd_array of the module's BTF; 0 for vmlinux. */
  add(id: number, offset: number): void {
    const env = this.#env
    if (!this.#checked && !env.gplCompatible) {
      refuse(env, Errno.EINVAL, 'cannot call kernel function from non-GPL compatible program\n')
    }
    this.#checked = true
    // Such calls must be gone when dead code is: it's what libbpf makes of a weak function that isn't there.
    if (id === 0 && offset === 0) return
    const btf = this.#btf(offset)
    const key = `${id} ${offset}`
    if (this.#seen.has(key)) return
    if (this.#seen.size === MAX_KFUNC_DESCS) {
      refuse(env, Errno.E2BIG, 'too many different kernel function calls\n')
    }
    if (!btf.has(id) || btf.kind(id) !== Kind.FUNC) {
      refuse(env, Errno.EINVAL, `kernel btf_id ${id} is not a function\n`)
    }
    if (btf.kind(btf.type(id)) !== Kind.FUNC_PROTO) {
      refuse(env, Errno.EINVAL, `kernel function btf_id ${id} does not have a valid func_proto\n`)
    }
    const name = btf.name(id)
    if (env.kernel.symbol(name) === undefined) {
      refuse(env, Errno.EINVAL, `cannot find address for kernel function ${name}\n`)
    }
    // No device takes programs, so none is bound to one (bpf_dev_bound_kfunc_check).
    if (isDeviceBound(name)) refuse(env, Errno.EINVAL, 'metadata kfuncs require device-bound program\n')
    this.#seen.add(key)
    checkFuncModel(env, btf, btf.type(id), name)
  }

  /** find_kfunc_desc_btf. No modules can be loaded, so no descriptor stands for the BTF of one. */
  #btf(offset: number): Btf {
    const env = this.#env
    const missing = 'failed to find BTF for kernel function\n'
    if (offset === 0) return vmlinuxTypes(env.kernel)
    if (offset < 0) {
      refuse(env, Errno.EINVAL, `negative offset disallowed for kernel module function call\n${missing}`)
    }
    if (this.#modules.size === MAX_KFUNC_BTFS) refuse(env, Errno.E2BIG, `too many different module BTFs\n${missing}`)
    const { fdArray } = env.attr
    if (!fdArray) refuse(env, Errno.EPROTO, `kfunc offset > 0 without fd_array is invalid\n${missing}`)
    const fd = fdArray[offset]
    if (fd === undefined) refuse(env, Errno.EFAULT, missing)
    try {
      env.kernel.btfByFd(fd)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      refuse(env, error.errno, `invalid module BTF fd specified\n${missing}`)
    }
    refuse(env, Errno.EINVAL, `BTF fd for kfunc is not a module BTF\n${missing}`)
  }
}

const CALL = Class.JMP | Jmp.CALL

/**
 * fixup_kfunc_call: a call of no function must be gone when dead code is. Here only those are found that every run
 * comes to, up to the first jump.
 */
export function checkEliminated({ insns, log }: LoadEnv): void {
  for (let i = 0; i < insns.length; i++) {
    const code = insns.code(i)
    const cls = code & 7
    if (code === LD_IMM64) i++
    if (cls !== Class.JMP && cls !== Class.JMP32) continue
    if (code !== CALL || insns.src(i) === PseudoCall.CALL) return
    if (insns.src(i) !== PseudoCall.KFUNC_CALL || insns.imm(i) !== 0 || insns.off(i) !== 0) continue
    refuse({ log }, Errno.EINVAL, 'invalid kernel function call not eliminated in verifier pass\n')
  }
}
