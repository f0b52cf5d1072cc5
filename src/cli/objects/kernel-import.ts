import { ImportError, importKernel } from '../../kernel/import.ts'
import type { Profile } from '../../kernel/import.ts'
import type { Verb } from '../command.ts'
import { CommandError, UsageError } from '../command.ts'
import { kernelsFolder } from '../user-folders.ts'
import { kernelFromFiles } from './kernel-files.ts'

/** `kernel import NAME host`, or from files. */
export const importVerb: Verb = async (cmd, args) => {
  if (args.length < 2) throw new UsageError()
  const name = args.shift()
  const fromHost = args.is('host')
  if (fromHost) args.shift()
  const source = fromHost ? undefined : await kernelFromFiles(cmd, args)
  if (args.length > 0) throw new UsageError()
  let profile: Profile
  try {
    profile = importKernel(kernelsFolder(cmd.io.env, cmd.io.cwd), name, source)
  } catch (error) {
    if (error instanceof ImportError) throw new CommandError(error.message)
    if (error instanceof Error && 'code' in error)
      throw new CommandError(`can't keep kernel '${name}': ${error.message}`)
    throw error
  }
  const { release, machine, borrowed } = profile
  const { json } = cmd
  if (json) {
    json.startObject()
    json.stringField('name', name)
    json.stringField('release', release)
    if (borrowed.length > 0) {
      json.name('borrowed')
      json.startArray()
      for (const part of borrowed) json.string(part)
      json.endArray()
    }
    json.endObject()
  } else {
    cmd.out(`${name}: Linux ${release} ${machine}\n`)
    if (borrowed.length > 0) cmd.out(`\tnot told, and taken from another kernel: ${borrowed.join(', ')}\n`)
  }
  return 0
}
