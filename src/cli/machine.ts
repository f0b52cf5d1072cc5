import { resolve } from 'node:path'
import type { Machine as KernelMachine } from '../kernel/boot.ts'
import { bootDirectory, bootMachine, bootableKernels, hasKernel } from '../kernel/boot.ts'
import { CommandError } from './command.ts'
import type { CommandIo, Machine } from './io.ts'
import { defaultState, kernelsFolder } from './user-folders.ts'

/** Global options that choose the machine. */
export interface MachineChoice {
  /** --state DIR. */
  state?: string | undefined
  /** --kernel NAME: a machine in memory, for this command only. */
  kernel?: string | undefined
}

/** The directory that a command's machine lives in: --state, $BPFTOOL_STATE, else the user's XDG state folder. */
export function stateDirectory({ env, cwd }: Pick<CommandIo, 'env' | 'cwd'>, { state }: MachineChoice): string {
  return state ? resolve(cwd, state) : defaultState(env, cwd)
}

/** SOURCE_DATE_EPOCH: seconds at which the machine's clock stands still. @throws CommandError. */
export function stoppedClock({ env }: Pick<CommandIo, 'env'>): number | undefined {
  const text = env['SOURCE_DATE_EPOCH']
  if (text === undefined || text === '') return undefined
  if (!/^\d{1,12}$/.test(text)) throw new CommandError(`SOURCE_DATE_EPOCH is not a number of seconds: ${text}`)
  return Number(text)
}

/** @throws CommandError where no kernel has the name. */
export function mustBeKernel({ env, cwd }: Pick<CommandIo, 'env' | 'cwd'>, name: string): void {
  const kernels = kernelsFolder(env, cwd)
  if (hasKernel(name, kernels)) return
  const names = bootableKernels(kernels).map((kernel) => kernel.name)
  throw new CommandError(`no kernel '${name}': there is ${names.join(', ')}, and what lies between two of them`)
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
  if (choice.kernel !== undefined) mustBeKernel(io, choice.kernel)
  const request = { stoppedAt, engine: chosenEngine(io), kernels: kernelsFolder(io.env, io.cwd), alone: true }
  const machine: KernelMachine =
    choice.kernel === undefined
      ? bootDirectory(stateDirectory(io, choice), request)
      : bootMachine({ ...request, profile: choice.kernel })
  return {
    process: () => machine.process('bpftool'),
    close: () => {
      machine.close()
    },
  }
}
