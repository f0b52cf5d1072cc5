import { KernelError } from '../error.ts'
import type { FinishedLog } from '../log.ts'
import { LogLevel } from '../log.ts'
import { checkAttachTarget } from './attach-target.ts'
import { checkCfg } from './cfg.ts'
import type { LoadEnv } from './env.ts'
import { processFdArray } from './fd-array.ts'
import { checkEliminated } from './kfuncs.ts'
import { resolveLdImm64 } from './ldimm64.ts'
import { checkProgBtf, readProgBtf } from './prog-btf.ts'
import { stackDepth } from './stack-depth.ts'
import { checkSubprogs, findSubprogs } from './subprogs.ts'
import { walkStart } from './walk.ts'

/**
 * bpf_check, in its order. What follows the structure is not all here: `walkStart` calls the verifier's walk over
 * all paths.
 *
 * @returns the log, and why the program is refused: 0 when it isn't.
 */
export function checkProgram(env: LoadEnv): FinishedLog {
  const { log } = env
  const started = now(env)
  let refusal = 0
  try {
    processFdArray(env)
    readProgBtf(env)
    findSubprogs(env)
    checkSubprogs(env)
    checkProgBtf(env)
    resolveLdImm64(env)
    checkCfg(env)
    checkAttachTarget(env)
    walkStart(env)
    if (!env.rewritten) checkEliminated(env)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    refusal = error.errno
  }
  if (log.needed) writeStatistics(env, now(env) - started)
  const finished = log.finish()
  return { ...finished, errno: finished.errno || refusal }
}

function now({ kernel }: LoadEnv): bigint {
  return kernel.monotonic?.() ?? 0n
}

/** print_verification_stats. */
function writeStatistics(env: LoadEnv, nanoseconds: bigint): void {
  const { log, subprogs } = env
  if (log.level & LogLevel.STATS) {
    log.write(`verification time ${nanoseconds / 1000n} usec\n`)
    log.write('stack depth ')
    log.write((env.statistics?.stackDepths ?? subprogs.map(({ start }) => stackDepth(env, start))).join('+'))
    log.write('\n')
  }
  const { maxStatesPerInsn = 0, totalStates = 0, peakStates = 0 } = env.statistics ?? {}
  const states = `max_states_per_insn ${maxStatesPerInsn} total_states ${totalStates} peak_states ${peakStates}`
  log.write(`processed ${env.insnsProcessed} insns (limit 1000000) ${states} mark_read 0\n`)
}
