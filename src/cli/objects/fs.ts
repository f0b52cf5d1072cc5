import { KernelError } from '../../kernel/error.ts'
import type { Stat } from '../../kernel/syscall.ts'
import { strerror } from '../../uapi/errno.ts'
import type { Args } from '../args.ts'
import type { Command, Verb } from '../command.ts'
import { UsageError } from '../command.ts'

/** `bpftool fs`: what ls, tree, mkdir and rm do on a real bpffs. Not an object of the real bpftool. */

const DEFAULT_PATH = '/sys/fs/bpf'

interface Entry {
  name: string
  path: string
  stat: Stat
}

function list(cmd: Command, path: string): Entry[] {
  const { files } = cmd.system()
  if (files.stat(path).kind !== 'directory') {
    return [{ name: path, path, stat: files.stat(path) }]
  }
  return files
    .readdir(path)
    .sort()
    .map((name) => {
      const below = path === '/' ? `/${name}` : `${path}/${name}`
      return { name, path: below, stat: files.stat(below) }
    })
}

/** Runs `fn`; a failure of the kernel's becomes an error that names the path. */
function attempt(cmd: Command, what: string, path: string, fn: () => void): number {
  try {
    if (!cmd.system().files.owns(path)) {
      cmd.error(`can't ${what} ${path}: not on the simulated machine`)
      return -1
    }
    fn()
    return 0
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    cmd.error(`can't ${what} ${path}: ${strerror(error.errno)}`)
    return -1
  }
}

/** The optional last word: a path. */
function takePath(cmd: Command, args: Args): string {
  const path = args.length > 0 ? args.shift() : DEFAULT_PATH
  if (args.length > 0) throw new UsageError()
  return cmd.resolvePath(path)
}

function writeEntry(cmd: Command, { name, stat }: Entry): void {
  cmd.json?.startObject()
  cmd.json?.stringField('name', name)
  cmd.json?.stringField('kind', stat.kind)
  cmd.json?.endObject()
}

const ls: Verb = (cmd, args) => {
  const path = takePath(cmd, args)
  return attempt(cmd, 'list', path, () => {
    const entries = list(cmd, path)
    if (cmd.json) {
      cmd.json.startArray()
      for (const entry of entries) writeEntry(cmd, entry)
      cmd.json.endArray()
      return
    }
    for (const { name, stat } of entries) cmd.out(stat.kind === 'directory' ? `${name}/\n` : `${name}\n`)
  })
}

/** All below a directory, parents before children. */
function* walk(cmd: Command, path: string): Iterable<Entry & { depth: number; lasts: boolean[] }> {
  const stack: { entries: Entry[]; lasts: boolean[] }[] = [{ entries: list(cmd, path), lasts: [] }]
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const entry = top.entries.shift()
    if (!entry) {
      stack.pop()
      continue
    }
    const lasts = [...top.lasts, top.entries.length === 0]
    yield { ...entry, depth: stack.length, lasts }
    if (entry.stat.kind === 'directory') stack.push({ entries: list(cmd, entry.path), lasts })
  }
}

const tree: Verb = (cmd, args) => {
  const path = takePath(cmd, args)
  return attempt(cmd, 'list', path, () => {
    if (cmd.json) {
      cmd.json.startArray()
      for (const entry of walk(cmd, path)) writeEntry(cmd, { ...entry, name: entry.path })
      cmd.json.endArray()
      return
    }
    cmd.out(`${path}\n`)
    for (const { name, stat, lasts } of walk(cmd, path)) {
      const stem = lasts.slice(0, -1).map((last) => (last ? '    ' : '│   '))
      const kind = stat.kind === 'directory' ? '' : `  (${stat.kind})`
      cmd.out(`${stem.join('')}${lasts.at(-1) ? '└── ' : '├── '}${name}${kind}\n`)
    }
  })
}

/** What a command that prints nothing prints in JSON. */
function done(cmd: Command, status: number): number {
  if (status === 0) cmd.json?.nullValue()
  return status
}

const mkdir: Verb = (cmd, args) => {
  if (args.length !== 1) throw new UsageError()
  const path = cmd.resolvePath(args.shift())
  return done(
    cmd,
    attempt(cmd, 'make', path, () => {
      cmd.system().files.mkdir(path)
    }),
  )
}

const rm: Verb = (cmd, args) => {
  if (args.length === 0) throw new UsageError()
  const path = cmd.resolvePath(args.shift())
  const recursive = args.length > 0 && args.is('recursive')
  if (recursive) args.shift()
  if (args.length > 0) throw new UsageError()
  return done(
    cmd,
    attempt(cmd, 'remove', path, () => {
      cmd.system().atomically(() => {
        remove(cmd, path, recursive)
      })
    }),
  )
}

function remove(cmd: Command, path: string, recursive: boolean): void {
  const { files } = cmd.system()
  if (files.stat(path).kind !== 'directory') {
    files.unlink(path)
    return
  }
  const below = recursive ? [...walk(cmd, path)].reverse() : []
  for (const entry of below) {
    if (entry.stat.kind === 'directory') files.rmdir(entry.path)
    else files.unlink(entry.path)
  }
  files.rmdir(path)
}

export const fsVerbs: readonly (readonly [string, Verb | 'help'])[] = [
  ['ls', ls],
  ['help', 'help'],
  ['tree', tree],
  ['mkdir', mkdir],
  ['rm', rm],
]

/** Lines after "Usage: ". */
export const fsHelp = `Usage: bpftool fs { ls | tree } [PATH]
       bpftool fs mkdir PATH
       bpftool fs rm PATH [recursive]
       bpftool fs help

       PATH is a file or directory of the simulated machine, ${DEFAULT_PATH} unless given
`
