// Bundles the command (dist/bpftool.cjs) and the library (dist/index.js). CommonJS for the command: it starts sooner.
import { build } from 'esbuild'
import { existsSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

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
await build({
  ...common,
  entryPoints: ['src/cli/bin.ts'],
  outfile: 'dist/bpftool.cjs',
  format: 'cjs',
  minify: true,
  keepNames: false,
})
if (existsSync('src/index.ts')) {
  await build({ ...common, entryPoints: ['src/index.ts'], outfile: 'dist/index.js', format: 'esm' })
}
