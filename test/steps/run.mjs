// Runs a TypeScript file of the tests' by Node alone: bundled first, into the package, where its profiles are found.
import { build } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

export async function run(file, args) {
  const folder = mkdtempSync(join(root, '.run-'))
  try {
    const outfile = join(folder, 'main.mjs')
    const common = { bundle: true, platform: 'node', format: 'esm', logLevel: 'error', packages: 'external' }
    await build({ ...common, entryPoints: [fileURLToPath(file)], outfile })
    const { status } = spawnSync(process.execPath, [outfile, ...args], { stdio: 'inherit' })
    process.exitCode = status ?? 1
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Arguments that the mains in TypeScript begin with: what asks a kernel, and the folder of the fixtures' objects. */
export const common = [join(root, 'test/steps/ask.c'), join(root, 'fixtures/obj')]
