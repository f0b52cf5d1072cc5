import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { damage } from './mutate.ts'

const [libbpf = '', here = '', objects = ''] = process.argv.slice(2)
/** How many damaged files that libbpf refuses are kept. */
const BAD_FILES = 400

const work = mkdtempSync(join(tmpdir(), 'record-libbpf-'))
const record = join(work, 'record')

/** Output of the runner, by file. */
function ask(mode: string, words: readonly string[], cwd: string): Map<string, string> {
  const text = execFileSync(record, [mode, ...words], { cwd, encoding: 'latin1', maxBuffer: 1 << 28 })
  const parts = text.split(/^== (.*)\n/m).slice(1)
  return new Map(words.map((word, i) => [word, parts[2 * i + 1] ?? '']))
}

const linesOf = (text: string) => text.split('\n').slice(0, -1)

/** Long bytes by their digest, as the tests have them. */
const short = (line: string) =>
  line.replace(
    /\b(?:[0-9a-f]{2}){32,}\b/g,
    (hex) => `sha:${createHash('sha256').update(hex).digest('hex').slice(0, 16)}`,
  )

/** Without what libbpf loads to find out what the kernel can. */
const asked = (line: string) => !line.startsWith('btf ') || Number(line.split(' ')[1]) > 200

function write(name: string, text: string): void {
  writeFileSync(join(here, 'recorded', name), text)
}

const entries = (map: Map<string, readonly string[]>) =>
  `{${[...map].map(([name, lines]) => `${JSON.stringify(name)}:${JSON.stringify(lines)}`).join(',\n')}}\n`

try {
  mkdirSync(join(work, 'include'))
  symlinkSync(join(libbpf, 'src'), join(work, 'include/bpf'))
  const includes = [join(work, 'include'), join(libbpf, 'include/uapi')].map((folder) => `-I${folder}`)
  execFileSync('gcc', [
    '-O2',
    ...includes,
    join(here, 'record.c'),
    join(libbpf, 'src/libbpf.a'),
    '-lelf',
    '-lz',
    '-o',
    record,
  ])
  const names = readdirSync(objects)
    .filter((name) => name.endsWith('.o'))
    .sort()

  write('open.json', entries(new Map([...ask('open', names, objects)].map(([name, text]) => [name, linesOf(text)]))))
  write(
    'load.json',
    entries(
      new Map([...ask('load', names, objects)].map(([name, text]) => [name, linesOf(text).filter(asked).map(short)])),
    ),
  )

  const seeds = Array.from({ length: 4 * BAD_FILES }, (_, seed) => seed + 1)
  const nameOf = (seed: number) => names[seed % names.length] as string
  for (const seed of seeds) {
    mkdirSync(join(work, String(seed)))
    writeFileSync(join(work, String(seed), 'bad.o'), damage(readFileSync(join(objects, nameOf(seed))), seed))
  }
  const bad = [...ask('bad', seeds.map(String), work)].filter(([, text]) => text !== '').slice(0, BAD_FILES)
  write(
    'bad-files.json',
    `[\n${bad.map(([seed, text]) => JSON.stringify([nameOf(+seed), +seed, text])).join(',\n')}\n]\n`,
  )

  const source = join(here, 'src')
  const core = linesOf(
    execFileSync(record, ['core', 'core.clang-19.o', 'core_target.clang-19.o'], { cwd: source, encoding: 'latin1' }),
  )
  const messages = core.filter((line) => /relo #|CO-RE relocating|^libbpf: sec 'socket': found \d/.test(line))
  const programs = core.flatMap((line) => /^prog (\S+) .* insns (\S+)/.exec(line)?.slice(1, 3) ?? [])
  const insns = Object.fromEntries(
    programs.flatMap((name, i) => (i % 2 === 0 ? [[name, programs[i + 1]] as const] : [])),
  )
  write('core.json', `${JSON.stringify({ messages, insns }, null, 1)}\n`)
} finally {
  rmSync(work, { recursive: true })
}
