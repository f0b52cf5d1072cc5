// Compares ours with the real bpftool on this machine, byte for byte, on any objects, and prints where they differ:
//   BPFTOOL=/path/to/bpftool node test/gen/compare.mjs [--only COMMAND | --minimal BTF] OBJECT ...
// Build first. Ours is on an import of the running kernel: what an object needs of its configuration or symbols is in the
// output. With --minimal it's `min_core_btf` of these types for each object that is compared.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { commands, wordsOf } from './cases.mjs'
import { askReal, cpus, options } from './real.mjs'

const bin = resolve(dirname(fileURLToPath(import.meta.url)), '../../bin/bpftool.cjs')
const args = process.argv.slice(2)
const only = args[0] === '--only' ? args.splice(0, 2)[1] : undefined
const minimal = args[0] === '--minimal' ? args.splice(0, 2)[1] : undefined
const state = mkdtempSync(join(tmpdir(), 'gen-'))
const env = { ...options.env, BPFTOOL_KERNELS: join(state, 'kernels') }
const ours = (words) => spawnSync(process.execPath, [bin, '--state', state, ...words], { ...options, env })
ours(['kernel', 'import', 'running', 'host'])
ours(['kernel', 'boot', 'running', 'cpus', String(cpus())])
let differ = 0

/** What a file holds that a command was to write; nothing where it didn't. */
function written(file) {
  try {
    return readFileSync(file)
  } catch {
    return Buffer.alloc(0)
  } finally {
    rmSync(file, { force: true })
  }
}

function compareMinimal(file) {
  const to = join(state, 'minimal.btf')
  const words = ['gen', 'min_core_btf', minimal, to, file]
  const [real, made] = [askReal(words), written(to)]
  const [our, ourMade] = [ours(words), written(to)]
  const alike = real.status === our.status && real.stderr.equals(our.stderr) && made.equals(ourMade)
  if (alike) return
  differ++
  console.log(
    `${file} min_core_btf: status ${real.status}, ours ${our.status}; ${made.length} and ${ourMade.length} bytes`,
  )
}

try {
  for (const file of args) {
    if (minimal !== undefined) {
      compareMinimal(file)
      continue
    }
    for (const command of Object.keys(commands).filter((each) => only === undefined || each === only)) {
      const words = wordsOf(command, file)
      const [real, our] = [askReal(words), ours(words)]
      if (real.status === null) {
        console.log(`${file} ${command}: the real one died of ${real.signal}; ours ${our.status}`)
        continue
      }
      const what = ['stdout', 'stderr'].filter((stream) => !real[stream].equals(our[stream]))
      if (real.status !== our.status) what.unshift(`status ${real.status}, ours ${our.status}`)
      if (what.length === 0) continue
      differ++
      console.log(`${file} ${command}: ${what.join(', ')}`)
    }
  }
} finally {
  rmSync(state, { recursive: true })
}
console.log(`${args.length} objects, ${differ} answers differ`)
