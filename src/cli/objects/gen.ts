import { CommandError, UsageError } from '../command.ts'
import { objectHelp } from '../help-text.ts'
import { requireArgs } from '../grammar/number-arg.ts'
import { withoutCycle } from './type-cycle.ts'
import type { Args } from '../args.ts'
import type { Command, Verb } from '../command.ts'

/** REQ_ARGS and then usage(). */
function requireOrUsage(cmd: Command, args: Args, count: number): void {
  try {
    requireArgs(args, count)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    cmd.error(error.message)
    throw new UsageError()
  }
}

/** do_skeleton and do_subskeleton: `FILE [name NAME]`. */
function named(print: (cmd: Command, file: string, name: string) => Promise<number>): Verb {
  return async (cmd, args) => {
    requireOrUsage(cmd, args, 1)
    const file = args.shift()
    let name = ''
    while (args.length > 0) {
      requireArgs(args, 2)
      if (!args.is('name')) throw new CommandError(`unknown arg ${args.shift()}`)
      args.shift()
      if (name !== '') throw new CommandError('object name already specified')
      name = args.shift()
    }
    const { givenName, nameOfFile } = await import('./gen-names.ts')
    return withoutCycle(cmd, () => print(cmd, file, name === '' ? nameOfFile(file) : givenName(name)))
  }
}

/** do_object. */
const object: Verb = async (cmd, args) => {
  requireOrUsage(cmd, args, 2)
  const output = args.shift()
  const inputs: string[] = []
  while (args.length > 0) inputs.push(args.shift())
  return (await import('./gen-object.ts')).linkObject(cmd, output, inputs)
}

/** do_min_core_btf. */
const minCoreBtf: Verb = async (cmd, args) => {
  requireOrUsage(cmd, args, 3)
  const input = args.shift()
  const output = args.shift()
  const objects: string[] = []
  while (args.length > 0) objects.push(args.shift())
  return (await import('./gen-min-core-btf.ts')).minimizeBtf(cmd, input, output, objects)
}

/** Not a verb of the real bpftool. */
const types = named(async (...words) => (await import('./gen-types.ts')).printTypes(...words))

export const typesUsage = `Usage: bpftool gen types FILE [name OBJECT_NAME]
`

/** `bpftool gen` (gen.c). */
export const gen = {
  verbs: [
    ['object', object],
    ['skeleton', named(async (...words) => (await import('./gen-skeleton.ts')).printSkeleton(...words))],
    ['subskeleton', named(async (...words) => (await import('./gen-subskeleton.ts')).printSubskeleton(...words))],
    ['min_core_btf', minCoreBtf],
    ['help', 'help'],
    ['types', types],
  ],
  help: objectHelp.gen,
} as const
