// Bundles the command (dist/bpftool.cjs, dist/rest.txt) and the library (dist/index.js). CommonJS for the command: it starts sooner.
import { build } from 'esbuild'
import { rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleCommand } from './bundle.mjs'
import { writeTypes } from './types.mjs'

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
await build({
  ...common,
  // elfy is CommonJS, and asks for Node's modules as such.
  external: ['lmdb', 'elfy'],
  entryPoints: ['src/index.ts'],
  outdir: 'dist',
  format: 'esm',
  splitting: true,
  chunkNames: 'library/[name]-[hash]',
})
writeTypes('src/index.ts', 'src', 'dist/types')
