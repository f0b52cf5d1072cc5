// Builds the plugin for the runner of bpf_conformance, one file that can be executed.
//
//   node test/conformance/build.mjs [FILE]
import { build } from 'esbuild'
import { chmodSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const [outfile = fileURLToPath(new URL('../../dist/conformance-plugin.cjs', import.meta.url))] = process.argv.slice(2)
await build({
  entryPoints: [fileURLToPath(new URL('plugin.ts', import.meta.url))],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  external: ['lmdb'],
  banner: { js: '#!/usr/bin/env node' },
  logLevel: 'error',
})
chmodSync(outfile, 0o755)
console.log(outfile)
