// Compares ours with the real bpftool on this machine, byte for byte, on any objects, and prints where they differ:
//   BPFTOOL=/path/to/bpftool node test/gen/compare.mjs [--only COMMAND] OBJECT ...
// Build first. What an object needs of the kernel's configuration or symbols differs where the kernels do.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { commands, wordsOf } from './cases.mjs'
import { askReal, cpus, options } from './real.mjs'

const bin = resolve(dirname(fileURLToPath(import.meta.url)), '../../bin/bpftool.cjs')
const args = process.argv.slice(2)
const only = args[0] === '--only' ? args.splice(0, 2)[1] : undefined
const state = mkdtempSync(join(tmpdir(), 'gen-'))
const ours = (words) => spawnSync(process.execPath, [bin, '--state', state, ...words], options)
ours(['kernel', 'boot', '6.18', 'cpus', String(cpus())])
let differ = 0
try {
  for (const file of args) {
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
