// Runs a comparison of ours with the kernel under our feet: its BTF, symbols and config become those of a profile
// `running`, which the TypeScript file finds when it's run. Its first argument is the number of CPUs.
import { build } from 'esbuild'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Makes the profile `running` in a folder: by the command, as it was built last. */
function importRunning(folder) {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'bpftool-sim', type: 'module' }))
  const env = { ...process.env, BPFTOOL_KERNELS: join(folder, 'profiles'), BPFTOOL_STATE: join(folder, 'state') }
  const argv = [join(root, 'bin/bpftool.cjs'), 'kernel', 'import', 'running', 'host']
  execFileSync(process.execPath, argv, { env, stdio: ['ignore', 'ignore', 'inherit'] })
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
