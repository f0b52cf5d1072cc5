import type { Btf } from '../../btf/btf.ts'
import { CoreError } from '../../btf/core/host.ts'
import type { CoreHost } from '../../btf/core/host.ts'
import { patchInsn } from '../../btf/core/patch.ts'
import { resolveCore } from '../../btf/core/resolve.ts'
import { CoreKind } from '../../btf/core/spec.ts'
import type { CoreRelo } from '../../btf/core/spec.ts'
import { INSN_SIZE } from '../../isa/insn.ts'
import { kindNames } from '../../btf/kinds.ts'
import { Errno } from '../../uapi/errno.ts'
import { vmlinuxTypes } from '../btf/vmlinux.ts'
import { LogLevel, refuse } from '../log.ts'
import type { LoadEnv } from './env.ts'

/**
 * CO-RE relocations that a loader leaves to the kernel (bpf_core_apply): libbpf's code, with the verifier's log for its
 * messages, which name no program.
 */

/** MAX_TYPES_ARE_COMPAT_DEPTH and MAX_TYPES_MATCH_DEPTH. */
const MAX_DEPTH = 2
const NO_NAME = ''

function hostOf({ log }: LoadEnv): CoreHost {
  return {
    warn: (message) => {
      log.write(`${message}\n`)
    },
    debug: (message) => {
      if (log.needed) log.write(`${message()}\n`)
    },
    kindName: (kind) => kindNames[kind] ?? 'UNKNOWN',
    compatibleDepth: MAX_DEPTH,
    matchDepth: MAX_DEPTH,
    secondHalfFirst: true,
  }
}

/** bpf_core_apply: one relocation, the `index`th. */
export function applyCoreRelo(env: LoadEnv, btf: Btf, index: number, relo: CoreRelo): void {
  if (!btf.has(relo.typeId)) refuse(env, Errno.EINVAL, `relo #${index}: bad type id ${relo.typeId}\n`)
  const needsCandidates = relo.kind !== CoreKind.TYPE_ID_LOCAL
  try {
    apply(env, btf, index, relo, needsCandidates)
  } finally {
    if (needsCandidates && env.log.level & LogLevel.LEVEL2) {
      env.kernel.candidates.print(vmlinuxTypes(env.kernel), (text) => {
        env.log.write(text)
      })
    }
  }
}

function apply(env: LoadEnv, btf: Btf, index: number, relo: CoreRelo, needsCandidates: boolean): void {
  const host = hostOf(env)
  const candidates = needsCandidates ? candidatesOf(env, btf, relo.typeId) : []
  try {
    const { resolution } = resolveCore(NO_NAME, index, relo, btf, candidates, host)
    patchInsn(host, NO_NAME, index, env.insns, relo.insnOff / INSN_SIZE, resolution)
  } catch (error) {
    if (error instanceof CoreError) refuse(env, error.errno)
    throw error
  }
}

function candidatesOf(env: LoadEnv, btf: Btf, typeId: number): { btf: Btf; id: number }[] {
  const kernel = vmlinuxTypes(env.kernel)
  const found = env.kernel.candidates.find(kernel, btf, typeId)
  if (!found) return refuse(env, Errno.EINVAL, `target candidate search failed for ${typeId}\n`)
  return found.ids.map((id) => {
    env.log.write(
      `CO-RE relocating ${kindNames[found.kind] ?? 'UNKNOWN'} ${found.name}: found target candidate [${id}]\n`,
    )
    return { btf: kernel, id }
  })
}
