// Compares what a real kernel said (record.mjs NAME --out FILE OBJECT...) with what the simulated one says:
//   node test/kernels/compare.mjs NAME FILE FOLDER OBJECT...
// What differs is written to FOLDER.
import { build } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'

const [name, file, folder, ...objects] = process.argv.slice(2)
const root = resolve(import.meta.dirname, '../..')
mkdirSync(folder, { recursive: true })
const work = mkdtempSync(join(root, 'dist', '.compare-'))
try {
  const outfile = join(work, 'compare.mjs')
  await build({
    entryPoints: [join(root, 'test/kernels/compare-main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['lmdb', 'elfy', 'chalk', 'cli-table3'],
    logLevel: 'warning',
  })
  const done = spawnSync(process.execPath, [outfile, name, file, folder, ...objects], { stdio: 'inherit' })
  process.exitCode = done.status ?? 1
} finally {
  rmSync(work, { recursive: true, force: true })
}
