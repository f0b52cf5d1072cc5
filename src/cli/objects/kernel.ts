import { MAX_CPUS, StateError, bootableKernels, rebootDirectory } from '../../kernel/boot.ts'
import type { Args } from '../args.ts'
import type { Command, Verb } from '../command.ts'
import { CommandError, UsageError } from '../command.ts'
import { mustBeKernel, stoppedClock } from '../machine.ts'
import { kernelsFolder } from '../user-folders.ts'
import { importVerb } from './kernel-import.ts'
import { machineProcess } from './machine-process.ts'

/** `bpftool kernel`: the machine and the kernels that it can boot. Not an object of the real bpftool. */

const show: Verb = (cmd, args) => {
  if (args.length > 0) throw new UsageError()
  const process = machineProcess(cmd)
  const { profile, cpus, location, nearest } = process.machine
  const { release, version, machine } = process.uname()
  const uptime = Number(process.clock('boottime') / 1_000_000_000n)
  const counts = Object.entries(process.countObjects()).map(([kind, number]) => [`${kind}s`, number] as const)
  const { json } = cmd
  if (json) {
    json.startObject()
    json.stringField('name', profile)
    json.stringField('release', release)
    json.stringField('version', version)
    json.stringField('machine', machine)
    if (nearest !== undefined) json.stringField('types', nearest)
    json.numberField('cpus', cpus)
    json.numberField('uptime', uptime)
    if (location !== undefined) json.stringField('state', location)
    for (const [name, number] of counts) json.numberField(name, number)
    json.endObject()
    return 0
  }
  cmd.out(`${profile}: Linux ${release} ${machine}\n`)
  cmd.out(`\t${version}\n`)
  if (nearest !== undefined) cmd.out(`\tnot recorded: types, symbols, config and sysctls are those of ${nearest}\n`)
  cmd.out(`\tcpus ${cpus}  up ${uptime}s  state ${location ?? 'in memory'}\n`)
  cmd.out(`\t${counts.map(([name, number]) => `${name} ${number}`).join('  ')}\n`)
  return 0
}

const list: Verb = (cmd, args) => {
  if (args.length > 0) throw new UsageError()
  const booted = machineProcess(cmd).machine.profile
  const kernels = bootableKernels(kernelsFolder(cmd.io.env, cmd.io.cwd))
  const { json } = cmd
  if (json) {
    json.startArray()
    for (const { name, imported, profile } of kernels) {
      json.startObject()
      json.stringField('name', name)
      json.stringField('release', profile.release)
      json.boolField('imported', imported)
      json.boolField('booted', name === booted)
      json.endObject()
    }
    json.endArray()
    return 0
  }
  const width = Math.max(...kernels.map(({ name }) => name.length))
  for (const { name, imported, profile } of kernels) {
    const notes = [...(imported ? ['imported'] : []), ...(name === booted ? ['booted'] : [])]
    cmd.out(`${name.padEnd(width)}  Linux ${profile.release}${notes.length > 0 ? `  (${notes.join(', ')})` : ''}\n`)
  }
  return 0
}

/** Number of CPUs behind `cpus`. @throws CommandError. */
function takeCpus(args: Args): number {
  const word = args.shift()
  const cpus = /^\d+$/.test(word) ? Number(word) : 0
  if (cpus < 1 || cpus > MAX_CPUS) throw new CommandError(`cpus must be a number from 1 to ${MAX_CPUS}: '${word}'`)
  return cpus
}

/** Boots a kernel in the place of the machine that runs, or of what is left of a damaged one. */
function reboot(cmd: Command, profile: string | undefined, cpus: number | undefined): void {
  const stoppedAt = stoppedClock(cmd.io)
  const kernels = kernelsFolder(cmd.io.env, cmd.io.cwd)
  try {
    const process = machineProcess(cmd)
    const { machine } = process
    // Another kernel comes with CPUs of its own.
    const itsCpus = cpus ?? (profile === undefined ? machine.cpus : undefined)
    process.reboot({ profile: profile ?? machine.profile, cpus: itsCpus, kernels, stoppedAt })
  } catch (error) {
    if (!(error instanceof StateError) || error.directory === undefined) throw error
    rebootDirectory(error.directory, { profile, cpus, kernels, stoppedAt })
  }
}

const boot: Verb = (cmd, args) => {
  let profile: string | undefined
  let cpus: number | undefined
  // No kernel is called `cpus`.
  if (args.length > 0 && !args.is('cpus')) {
    profile = args.shift()
    mustBeKernel(cmd.io, profile)
  }
  if (args.length > 0) {
    if (!args.is('cpus') || args.length !== 2) throw new UsageError()
    args.shift()
    cpus = takeCpus(args)
  }
  reboot(cmd, profile, cpus)
  cmd.json?.nullValue()
  return 0
}

const reset: Verb = (cmd, args) => {
  if (args.length > 0) throw new UsageError()
  reboot(cmd, undefined, undefined)
  cmd.json?.nullValue()
  return 0
}

export const kernelVerbs: readonly (readonly [string, Verb | 'help'])[] = [
  ['show', show],
  ['list', list],
  ['help', 'help'],
  ['boot', boot],
  ['reset', reset],
  ['import', importVerb],
]

export const kernelHelp = `Usage: bpftool kernel { show | list }
       bpftool kernel boot [NAME] [cpus N]
       bpftool kernel import NAME host
       bpftool kernel import NAME { btf | image | package } FILE \\
                         [config FILE] [kallsyms FILE] [release VERSION]
       bpftool kernel reset
       bpftool kernel help

       NAME is one of those that "kernel list" shows; booting forgets all that was loaded
`
