// Programs on the real kernel and on ours. Needs root on a kernel that takes bpf(2), and cc.
//
//   node test/runtime/compare-real.mjs random [FIRST-SEED [COUNT [RECORD-FILE]]]     those of random-program.ts
//   node test/runtime/compare-real.mjs isa [RECORD-FILE]                             those of isa-programs.ts
//
// Prints how many were equal; with a file, the real answers are kept there for the tests.
import { build } from 'esbuild'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'compare-'))
try {
  const runner = join(folder, 'run-raw')
  execFileSync('cc', ['-O2', '-o', runner, join(here, 'src/run-raw.c')])
  const outfile = join(folder, 'main.mjs')
  const entryPoints = [join(here, 'compare-real-main.ts')]
  await build({ entryPoints, bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'error' })
  const { status } = spawnSync(process.execPath, [outfile, runner, ...process.argv.slice(2)], { stdio: 'inherit' })
  process.exitCode = status ?? 1
} finally {
  rmSync(folder, { recursive: true })
}
