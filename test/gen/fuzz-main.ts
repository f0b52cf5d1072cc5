import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { Btf } from '../../src/btf/btf.ts'
import { BtfWriter } from '../../src/btf/writer.ts'
import { findBtfSections } from '../../src/cli/objects/btf-elf.ts'
import { run } from '../../src/cli/main.ts'
import { memoryMachine } from '../cli/memory.ts'
import { random } from '../random.ts'
import { mutated, mutatedBtf } from './mutate.ts'
import type { CommandIo } from '../../src/cli/io.ts'

/** Gives damaged objects and damaged BTF to the commands that read them. See fuzz.mjs. */

const [first = '1', count = '1000', ...files] = process.argv.slice(2)
const MAX_SECONDS = 20
const MAX_BYTES = 1 << 30
/** Damaged sizes make gigabytes of padding: who reads them has seen enough by then, and goes. */
const MAX_OUTPUT = 1 << 26
const folder = mkdtempSync(join(tmpdir(), 'gen-fuzz-'))
const file = join(folder, 'changed.o')
const output = join(folder, 'output')
const base = join(folder, 'base')
const split = join(folder, 'split')
const good = resolve(files[0] ?? '')
const commands: Readonly<Record<string, readonly string[]>> = {
  raw: ['btf', 'dump', 'file', file],
  c: ['btf', 'dump', 'file', file, 'format', 'c'],
  json: ['-j', 'btf', 'dump', 'file', file],
  unsorted: ['btf', 'dump', 'file', file, 'format', 'c', 'unsorted'],
  onBase: ['-B', file, 'btf', 'dump', 'file', split],
  onBaseC: ['-B', file, 'btf', 'dump', 'file', split, 'format', 'c'],
  split: ['-B', base, 'btf', 'dump', 'file', file],
  splitC: ['-B', base, 'btf', 'dump', 'file', file, 'format', 'c'],
  object: ['gen', 'object', output, good, file],
  minimal: ['gen', 'min_core_btf', file, output, file],
  skeleton: ['gen', 'skeleton', file],
  subskeleton: ['gen', 'subskeleton', file],
  light: ['gen', 'skeleton', '-L', file],
  types: ['gen', 'types', file],
}
/** What reads BTF by itself; `split` and `onBase` get nothing else. */
const readsRaw = new Set(['raw', 'c', 'json', 'unsorted', 'minimal'])
const onSplit = new Set(['onBase', 'onBaseC', 'split', 'splitC'])
const only = process.env['ONLY']?.split(',') ?? Object.keys(commands)
const machine = memoryMachine()
const tally = { runs: 0, accepted: 0, endless: 0, bad: 0, slowest: 0, memory: 0 }

/** BTF that objects hold, by file. */
const blobs = files.flatMap((each) => {
  const bytes = readFileSync(each)
  const sections = findBtfSections(bytes, each)
  return typeof sections === 'string' || sections.btf === undefined ? [] : [Uint8Array.from(sections.btf)]
})

/** BTF split from another one, one of the two damaged: the first where the command's base is the damaged file. */
function writeSplit(blob: Uint8Array, other: Uint8Array, command: string, next: () => number): void {
  const onIt = new BtfWriter(Btf.parse(blob))
  onIt.append(Btf.parse(other))
  onIt.dedup()
  const bytes = onIt.bytes(blob[0] === 0x9f)
  const damagedBase = command.startsWith('onBase')
  writeFileSync(damagedBase ? file : base, damagedBase ? mutatedBtf(blob, next) : blob)
  writeFileSync(damagedBase ? split : file, damagedBase ? bytes : mutatedBtf(bytes, next))
}

/** What a command says on stderr, and its status; undefined where nobody read all that it printed. */
async function answer(words: readonly string[]): Promise<{ status: number; stderr: string } | undefined> {
  let stderr = ''
  let printed = 0
  const io: CommandIo = {
    stdout: (text) => {
      printed += text.length
      if (printed > MAX_OUTPUT) throw new Error('the reader has gone')
    },
    stderr: (text) => {
      stderr += text
    },
    stdin: () => new Uint8Array(0),
    env: {},
    cwd: '/',
    columns: undefined,
  }
  try {
    const status = await run(words, io, machine)
    return printed > MAX_OUTPUT ? undefined : { status, stderr }
  } catch (error) {
    if (printed > MAX_OUTPUT) return undefined
    throw error
  }
}

for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  const next = random(seed)
  const raw = next() % 4 === 0
  const source = files[next() % files.length] as string
  const blob = blobs[next() % blobs.length] as Uint8Array
  const damaged = raw ? mutatedBtf(blob, next) : mutated(readFileSync(source), next)
  writeFileSync(file, damaged)
  if (process.env['KEEP']) writeFileSync(process.env['KEEP'], readFileSync(file))
  for (const name of only) {
    const words = commands[name]
    if (words === undefined || (raw && !readsRaw.has(name) && !onSplit.has(name))) continue
    if (onSplit.has(name)) writeSplit(blob, blobs[next() % blobs.length] as Uint8Array, name, next)
    const start = performance.now()
    let wrong: string | undefined
    try {
      const said = await answer(words)
      if (said === undefined) tally.endless++
      else if (said.status === 0) tally.accepted++
      if (said && /internal:|\n {4}at /.test(said.stderr)) wrong = said.stderr.slice(0, 300)
    } catch (error) {
      wrong = String(error)
    }
    const seconds = (performance.now() - start) / 1000
    if (onSplit.has(name)) writeFileSync(file, damaged)
    if (seconds > MAX_SECONDS) wrong = `${seconds.toFixed(1)} s`
    tally.runs++
    tally.slowest = Math.max(tally.slowest, seconds)
    if (wrong === undefined) continue
    tally.bad++
    console.log(`seed ${seed} ${name} (${raw ? 'BTF' : basename(source)}): ${wrong}`)
  }
  if (seed % 64 === 0) tally.memory = Math.max(tally.memory, process.memoryUsage().rss)
}
if (tally.memory > MAX_BYTES) console.log('too much memory')
rmSync(folder, { recursive: true })
console.log(JSON.stringify({ ...tally, slowest: tally.slowest.toFixed(2), memory: `${tally.memory >> 20} MB` }))
