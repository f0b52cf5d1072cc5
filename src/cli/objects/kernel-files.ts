import { readFileSync } from 'node:fs'
import type { KernelSource } from '../../kernel/import.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'
import { CommandError, UsageError } from '../command.ts'
import { findBtfSections } from './btf-elf.ts'
import { kernelFromImage } from './kernel-image.ts'
import { kernelFromPackage } from './kernel-package.ts'

/** The words of `kernel import` that name files: what somebody took from another kernel. */

const ELF_MAGIC = '\x7fELF'

const words = ['btf', 'image', 'package', 'config', 'kallsyms', 'release'] as const
type Told = Partial<Record<(typeof words)[number], string>>

/** @throws CommandError, UsageError. */
export async function kernelFromFiles(cmd: Command, args: Args): Promise<KernelSource> {
  const told = takeWords(args)
  const { config, kallsyms, release } = told
  if (release !== undefined && !/^\d+\.\d+[\w.+-]*$/.test(release))
    throw new CommandError(`not a kernel's release: '${release}'`)
  const source = await sourceOf(cmd, told)
  return {
    ...source,
    config: config === undefined ? source.config : readFile(cmd, config),
    kallsyms: kallsyms === undefined ? source.kallsyms : readFile(cmd, kallsyms),
    release: release ?? source.release,
  }
}

function takeWords(args: Args): Told {
  const told: Told = {}
  while (args.length > 0) {
    const word = words.find((each) => args.is(each))
    if (word === undefined) {
      const expected = "'host', 'btf', 'image', 'package', 'config', 'kallsyms' or 'release'"
      throw new CommandError(`expected ${expected}: '${args.shift()}'`)
    }
    args.shift()
    if (args.length === 0) throw new UsageError()
    if (told[word] !== undefined) throw new CommandError(`'${word}' is there twice`)
    told[word] = args.shift()
  }
  return told
}

/** The kernel's types, and what comes with them. */
async function sourceOf(cmd: Command, { btf, image, package: pkg }: Told): Promise<KernelSource> {
  const given = [btf, image, pkg].filter((path) => path !== undefined)
  if (given.length > 1) throw new CommandError("a kernel is in one place: 'btf', 'image' or 'package'")
  if (btf !== undefined) return { vmlinuxBtf: typesIn(cmd, btf) }
  if (image !== undefined) return kernelFromImage(readFile(cmd, image), image)
  if (pkg !== undefined) return kernelFromPackage(readFile(cmd, pkg), pkg)
  throw new CommandError("a kernel is imported from 'host', from its types, 'btf FILE', an 'image' or a 'package'")
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
