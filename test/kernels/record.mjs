// Records what a real kernel says of objects: node test/kernels/record.mjs NAME [--out FILE OBJECT...]
// NAME is a profile's (5.10, ...), $LINUX_IMAGE that kernel; needs what scripts/fixtures.mjs names. Answers go to
// recorded/NAME.json; with --out those about objects from elsewhere to a file, to look at and not to keep.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { boot } from '../../scripts/fixtures/boot.mjs'
import { kernels, objects, steps } from './cases.mjs'
import { kept } from './kept.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const [name, word, out, ...others] = process.argv.slice(2)
if (!kernels.includes(name) || (word !== undefined && (word !== '--out' || others.length === 0))) {
  console.error(`usage: node test/kernels/record.mjs { ${kernels.join(' | ')} } [--out FILE OBJECT...]`)
  process.exit(2)
}
const files = word === undefined ? objects : Object.fromEntries(others.map((path) => [basename(path), path]))

const work = mkdtempSync(join(tmpdir(), 'bpftool-sim-kernels-'))
try {
  const lines = ['export LC_ALL=C; cd /in']
  for (const [i, object] of Object.keys(files).entries()) {
    for (const [j, argv] of steps(object).entries()) {
      const to = `/out/${i}-${j}`
      lines.push(`bpftool ${argv.join(' ')} > ${to}.out 2> ${to}.err; echo $? > ${to}.rc; rm -rf /sys/fs/bpf/*`)
    }
  }
  writeFileSync(join(work, 'script'), [...lines, 'uname -r > /out/release', ''].join('\n'))
  boot({ script: join(work, 'script'), files, out: join(work, 'out') })
  const result = (file) => readFileSync(join(work, 'out', file), 'latin1')
  const keep = out === undefined ? kept : (text) => text
  const recorded = Object.keys(files).flatMap((object, i) =>
    steps(object).map((argv, j) => ({
      argv,
      status: Number(result(`${i}-${j}.rc`)),
      stdout: keep(result(`${i}-${j}.out`)),
      stderr: keep(result(`${i}-${j}.err`)),
    })),
  )
  const release = result('release').trim()
  if (!release.startsWith(`${name}.`)) throw new Error(`$LINUX_IMAGE is Linux ${release}, not ${name}`)
  const text = `${JSON.stringify({ kernel: release, steps: recorded }, null, 1)}\n`
  if (out === undefined) writeFileSync(join(here, 'recorded', `${name}.json`), text)
  else writeFileSync(out, text)
  console.log(`${Object.keys(files).length} objects: recorded on Linux ${release}, ${text.length} bytes`)
} finally {
  rmSync(work, { recursive: true, force: true })
}
