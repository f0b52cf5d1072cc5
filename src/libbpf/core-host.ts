import { CoreError } from '../btf/core/host.ts'
import type { CoreHost } from '../btf/core/host.ts'
import { LibbpfError } from './error.ts'
import type { Log } from './log.ts'
import { kindName } from './object-btf.ts'

const MAX_DEPTH = 32

/** CO-RE as libbpf does it. */
export function coreHost(log: Log): CoreHost {
  return {
    warn: (message) => {
      log.warn(message)
    },
    debug: (message) => {
      log.debug(message)
    },
    kindName,
    compatibleDepth: MAX_DEPTH,
    matchDepth: MAX_DEPTH,
    secondHalfFirst: false,
  }
}

/** @throws LibbpfError in place of CoreError. */
export function asLibbpf<T>(fn: () => T): T {
  try {
    return fn()
  } catch (error) {
    throw error instanceof CoreError ? new LibbpfError(error.errno) : error
  }
}
