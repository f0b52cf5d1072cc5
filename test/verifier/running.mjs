// Runs a comparison of ours with the kernel under our feet: its BTF, symbols and config become those of a profile
// `running`, which the TypeScript file finds when it's run. Its first argument is the number of CPUs.
import { build } from 'esbuild'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Makes the profile `running` in a folder. */
function importRunning(folder) {
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
}

/** With the word --profile, one of the package's own is used. @returns the exit status. */
export async function compareOn(main, words) {
  const packaged = words.includes('--profile')
  const folder = mkdtempSync(packaged ? join(root, '.run-') : join(tmpdir(), 'verdicts-'))
  try {
    if (!packaged) importRunning(folder)
    const outfile = join(folder, 'main.cjs')
    const common = { bundle: true, platform: 'node', format: 'cjs', external: ['lmdb'], logLevel: 'error' }
    await build({ ...common, entryPoints: [fileURLToPath(main)], outfile })
    const args = [...process.execArgv, '--stack-size=4000', outfile, String(availableParallelism()), ...words]
    return spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1
  } finally {
    rmSync(folder, { recursive: true })
  }
}
