import { KernelError } from '../../kernel/error.ts'
import { strerror } from '../../uapi/errno.ts'
import type { Verb } from '../command.ts'
import { CommandError, UsageError } from '../command.ts'
import { machineProcess } from './machine-process.ts'

/**
 * `bpftool process`: simulated processes that hold descriptors, as applications on libbpf do. Not an object of the
 * real bpftool.
 */

const list: Verb = (cmd, args) => {
  if (args.length > 0) throw new UsageError()
  const { json } = cmd
  json?.startArray()
  for (const { pid, comm, files } of machineProcess(cmd).processes()) {
    json?.startObject()
    json?.numberField('pid', pid)
    json?.stringField('comm', comm)
    const held: string[] = []
    for (const kind of ['prog', 'map', 'btf'] as const) {
      const ids = files.filter((file) => file.kind === kind).map(({ id }) => id)
      if (ids.length === 0) continue
      held.push(`${kind}_ids ${ids.join(',')}`)
      json?.name(`${kind}_ids`)
      json?.startArray()
      for (const id of ids) json?.number(id)
      json?.endArray()
    }
    json?.endObject()
    if (!json) cmd.out(`${pid}: ${comm}\n${held.length > 0 ? `\t${held.join('  ')}\n` : ''}`)
  }
  json?.endArray()
  return 0
}

const kill: Verb = (cmd, args) => {
  if (args.length !== 1) throw new UsageError()
  const word = args.shift()
  if (!/^\d{1,10}$/.test(word)) throw new CommandError(`can't parse '${word}' as pid`)
  try {
    machineProcess(cmd).kill(Number(word))
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    throw new CommandError(`can't kill ${word}: ${strerror(error.errno)}`)
  }
  cmd.json?.nullValue()
  return 0
}

export const processVerbs: readonly (readonly [string, Verb | 'help'])[] = [
  ['list', list],
  ['help', 'help'],
  ['kill', kill],
]

export const processHelp = `Usage: bpftool process list
       bpftool process start OBJ
       bpftool process kill PID
       bpftool process help

       A process loads OBJ as an application on libbpf does and holds it until it is killed
`
