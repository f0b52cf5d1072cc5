import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type * as Zlib from 'node:zlib'
import { isBuiltIn, isKernelName, likestKernel } from './folders.ts'
import { hostKernel } from './host.ts'
import type { KernelParts } from './pack.ts'
import { PackEffort, packProfile } from './pack.ts'
import { lateRequire } from './package-root.ts'
import type { Profile } from './profile.ts'
import { forgetProfile, loadProfile } from './profile.ts'
import { linuxVersion } from './release.ts'
import type { KernelSource } from './source.ts'
import { ImportError } from './source.ts'

/** Importing kernels: from the running one, or from files that somebody took from another. */

/**
 * Keeps a kernel under a name in the folder of imported ones, in place of one of the same name. It's there whole, or as
 * it was before. What isn't told is taken from the package's own kernel that is most like it, or from `base` where nobody
 * knows its version.
 *
 * @param source undefined: the running kernel.
 * @throws ImportError.
 */
export function importProfile(folder: string, name: string, source: KernelSource | undefined, base: string): Profile {
  if (!isKernelName(name)) throw new ImportError(`'${name}' can't be a kernel's name`)
  if (isBuiltIn(name)) throw new ImportError(`the kernel '${name}' is built in: choose another name`)
  const told = source ?? hostKernel()
  const release = told.release ?? releaseIn(told.config)
  const other = loadProfile((release && likestKernel(linuxVersion(release, told.version ?? ''))) ?? base)
  const parts = checkedParts(told, other)
  const borrowed = [
    ...(['config', 'kallsyms', 'sysctl'] as const).filter((part) => told[part] === undefined),
    ...(release === undefined ? ['release'] : []),
  ]
  const facts = {
    release: release ?? other.release,
    version: told.version ?? '#1 SMP',
    machine: told.machine ?? other.machine,
    cpus: told.cpus,
    borrowed,
  }
  mkdirSync(folder, { recursive: true })
  const made = mkdtempSync(join(folder, '.import-'))
  try {
    packProfile(made, parts, facts, PackEffort.QUICK)
    replace(join(folder, name), made)
    forgetProfile(join(folder, name))
  } catch (error) {
    rmSync(made, { recursive: true, force: true })
    throw error
  }
  return loadProfile(name, folder)
}

/** A folder can't be renamed over one that isn't empty: the old one steps aside first. */
function replace(place: string, made: string): void {
  const aside = `${made}-old`
  if (existsSync(place)) renameSync(place, aside)
  renameSync(made, place)
  rmSync(aside, { recursive: true, force: true })
}

function checkedParts(told: KernelSource, other: Profile): KernelParts {
  if (told.vmlinuxBtf.length < 24 || told.vmlinuxBtf[0] !== 0x9f || told.vmlinuxBtf[1] !== 0xeb)
    throw new ImportError('the types are no BTF of a little-endian kernel')
  const config = told.config && unzipped(told.config)
  if (config && !/^(# )?CONFIG_\w+/m.test(latin1(config))) throw new ImportError('the config is no config of a kernel')
  return {
    vmlinuxBtf: told.vmlinuxBtf,
    config: config ?? other.config(),
    kallsyms: told.kallsyms ? ownSymbols(told.kallsyms) : Buffer.from(other.kallsyms(), 'latin1'),
    sysctl: told.sysctl ?? other.sysctls(),
  }
}

/** Symbols of the kernel itself: those of modules and of loaded programs have a name in brackets behind them. */
function ownSymbols(kallsyms: Uint8Array): Uint8Array {
  const lines = latin1(kallsyms).split('\n')
  if (!/^[0-9a-f]{16} \S \S+/.test(lines[0] ?? '')) throw new ImportError('the symbols are not those of /proc/kallsyms')
  return Buffer.from(lines.filter((line) => !line.includes('\t')).join('\n'), 'latin1')
}

/** config.gz is taken as it is. */
function unzipped(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return (lateRequire('node:zlib') as typeof Zlib).gunzipSync(bytes)
  } catch {
    throw new ImportError('the config is damaged')
  }
}

/** The release that a config is for, as its first lines say. */
function releaseIn(config: Uint8Array | undefined): string | undefined {
  return config && /^# Linux\/\S+ (\S+) Kernel Configuration$/m.exec(latin1(unzipped(config)).slice(0, 1000))?.[1]
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
