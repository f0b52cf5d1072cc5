import { readFileSync } from 'node:fs'
import type { KernelSource } from '../../kernel/import.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'
import { CommandError, UsageError } from '../command.ts'
import { findBtfSections } from './btf-elf.ts'

/** The words of `kernel import` that name files: what somebody took from another kernel. */

const ELF_MAGIC = '\x7fELF'

/** @throws CommandError, UsageError. */
export function kernelFromFiles(cmd: Command, args: Args): KernelSource {
  const words = ['btf', 'config', 'kallsyms', 'release'] as const
  const told: Partial<Record<(typeof words)[number], string>> = {}
  while (args.length > 0) {
    const word = words.find((each) => args.is(each))
    if (word === undefined)
      throw new CommandError(`expected 'host', 'btf', 'config', 'kallsyms' or 'release': '${args.shift()}'`)
    args.shift()
    if (args.length === 0) throw new UsageError()
    if (told[word] !== undefined) throw new CommandError(`'${word}' is there twice`)
    told[word] = args.shift()
  }
  const { btf, config, kallsyms, release } = told
  if (btf === undefined) throw new CommandError("a kernel is imported from 'host', or from its types: 'btf FILE'")
  if (release !== undefined && !/^\d+\.\d+[\w.+-]*$/.test(release))
    throw new CommandError(`not a kernel's release: '${release}'`)
  return {
    vmlinuxBtf: typesIn(cmd, btf),
    config: config === undefined ? undefined : readFile(cmd, config),
    kallsyms: kallsyms === undefined ? undefined : readFile(cmd, kallsyms),
    release,
  }
}

/** Raw BTF, or the section of a vmlinux. */
function typesIn(cmd: Command, path: string): Uint8Array {
  const bytes = readFile(cmd, path)
  if (Buffer.from(bytes.subarray(0, 4)).toString('latin1') !== ELF_MAGIC) return bytes
  const sections = findBtfSections(bytes, path)
  if (typeof sections === 'string' || sections.btf === undefined) throw new CommandError(`${path} has no section .BTF`)
  return sections.btf
}

/** A file of the host, even below /sys: it's the host's kernel that is meant, not the machine's. */
function readFile(cmd: Command, path: string): Uint8Array {
  try {
    return readFileSync(cmd.resolvePath(path))
  } catch (error) {
    throw new CommandError(`can't read ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
