// Compiles src/*.c to obj/, and records what the real bpftool 7.8.0 dumps of them on Debian's Linux 6.18 with its compiler
// on: node test/rewrite/record.mjs [NAME ...]. Needs what scripts/fixtures.mjs names. Answers go to recorded/NAME.json.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { boot } from '../../scripts/fixtures/boot.mjs'
import { compile } from '../../scripts/fixtures/compile.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const wanted = process.argv.slice(2)
compile(wanted, here)
const names = readdirSync(join(here, 'src'))
  .map((file) => file.replace(/\.c$/, ''))
  .filter((name) => wanted.length === 0 || wanted.includes(name))
const objectOf = (name) => `${name}.clang-19.o`

const script = `
export PATH=/bin LC_ALL=C
echo 1 > /proc/sys/net/core/bpf_jit_enable
step() { n=$((n + 1)); printf '%s\\n' "$@" > $D/$n.argv; bpftool "$@" > $D/$n.out 2> $D/$n.err; echo $? > $D/$n.rc; }
for name in ${names.join(' ')}; do
  D=/out/$name; mkdir -p $D; cd /in; n=0
  step prog loadall $name.clang-19.o /sys/fs/bpf/p
  for p in /sys/fs/bpf/p/*; do
    step prog show pinned $p
    step prog dump xlated pinned $p linum
  done
  rm -rf /sys/fs/bpf/p
done
uname -r > /out/release; bpftool version > /out/bpftool
`

const work = mkdtempSync(join(tmpdir(), 'bpftool-sim-rewrite-'))
try {
  writeFileSync(join(work, 'script'), script)
  const files = Object.fromEntries(names.map((name) => [objectOf(name), join(here, 'obj', objectOf(name))]))
  boot({ script: join(work, 'script'), files, out: join(work, 'out') })
  const read = (...parts) => readFileSync(join(work, 'out', ...parts), 'utf8')
  const about = { kernel: read('release').trim(), bpftool: read('bpftool').split('\n')[0] }
  for (const name of names) {
    const count = readdirSync(join(work, 'out', name)).filter((file) => file.endsWith('.rc')).length
    const steps = Array.from({ length: count }, (_, i) => ({
      argv: read(name, `${i + 1}.argv`)
        .trimEnd()
        .split('\n'),
      status: Number(read(name, `${i + 1}.rc`)),
      stdout: read(name, `${i + 1}.out`),
      stderr: read(name, `${i + 1}.err`),
    }))
    const lines = steps.map((step) => '    ' + JSON.stringify(step)).join(',\n')
    const head = JSON.stringify(about).slice(1, -1)
    writeFileSync(join(here, 'recorded', `${name}.json`), `{ ${head},\n  "steps": [\n${lines}\n  ] }\n`)
    const refused = steps.filter(({ status }) => status !== 0)
    for (const { argv, stderr } of refused) console.log(`${name}: ${argv.join(' ')}: ${stderr.slice(-400)}`)
  }
  console.log(`${names.join(', ')}: recorded on Linux ${about.kernel} with ${about.bpftool}`)
} finally {
  rmSync(work, { recursive: true })
}
