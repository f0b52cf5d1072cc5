import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { randomModule } from './distilled.ts'
import { randomUnits } from './units.ts'

/** How many seeds are recorded. */
export const SEEDS = 300

/** Asks for a seed's units, merged on their base, with debugging output. Files are as they are, by name, until the answer. */
export async function withUnits<T>(seed: number, ask: (words: string[], folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'merge-'))
  try {
    const { base, units } = randomUnits(seed)
    const file = (name: string, bytes: Uint8Array) => {
      writeFileSync(join(folder, name), bytes)
      return join(folder, name)
    }
    const words = ['-d', '-B', file('base', base), 'btf', 'dump']
    units.forEach((bytes, i) => words.push('file', file(`unit${i}`, bytes)))
    return await ask(words, folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Asks for a module's types, on its own distilled base and on the kernel's. */
export async function withModule<T>(
  seed: number,
  ask: (words: string[], folder: string) => T | Promise<T>,
): Promise<T[]> {
  const folder = mkdtempSync(join(tmpdir(), 'module-'))
  try {
    const { base, object } = randomModule(seed)
    const [kernel, file] = [join(folder, 'base'), join(folder, 'module.ko')]
    writeFileSync(kernel, base)
    writeFileSync(file, object)
    return [
      await ask(['btf', 'dump', 'file', file], folder),
      await ask(['-d', '-B', kernel, 'btf', 'dump', 'file', file], folder),
      await ask(['-B', kernel, 'btf', 'dump', 'file', file, 'file', file], folder),
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What is recorded of an answer. */
export function brief(status: number, stdout: string, stderr: string, folder: string): string {
  const text = `${status & 0xff}\n${stdout}\n${stderr}`.replaceAll(folder, 'FOLDER')
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
