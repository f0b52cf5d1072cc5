// Records what the real bpftool 7.8.0 answers on Debian's Linux 6.18 to the command lines of scenarios/*.txt and of
// wrong-lines.txt: node test/cli/record.mjs [NAME ...]; without a name, all of them. Needs what scripts/fixtures.mjs
// names. Answers go to recorded/NAME.json; scenario.mjs says how a scenario is written.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { boot } from '../../scripts/fixtures/boot.mjs'
import { filesOf, stepsOf } from './scenario.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const scenarios = readdirSync(join(here, 'scenarios')).map((file) => file.replace(/\.txt$/, ''))
const all = ['wrong-lines', ...scenarios]
const wanted = process.argv.slice(2)
const names = wanted.length === 0 ? all : all.filter((name) => wanted.includes(name))

const pathOf = (name) => join(here, name === 'wrong-lines' ? '.' : 'scenarios', `${name}.txt`)
const quote = (word) => `'${word}'`

/** The guest's script: every scenario in a directory of its own, and nothing of it left when the next one begins. */
function script(texts) {
  const lines = [
    'export PATH=/bin LC_ALL=C',
    'step() { n=$((n + 1)); "$@" > $D/$n.out 2> $D/$n.err < $in; echo $? > $D/$n.rc; in=/dev/null; }',
  ]
  for (const [name, text] of texts) {
    lines.push(`D=/out/${name}; mkdir -p $D /tmp/${name}; cd /tmp/${name}; ln -s /in/* .; n=0; in=/dev/null`)
    for (const { argv, host, stdin } of stepsOf(text)) {
      if (stdin) lines.push(`in=${quote(stdin)}`)
      lines.push(`step ${[...(host ? [] : ['bpftool']), ...argv].map(quote).join(' ')}`)
    }
    // What bpftool mounted goes too; a directory that it bound to itself hides what is mounted below.
    lines.push(`cd /; rm -rf /sys/fs/bpf/*; while umount /tmp/${name} 2>/dev/null; do :; done`)
    lines.push(
      'grep " bpf " /proc/mounts | while read -r _ at _; do [ "$at" = /sys/fs/bpf ] || umount "$at"; done; sleep 0.3',
    )
  }
  lines.push('uname -r > /out/release', 'bpftool version > /out/bpftool')
  return lines.join('\n') + '\n'
}

const work = mkdtempSync(join(tmpdir(), 'bpftool-sim-scenarios-'))
try {
  const texts = names.map((name) => [name, readFileSync(pathOf(name), 'utf8')])
  writeFileSync(join(work, 'script'), script(texts))
  boot({ script: join(work, 'script'), files: filesOf(), out: join(work, 'out'), minutes: 120 })
  const result = (...parts) => readFileSync(join(work, 'out', ...parts), 'utf8')
  const about = { kernel: result('release').trim(), bpftool: result('bpftool').split('\n')[0] }
  for (const [name, text] of texts) {
    const steps = stepsOf(text).map((step, i) => ({
      ...step,
      status: Number(result(name, `${i + 1}.rc`)),
      stdout: result(name, `${i + 1}.out`),
      stderr: result(name, `${i + 1}.err`),
    }))
    const lines = steps.map((step) => '    ' + JSON.stringify(step)).join(',\n')
    const head = JSON.stringify(about).slice(1, -1)
    writeFileSync(join(here, 'recorded', `${name}.json`), `{ ${head},\n  "steps": [\n${lines}\n  ] }\n`)
  }
  console.log(`${names.join(', ')}: recorded on Linux ${about.kernel} with ${about.bpftool}`)
  const noise = result('stderr')
  if (noise) console.error(noise)
} finally {
  rmSync(work, { recursive: true, force: true })
}
