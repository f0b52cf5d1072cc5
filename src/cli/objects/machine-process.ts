import { Process } from '../../kernel/boot.ts'
import type { Command } from '../command.ts'
import { CommandError } from '../command.ts'

/** The command's process as what it is on a simulated machine; a real kernel behind the door has no such verbs. */
export function machineProcess(cmd: Command): Process {
  const system = cmd.system()
  if (system instanceof Process) return system
  throw new CommandError('this is not a simulated machine')
}
