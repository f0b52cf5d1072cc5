// Asks a real Linux 6.18, in a virtual machine with four CPUs, what it answers to the steps of each family beside this
// file (families/NAME.mjs), and writes recorded/NAME.json:
//   node test/maps/others/record.mjs [NAME ...]
// Needs gcc with a static libc, and what scripts/fixtures.mjs says of LINUX_IMAGE and BPFTOOL_ROOT. A family that says so
// (`export const kernel = '7.2'`) is of another kernel: it is recorded when it's named, with that kernel's image.
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
const DEFAULT_KERNEL = '6.18'
const families = []
for (const file of readdirSync(join(here, 'families'))) {
  const name = file.replace(/\.mjs$/, '')
  const { kernel = DEFAULT_KERNEL } = await import(join(here, 'families', file))
  if (wanted.length === 0 ? kernel === DEFAULT_KERNEL : wanted.includes(name)) families.push(name)
}

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
  const kernels = {}
  const script = ['ulimit -n 4096', 'uname -r > /out/release']
  for (const name of families) {
    const { steps, kernel = DEFAULT_KERNEL } = await import(join(here, 'families', `${name}.mjs`))
    all[name] = steps
    kernels[name] = kernel
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
    if (!kernel.startsWith(`${kernels[name]}.`)) throw new Error(`${name}: Linux ${kernel} is not ${kernels[name]}`)
    const rows = all[name].map((step, i) => `  ${JSON.stringify([step, errnoNamed(answers[i])])}`)
    const text = `{ "kernel": ${JSON.stringify(kernel)}, "steps": [\n${rows.join(',\n')}\n] }\n`
    writeFileSync(join(here, 'recorded', `${name}.json`), text)
    console.log(`${name}: ${answers.length} steps on Linux ${kernel}`)
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
