import { TypeCycleError } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import type { Command } from '../command.ts'

/** Writes types as C. Where they are in a cycle that no compiler makes, the real one runs out of stack. */
export async function withoutCycle(cmd: Command, write: () => number | Promise<number>): Promise<number> {
  try {
    return await write()
  } catch (error) {
    const endless = error instanceof TypeCycleError || (error instanceof RangeError && /call stack/.test(error.message))
    if (!endless) throw error
    cmd.error('type cycle in BTF')
    return -Errno.ELOOP
  }
}
