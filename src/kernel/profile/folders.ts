import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from './package-root.ts'

/** Where kernels are: those of the package, and those that a user imported, one folder each. */

export interface KernelName {
  name: string
  imported: boolean
}

/** A kernel's folder; undefined where there is none of that name. The package's own come first. */
export function profileFolder(name: string, imported?: string): string | undefined {
  if (!isKernelName(name)) return undefined
  return [builtIn(), imported].flatMap((place) => (place === undefined ? [] : join(place, name))).find(isProfile)
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
