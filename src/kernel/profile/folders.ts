import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from './package-root.ts'
import { isSince } from './release.ts'

/** Where kernels are: those of the package, and those that a user imported, one folder each. */

export interface KernelName {
  name: string
  imported: boolean
}

/** Where a kernel's parts are. */
export interface KernelPlace {
  folder: string
  /** Of a version between two recorded ones: the nearest older one, whose parts it has. */
  nearest?: string
}

/** A kernel's place; undefined where there is none of that name. The package's own come first. */
export function findKernel(name: string, imported?: string): KernelPlace | undefined {
  if (!isKernelName(name)) return undefined
  const places = [builtIn(), imported].flatMap((place) => (place === undefined ? [] : join(place, name)))
  const folder = places.find(isProfile)
  return folder === undefined ? between(name) : { folder }
}

/** A version that lies between two of the package's own. */
function between(name: string): KernelPlace | undefined {
  if (!/^\d+\.\d+$/.test(name)) return undefined
  const versions = namesIn(builtIn()).filter((each) => /^\d+\.\d+$/.test(each))
  const older = versions.filter((each) => isSince({ linux: name }, each))
  const nearest = older.at(-1)
  if (nearest === undefined || older.length === versions.length) return undefined
  return { folder: join(builtIn(), nearest), nearest }
}

/** Names that a kernel can have: one that is a folder's everywhere, and no word of `kernel boot`. */
export function isKernelName(name: string): boolean {
  return /^\w[\w.-]{0,63}$/.test(name) && name !== 'cpus'
}

export function isBuiltIn(name: string): boolean {
  return isKernelName(name) && isProfile(join(builtIn(), name))
}

/** All kernels that can be booted, the package's own first. */
export function listKernels(imported?: string): KernelName[] {
  const own = namesIn(builtIn())
  const users = imported === undefined ? [] : namesIn(imported).filter((name) => !own.includes(name))
  return [...own.map((name) => ({ name, imported: false })), ...users.map((name) => ({ name, imported: true }))]
}

/** The package's own kernel that is most like one of a version: the nearest older one, or the oldest. */
export function likestKernel(linux: string): string | undefined {
  const names = namesIn(builtIn())
  return names.filter((each) => isSince({ linux }, each)).at(-1) ?? names[0]
}

function namesIn(place: string): string[] {
  try {
    const names = readdirSync(place).filter((name) => isKernelName(name) && isProfile(join(place, name)))
    return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  } catch {
    return []
  }
}

function builtIn(): string {
  return join(packageRoot(), 'profiles')
}

function isProfile(folder: string): boolean {
  return existsSync(join(folder, 'meta.json'))
}
