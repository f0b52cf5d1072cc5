import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Machine as KernelMachine } from '../kernel/boot.ts'
import { bootDirectory, bootMachine, profileNames } from '../kernel/boot.ts'
import { CommandError } from './command.ts'
import type { CommandIo, Machine } from './io.ts'

/** Global options that choose the machine. */
export interface MachineChoice {
  /** --state DIR. */
  state?: string | undefined
  /** --kernel NAME: a machine in memory, for this command only. */
  kernel?: string | undefined
}

/** The directory that a command's machine lives in: --state, $BPFTOOL_STATE, else the user's XDG state folder. */
export function stateDirectory({ env, cwd }: Pick<CommandIo, 'env' | 'cwd'>, { state }: MachineChoice): string {
  const chosen = state ?? env['BPFTOOL_STATE']
  if (chosen) return resolve(cwd, chosen)
  const xdg = env['XDG_STATE_HOME']
  if (xdg?.startsWith('/')) return join(xdg, 'bpftool')
  if (process.platform === 'win32' && env['LOCALAPPDATA']) return join(env['LOCALAPPDATA'], 'bpftool')
  return join(env['HOME'] ?? homedir(), '.local', 'state', 'bpftool')
}

/** SOURCE_DATE_EPOCH: seconds at which the machine's clock stands still. @throws CommandError. */
export function stoppedClock({ env }: Pick<CommandIo, 'env'>): number | undefined {
  const text = env['SOURCE_DATE_EPOCH']
  if (text === undefined || text === '') return undefined
  if (!/^\d{1,12}$/.test(text)) throw new CommandError(`SOURCE_DATE_EPOCH is not a number of seconds: ${text}`)
  return Number(text)
}

/** @throws CommandError where no kernel has the name. */
export function mustBeKernel(name: string): void {
  if (!profileNames().includes(name))
    throw new CommandError(`no kernel '${name}': there is ${profileNames().join(', ')}`)
}

/** BPFTOOL_ENGINE: the engine that runs programs, where it isn't chosen by what pays. @throws CommandError. */
function chosenEngine({ env }: Pick<CommandIo, 'env'>): 'interpreter' | 'compiler' | undefined {
  const text = env['BPFTOOL_ENGINE']
  if (text === undefined || text === '') return undefined
  if (text !== 'interpreter' && text !== 'compiler') {
    throw new CommandError(`BPFTOOL_ENGINE is neither interpreter nor compiler: ${text}`)
  }
  return text
}

/** Opens the machine that the options choose; a directory without one boots Linux 6.18. @throws StateError. */
export function openMachine(io: CommandIo, choice: MachineChoice): Machine {
  const stoppedAt = stoppedClock(io)
  if (choice.kernel !== undefined) mustBeKernel(choice.kernel)
  const engine = chosenEngine(io)
  const machine: KernelMachine =
    choice.kernel === undefined
      ? bootDirectory(stateDirectory(io, choice), { stoppedAt, engine })
      : bootMachine({ profile: choice.kernel, stoppedAt, engine })
  return {
    process: () => machine.process('bpftool'),
    close: () => {
      machine.close()
    },
  }
}
