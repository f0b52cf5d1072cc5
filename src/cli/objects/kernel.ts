import { DEFAULT_CPUS, MAX_CPUS, StateError, profileNames, rebootDirectory } from '../../kernel/boot.ts'
import type { Args } from '../args.ts'
import type { Command, Verb } from '../command.ts'
import { CommandError, UsageError } from '../command.ts'
import { mustBeKernel, stoppedClock } from '../machine.ts'
import { machineProcess } from './machine-process.ts'

/** `bpftool kernel`: the machine and the kernels that it can boot. Not an object of the real bpftool. */

const show: Verb = (cmd, args) => {
  if (args.length > 0) throw new UsageError()
  const process = machineProcess(cmd)
  const { profile, cpus, location } = process.machine
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
    json.numberField('cpus', cpus)
    json.numberField('uptime', uptime)
    if (location !== undefined) json.stringField('state', location)
    for (const [name, number] of counts) json.numberField(name, number)
    json.endObject()
    return 0
  }
  cmd.out(`${profile}: Linux ${release} ${machine}\n`)
  cmd.out(`\t${version}\n`)
  cmd.out(`\tcpus ${cpus}  up ${uptime}s  state ${location ?? 'in memory'}\n`)
  cmd.out(`\t${counts.map(([name, number]) => `${name} ${number}`).join('  ')}\n`)
  return 0
}

const list: Verb = (cmd, args) => {
  if (args.length > 0) throw new UsageError()
  const { profile } = machineProcess(cmd).machine
  cmd.json?.startArray()
  for (const name of profileNames()) {
    const booted = name === profile
    if (cmd.json) {
      cmd.json.startObject()
      cmd.json.stringField('name', name)
      cmd.json.boolField('booted', booted)
      cmd.json.endObject()
    } else {
      cmd.out(booted ? `${name}  (booted)\n` : `${name}\n`)
    }
  }
  cmd.json?.endArray()
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
  try {
    const process = machineProcess(cmd)
    const { machine } = process
    process.reboot({ profile: profile ?? machine.profile, cpus: cpus ?? machine.cpus, stoppedAt })
  } catch (error) {
    if (!(error instanceof StateError) || error.directory === undefined) throw error
    rebootDirectory(error.directory, { profile, cpus, stoppedAt })
  }
}

const boot: Verb = (cmd, args) => {
  let profile: string | undefined
  let cpus: number | undefined
  // A kernel's name starts with a digit, so `cpus` can't be one.
  if (args.length > 0 && !args.is('cpus')) {
    profile = args.shift()
    mustBeKernel(profile)
  }
  if (args.length > 0) {
    if (!args.is('cpus') || args.length !== 2) throw new UsageError()
    args.shift()
    cpus = takeCpus(args)
  }
  reboot(cmd, profile, cpus ?? (profile === undefined ? undefined : DEFAULT_CPUS))
  cmd.json?.nullValue()
  return 0
}

const reset: Verb = (cmd, args) => {
  if (args.length > 0) throw new UsageError()
  reboot(cmd, undefined, undefined)
  cmd.json?.nullValue()
  return 0
}

const importKernel: Verb = () => {
  throw new CommandError("importing kernels isn't there yet")
}

export const kernelVerbs: readonly (readonly [string, Verb | 'help'])[] = [
  ['show', show],
  ['list', list],
  ['help', 'help'],
  ['boot', boot],
  ['reset', reset],
  ['import', importKernel],
]

export const kernelHelp = `Usage: bpftool kernel { show | list }
       bpftool kernel boot [NAME] [cpus N]
       bpftool kernel reset
       bpftool kernel help

       NAME is one of those that "kernel list" shows; booting forgets all that was loaded
`
