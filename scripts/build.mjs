// Bundles the command (dist/bpftool.cjs, dist/rest.txt) and the library (dist/index.js). CommonJS for the command: it starts sooner.
// All of it is written beside dist, which then changes places with it: a command that runs meanwhile finds the old one.
import { build } from 'esbuild'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleCommand } from './bundle.mjs'
import { writeTypes } from './types.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
process.chdir(root)
const [next, last] = ['next', 'last'].map((which) => `dist.${which}-${process.pid}`)
process.on('exit', () => {
  for (const folder of [next, last]) rmSync(folder, { recursive: true, force: true })
})

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: ['lmdb'],
  logLevel: 'warning',
  legalComments: 'none',
}
await bundleCommand('src/cli/bin.ts', next, common)
await build({
  ...common,
  // elfy is CommonJS, and asks for Node's modules as such.
  external: ['lmdb', 'elfy'],
  entryPoints: ['src/index.ts'],
  outdir: next,
  format: 'esm',
  splitting: true,
  chunkNames: 'library/[name]-[hash]',
})
writeTypes('src/index.ts', 'src', `${next}/types`)
if (existsSync('dist')) renameSync('dist', last)
renameSync(next, 'dist')
