// How many instructions a second the interpreter runs.
//
//   node test/runtime/bench.mjs [OBJECT PROGRAM [PACKET]]
import { build } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = mkdtempSync(join(tmpdir(), 'bench-'))
try {
  const outfile = join(folder, 'main.mjs')
  const entryPoints = [fileURLToPath(new URL('bench-main.ts', import.meta.url))]
  // elfy reads files by require.
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" }
  await build({ entryPoints, bundle: true, platform: 'node', format: 'esm', outfile, banner, logLevel: 'error' })
  spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit' })
} finally {
  rmSync(folder, { recursive: true })
}
