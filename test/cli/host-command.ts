import { mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { OpenMachine } from '../../src/cli/main.ts'
import type { Syscalls } from '../../src/kernel/syscall.ts'
import type { Answer } from './memory.ts'

/** A line of a scenario that is the shell's: `cat`, `ls`, `rm [-r]`, `mkdir` of files of the machine and of the host. */
export function hostCommand(argv: readonly string[], open: OpenMachine, cwd: string): Answer {
  const [name, ...words] = argv
  const machine = open({ env: {}, cwd } as Parameters<OpenMachine>[0], { state: undefined, kernel: undefined })
  const system = machine.process()
  let stdout = ''
  try {
    for (const word of words.filter((each) => !each.startsWith('-'))) {
      const path = resolve(cwd, word)
      const owned = system.files.owns(path)
      if (name === 'cat') stdout += Buffer.from(owned ? system.files.read(path) : readFileSync(path)).toString()
      else if (name === 'ls' && !owned && !statSync(path).isDirectory()) stdout += `${word}\n`
      else if (name === 'ls') stdout += names(owned ? system.files.readdir(path) : readdirSync(path))
      else if (name === 'rm' && owned) remove(system, path)
      else if (name === 'rm') rmSync(path, { recursive: true })
      else if (name === 'mkdir' && owned) system.files.mkdir(path)
      else if (name === 'mkdir') mkdirSync(path)
    }
  } finally {
    system.exit()
  }
  return { status: 0, stdout, stderr: '' }
}

function names(list: readonly string[]): string {
  return [...list]
    .sort()
    .map((name) => `${name}\n`)
    .join('')
}

function remove({ files }: Syscalls, path: string): void {
  if (files.stat(path).kind !== 'directory') {
    files.unlink(path)
    return
  }
  for (const name of files.readdir(path)) remove({ files } as Syscalls, `${path}/${name}`)
  files.rmdir(path)
}
