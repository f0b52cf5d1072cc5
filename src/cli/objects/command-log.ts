import { Log } from '../../libbpf/log.ts'
import type { Command } from '../command.ts'

/** The libbpf log of a command: to stderr, debug messages with -d only. */
export function commandLog(cmd: Command, debugging = cmd.options.verifierLogs): Log {
  return new Log((level, text) => {
    if (level === 'warn' || level === 'info' || debugging) cmd.message(text)
  }, debugging)
}
