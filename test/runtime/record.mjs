// Records what a real kernel answers to the test runs of test/runtime/src, for maintainers: needs clang 14 and 19, and a
// command that boots a kernel, runs a shell script in it with bpftool 7.8, and brings back what it wrote to /out.
//
//   node test/runtime/record.mjs COMMAND [ARG ...]     runs COMMAND ARG ... SCRIPT OUT FILE ...
//
// The files stand in /in. The recorded answers are those of Debian's Linux 6.18.15.
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { otherContexts, otherRuns, packets, skbContexts, xdpContexts } from './inputs.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'record-'))
const pins = '/sys/fs/bpf/run'
const builds = { 'clang-19': ['clang-19', '-mcpu=v4'], 'clang-14': ['clang', '-mcpu=v3'] }
/** Programs whose runs with contexts tell something. */
const withContexts = /fields|rewrite|meta|head_in_4|tail_in_1$|frags$|redirects|store_bytes|room_mac_8|filter|tail_20/

/** Short ones as they are, long ones as their length and hash. */
function brief(bytes) {
  if (bytes.length <= 128) return Buffer.from(bytes).toString('hex')
  return `${bytes.length}:${createHash('sha256').update(Uint8Array.from(bytes)).digest('hex').slice(0, 16)}`
}

function compile(source, build) {
  const object = join(here, 'obj', `${source}.${build}.o`)
  const [compiler, cpu] = builds[build]
  const flags = ['-g', '-O2', '-target', 'bpf', cpu, '-I/usr/include/x86_64-linux-gnu', `-fdebug-prefix-map=${here}=`]
  flags.push('-fdebug-compilation-dir=.')
  execFileSync(compiler, [...flags, '-c', join(here, 'src', `${source}.c`), '-o', object])
  return object
}

/** Names of the programs in a source: functions after a SEC that isn't a map's or the license's. */
function programsOf(source) {
  const text = readFileSync(join(here, 'src', `${source}.c`), 'utf8')
  const names = [...text.matchAll(/^SEC\("(?!license)[^"]*"\)\nint (\w+)\(/gm)].map((match) => match[1])
  const macros = [...text.matchAll(/^#define (\w+)\(name,/gm)].map((match) => match[1])
  for (const macro of macros) {
    names.push(...[...text.matchAll(new RegExp(`^${macro}\\((\\w+),`, 'gm'))].map((match) => match[1]))
  }
  return names.filter((name) => name !== 'name').sort()
}

/** The runs of a program, as what distinguishes them. */
function runsOf(source, program) {
  if (source === 'misc') return [{ packet: 'udp4' }]
  const kind = source === 'xdp' ? xdpContexts : skbContexts
  const runs = Object.keys(packets).map((packet) => ({ packet }))
  if (program === 'fields') {
    runs.push({ packet: 'udp4', size: 10 }, { packet: 'udp4', size: 60 })
    for (const size of [100000, 3520, 4000, 9000]) runs.push({ packet: 'jumbo', size })
  }
  if (!withContexts.test(program)) return runs
  for (const context of Object.keys(kind)) {
    runs.push({ packet: context.startsWith('meta_') && kind === xdpContexts ? 'large' : 'udp4', context })
  }
  runs.push({ packet: 'udp4', context: 'none', contextSize: 20 })
  return runs
}

/** The words of bpftool for one run. */
function words(kind, { packet, context, size, contextSize, repeat, room }) {
  const all = []
  if (packet !== undefined) all.push(`data_in /in/packet-${packet} data_out -`)
  if (size !== undefined) all.push(`data_size_out ${size}`)
  // Whoever names no context gets one back all the same, unless there's room for none.
  const wantsContext = kind !== 'other' || room
  if (context !== undefined) all.push(`ctx_in /in/${kind}-${context} ${wantsContext ? 'ctx_out -' : ''}`)
  if (repeat !== undefined) all.push(`repeat ${repeat}`)
  if (contextSize !== undefined) all.push(`ctx_size_out ${contextSize}`)
  return all.join(' ')
}

const script = []
const files = []
const plans = []

function input(name, bytes) {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  files.push(path)
}

function plan(source, build) {
  const object = compile(source, build)
  files.push(object)
  const runs =
    source === 'others'
      ? otherRuns
      : programsOf(source).flatMap((program) => runsOf(source, program).map((run) => ({ program, ...run })))
  const kind = { xdp: 'xdp', others: 'other' }[source] ?? 'skb'
  const name = `${source}.${build}`
  script.push(`mkdir -p ${pins}`)
  script.push(`bpftool prog loadall /in/${name}.o ${pins}/progs pinmaps ${pins}/maps`)
  script.push(`bss=$(ls ${pins}/maps | grep bss)`)
  for (const run of runs) {
    script.push(`bpftool -j prog run pinned ${pins}/progs/${run.program} ${words(kind, run)} >> /out/${name}`)
    script.push(`bpftool -j map lookup pinned ${pins}/maps/$bss key 0 0 0 0 >> /out/${name}.bss`)
    script.push(`echo >> /out/${name}; echo >> /out/${name}.bss`)
  }
  script.push(`rm -r ${pins}`)
  plans.push({ name, runs })
}

function answer(run, text, bss) {
  const json = JSON.parse(text)
  if (json.error) return { ...run, error: json.error.replace('failed to run program: ', '') }
  const value = Buffer.from(JSON.parse(bss).value.map(Number)).toString('hex')
  return {
    ...run,
    retval: json.retval,
    ...(json.data_out && { data: brief(json.data_out) }),
    ...(json.ctx_out && { ctx: brief(json.ctx_out) }),
    bss: value.replace(/(00)+$/, ''),
  }
}

try {
  mkdirSync(join(here, 'obj'), { recursive: true })
  for (const [name, bytes] of Object.entries(packets)) input(`packet-${name}`, bytes)
  for (const [name, bytes] of Object.entries(xdpContexts)) input(`xdp-${name}`, bytes)
  for (const [name, bytes] of Object.entries(skbContexts)) input(`skb-${name}`, bytes)
  for (const [name, bytes] of Object.entries(otherContexts)) input(`other-${name}`, bytes)
  for (const source of ['xdp', 'skb', 'misc', 'others']) for (const build of Object.keys(builds)) plan(source, build)
  const scriptFile = join(folder, 'script')
  const out = join(folder, 'out')
  writeFileSync(scriptFile, `${script.join('\n')}\n`)
  const [command, ...args] = process.argv.slice(2)
  if (command === undefined) throw new Error('usage: record.mjs COMMAND [ARG ...]')
  execFileSync(command, [...args, scriptFile, out, ...files], { stdio: 'inherit' })
  for (const { name, runs } of plans) {
    const texts = readFileSync(join(out, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
    const values = readFileSync(join(out, `${name}.bss`), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
    if (texts.length !== runs.length || values.length !== runs.length) throw new Error(`${name}: answers are missing`)
    const lines = runs.map((run, i) => JSON.stringify(answer(run, texts[i], values[i])))
    writeFileSync(join(here, 'recorded', `${name}.json`), `[\n${lines.join(',\n')}\n]\n`)
    console.log(`${name}: ${runs.length} runs`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
