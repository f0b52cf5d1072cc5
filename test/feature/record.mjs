// Records what bpftool 7.8.0 finds out about a real kernel, as root: node test/feature/record.mjs NAME
// NAME is a profile's (5.10, ...), $LINUX_IMAGE that kernel; needs what scripts/fixtures.mjs names. Answers go to
// recorded/NAME.json.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { boot } from '../../scripts/fixtures/boot.mjs'
import { cases, kernels } from './cases.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const [name] = process.argv.slice(2)
if (!kernels.includes(name)) {
  console.error(`usage: node test/feature/record.mjs { ${kernels.join(' | ')} }`)
  process.exit(2)
}

const step = (argv, i) => `bpftool ${argv.join(' ')} > /out/${i}.out 2> /out/${i}.err; echo $? > /out/${i}.rc`
const work = mkdtempSync(join(tmpdir(), 'bpftool-sim-feature-'))
try {
  writeFileSync(join(work, 'script'), ['export LC_ALL=C', ...cases.map(step), 'uname -r > /out/release', ''].join('\n'))
  const out = join(work, 'out')
  boot({ script: join(work, 'script'), files: {}, out })
  const result = (file) => readFileSync(join(out, file), 'utf8')
  const steps = cases.map((argv, i) => ({
    argv,
    status: Number(result(`${i}.rc`)),
    stdout: result(`${i}.out`),
    stderr: result(`${i}.err`),
  }))
  const release = result('release').trim()
  if (!release.startsWith(`${name}.`)) throw new Error(`$LINUX_IMAGE is Linux ${release}, not ${name}`)
  const text = steps.map((each) => '    ' + JSON.stringify(each)).join(',\n')
  writeFileSync(join(here, 'recorded', `${name}.json`), `{ "kernel": "${release}",\n  "steps": [\n${text}\n  ] }\n`)
  console.log(`feature probe: recorded on Linux ${release}`)
} finally {
  rmSync(work, { recursive: true, force: true })
}
