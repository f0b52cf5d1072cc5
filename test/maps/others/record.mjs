// Asks a real Linux 6.18, in a virtual machine with four CPUs, what it answers to the steps of each family beside this
// file (families/NAME.mjs), and writes recorded/NAME.json:
//   node test/maps/others/record.mjs [NAME ...]
// Needs gcc with a static libc, and what scripts/fixtures.mjs says of LINUX_IMAGE and BPFTOOL_ROOT.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getSystemErrorName } from 'node:util'
import { fileURLToPath } from 'node:url'
import { boot } from '../../../scripts/fixtures/boot.mjs'
import { lineOf } from './steps.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const wanted = process.argv.slice(2)
const families = readdirSync(join(here, 'families'))
  .map((file) => file.replace(/\.mjs$/, ''))
  .filter((name) => wanted.length === 0 || wanted.includes(name))

function errnoNamed(answer) {
  if (!answer.startsWith('-')) return answer
  const own = { '-95': 'EOPNOTSUPP', '-115': 'EINPROGRESS', '-524': 'ENOTSUPP' }
  return own[answer] ?? getSystemErrorName(Number(answer))
}

const work = mkdtempSync(join(tmpdir(), 'bpftool-sim-maps-'))
try {
  execFileSync('gcc', ['-O1', '-static', '-o', join(work, 'guest'), join(here, 'guest.c')])
  const files = { guest: join(work, 'guest') }
  const all = {}
  const script = ['ulimit -n 4096', 'uname -r > /out/release']
  for (const name of families) {
    const { steps, jit = false } = await import(join(here, 'families', `${name}.mjs`))
    all[name] = steps
    // The JIT is off, as in the simulated machine: compiled and interpreted programs can't share a map.
    script.push(`echo ${Number(jit)} > /proc/sys/net/core/bpf_jit_enable`)
    script.push(`/in/guest < /in/${name} > /out/${name} 2> /out/${name}.log`)
    const slots = new Map()
    writeFileSync(join(work, name), steps.map((step) => lineOf(step, slots) + '\n').join(''))
    files[name] = join(work, name)
  }
  writeFileSync(join(work, 'script'), script.join('\n') + '\n')
  boot({ script: join(work, 'script'), files, out: join(work, 'out') })
  const kernel = readFileSync(join(work, 'out/release'), 'utf8').trim()
  mkdirSync(join(here, 'recorded'), { recursive: true })
  for (const name of families) {
    process.stderr.write(readFileSync(join(work, `out/${name}.log`), 'utf8'))
    const answers = readFileSync(join(work, 'out', name), 'utf8')
      .split('\n')
      .slice(0, -1)
    if (answers.length !== all[name].length) {
      throw new Error(`${name}: ${all[name].length} steps, ${answers.length} answers`)
    }
    const rows = all[name].map((step, i) => `  ${JSON.stringify([step, errnoNamed(answers[i])])}`)
    const text = `{ "kernel": ${JSON.stringify(kernel)}, "steps": [\n${rows.join(',\n')}\n] }\n`
    writeFileSync(join(here, 'recorded', `${name}.json`), text)
    console.log(`${name}: ${answers.length} steps on Linux ${kernel}`)
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
