// Records what a real kernel answers to the test runs of src/kfuncs.c and src/arena.c, for maintainers: needs clang 19,
// and a command as record.mjs wants it.
//
//   node test/runtime/record-kfuncs.mjs COMMAND [ARG ...]
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packets } from './inputs.mjs'
import { kfuncRuns } from './kfunc-runs.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'record-'))
const pins = '/sys/fs/bpf/run'

function brief(bytes) {
  if (bytes.length <= 128) return Buffer.from(bytes).toString('hex')
  return `${bytes.length}:${createHash('sha256').update(Uint8Array.from(bytes)).digest('hex').slice(0, 16)}`
}

const script = []
const files = []
for (const [name, bytes] of Object.entries(packets)) {
  files.push(join(folder, `packet-${name}`))
  writeFileSync(files.at(-1), bytes)
}
for (const [source, runs] of Object.entries(kfuncRuns)) {
  const object = join(here, 'obj', `${source}.clang-19.o`)
  const flags = ['-mcpu=v4', '-g', '-O2', '-target', 'bpf', '-I/usr/include/x86_64-linux-gnu']
  flags.push(`-fdebug-prefix-map=${here}=`, '-fdebug-compilation-dir=.')
  execFileSync('clang-19', [...flags, '-c', join(here, 'src', `${source}.c`), '-o', object])
  files.push(object)
  script.push(`mkdir -p ${pins}`)
  script.push(`bpftool prog loadall /in/${source}.clang-19.o ${pins}/progs pinmaps ${pins}/maps`)
  script.push(`bss=$(ls ${pins}/maps | grep 'bss$')`)
  for (const [program, inputs] of runs) {
    const each = inputs.length > 0 ? inputs.map((packet) => `data_in /in/packet-${packet} data_out -`) : ['repeat 0']
    for (const words of each) {
      script.push(
        `bpftool -j prog run pinned ${pins}/progs/${program} ${words} >> /out/${source}; echo >> /out/${source}`,
      )
      script.push(`sleep 0.1`)
      script.push(`bpftool -j map lookup pinned ${pins}/maps/$bss key 0 0 0 0 >> /out/${source}.bss`)
      script.push(`echo >> /out/${source}.bss`)
    }
  }
  script.push(`rm -r ${pins}`)
}

const lines = (path) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')

try {
  const out = join(folder, 'out')
  writeFileSync(join(folder, 'script'), `${script.join('\n')}\n`)
  const [command, ...args] = process.argv.slice(2)
  if (command === undefined) throw new Error('usage: record-kfuncs.mjs COMMAND [ARG ...]')
  execFileSync(command, [...args, join(folder, 'script'), out, ...files], { stdio: 'inherit' })
  for (const [source, runs] of Object.entries(kfuncRuns)) {
    const plans = runs.flatMap(([program, inputs]) =>
      inputs.length > 0 ? inputs.map((packet) => ({ program, packet })) : [{ program }],
    )
    const texts = lines(join(out, source))
    const values = lines(join(out, `${source}.bss`))
    if (texts.length !== plans.length || values.length !== plans.length)
      throw new Error(`${source}: answers are missing`)
    const answers = plans.map((plan, i) => {
      const json = JSON.parse(texts[i])
      const bss = Buffer.from(JSON.parse(values[i]).value.map(Number))
        .toString('hex')
        .replace(/(00)+$/, '')
      if (json.error) return { ...plan, error: json.error.replace('failed to run program: ', ''), bss }
      return { ...plan, retval: json.retval, ...(json.data_out && { data: brief(json.data_out) }), bss }
    })
    const text = answers.map((answer) => JSON.stringify(answer)).join(',\n')
    writeFileSync(join(here, 'recorded', `${source}.clang-19.json`), `[\n${text}\n]\n`)
    console.log(`${source}: ${answers.length} runs`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
