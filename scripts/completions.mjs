// npm run completions: writes completions/ from the program's tables and usage texts (scripts/completions/).
import { build } from 'esbuild'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = resolve(import.meta.dirname ?? '.', '..')
const work = mkdtempSync(join(root, 'node_modules', '.completions-'))
try {
  const outfile = join(work, 'generate.mjs')
  await build({
    entryPoints: [join(root, 'scripts/completions/generate.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['lmdb', 'elfy'],
    logLevel: 'warning',
  })
  const { completions } = await import(pathToFileURL(outfile).href)
  mkdirSync(join(root, 'completions'), { recursive: true })
  for (const [name, text] of Object.entries(await completions())) writeFileSync(join(root, 'completions', name), text)
} finally {
  rmSync(work, { recursive: true, force: true })
}
