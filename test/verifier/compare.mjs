// Verdicts and logs of the verifier here beside those that a real kernel gave, program by program.
//
//   node test/verifier/compare.mjs VERDICTS.jsonl OBJECTS-DIR [--level N] [--only FILE[:PROG]] [--show N] [--out FILE]
//
// VERDICTS.jsonl has one line a program: file, prog, err (0 or -errno of the load), log. The machine that it runs on
// must be the one that gave them: its BTF, symbols and config become the simulated kernel's. Prints how many agree, and
// what differs by the first line that does.
import { build } from 'esbuild'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, release, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'

const here = dirname(fileURLToPath(import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'verdicts-'))
try {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'bpftool-sim', type: 'module' }))
  const profile = join(folder, 'profiles/running')
  mkdirSync(profile, { recursive: true })
  const btf = readFileSync('/sys/kernel/btf/vmlinux')
  const meta = { release: release(), version: '', machine: 'x86_64', vmlinuxBtfSize: btf.length }
  writeFileSync(join(profile, 'meta.json'), JSON.stringify(meta))
  const params = { [constants.BROTLI_PARAM_QUALITY]: 1 }
  const put = (name, bytes) => writeFileSync(join(profile, `${name}.br`), brotliCompressSync(bytes, { params }))
  const kallsyms = readFileSync('/proc/kallsyms')
  put('vmlinux.btf', btf)
  put('config', execFileSync('zcat', ['/proc/config.gz']))
  put('kallsyms', kallsyms)
  put('symbols', kallsyms)
  put('sysctl', Buffer.from(''))
  const outfile = join(folder, 'main.cjs')
  const entryPoints = [join(here, 'compare-main.ts')]
  await build({
    entryPoints,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['lmdb'],
    outfile,
    logLevel: 'error',
  })
  const args = [
    ...process.execArgv,
    '--stack-size=4000',
    outfile,
    String(availableParallelism()),
    ...process.argv.slice(2),
  ]
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1
} finally {
  rmSync(folder, { recursive: true })
}
