// Bundles the command (dist/bpftool.cjs, dist/rest.cjs) and the library (dist/index.js). CommonJS for the command: it starts sooner.
import { build } from 'esbuild'
import { existsSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleCommand } from './bundle.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
process.chdir(root)
rmSync('dist', { recursive: true, force: true })

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: ['lmdb'],
  logLevel: 'warning',
  legalComments: 'none',
}
await bundleCommand('src/cli/bin.ts', 'dist', common)
if (existsSync('src/index.ts')) {
  await build({ ...common, entryPoints: ['src/index.ts'], outfile: 'dist/index.js', format: 'esm' })
}
