import { CommandError } from './command.ts'
import type { Command } from './command.ts'

/** Runs `fn`; its CommandError is told, and `status` returned, where bpftool answers with another status than -1. */
export function withStatus(cmd: Command, status: number, fn: () => number): number {
  try {
    return fn()
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    cmd.error(error.message)
    return status
  }
}
