import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { bootMachine } from '../../src/kernel/boot.ts'
import { importKernel } from '../../src/kernel/import.ts'
import { Errno } from '../../src/uapi/errno.ts'
import { random } from '../random.ts'
import { ask } from '../steps/ask.ts'
import type { Rights } from '../steps/ask.ts'
import { keepOnly, restrict } from '../steps/rights.ts'
import type { Answer, Step } from '../steps/step.ts'
import { runSteps } from '../steps/step.ts'
import { mutate } from './mutate.ts'
import { programSteps } from './program-steps.ts'
import { wildCase } from './wild-case.ts'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { keep: { type: 'string' } } })
const [source = '', first = '1', count = '1000', ...objects] = positionals
const rights: Rights = values.keep === undefined ? {} : { keep: keepOnly(values.keep) }
const LOG_SIZE = 1 << 18
/** Cases that are asked at once. */
const SLICE = 500
/** Of programs that take longer to walk, not much is learned by changing them. */
const MAX_SLOTS = 600

const kernels = mkdtempSync(join(tmpdir(), 'kernels-'))
importKernel(kernels, 'running')
const boot = { profile: 'running', kernels }

const corpus = objects.flatMap((path) => {
  try {
    return programSteps(new Uint8Array(readFileSync(path)), basename(path), boot)
  } catch {
    // Not for this kernel: another one is changed instead.
    return []
  }
})
const small = corpus.filter(([, steps]) => {
  const last = steps.at(-1)
  return last?.op === 'progLoad' && last.attr.insns.length <= MAX_SLOTS * 8
})

/** One of the objects' programs, changed. */
function changedCase(seed: number): Step[] {
  const [, steps] = small[random(seed)() % small.length] as (typeof small)[number]
  const last = steps.at(-1)
  if (last?.op !== 'progLoad') throw new Error('no program')
  const fixed = new Set((last.insnFds ?? []).map(([slot]) => slot))
  const insns = mutate(last.attr.insns, seed, fixed)
  return [...steps.slice(0, -1), { ...last, attr: { ...last.attr, insns, logLevel: 1, logSize: LOG_SIZE } }]
}

const settle = (log: string) =>
  log.replace(/\(18\) r(\d+) = 0xffff[0-9a-f]{12}/g, '(18) r$1 = 0xADDRESS').replace(/0xffff[0-9a-f]{12}/g, '0xADDRESS')

const counts = {
  programs: 0,
  accepted: 0,
  refused: 0,
  sameLog: 0,
  falseAccept: 0,
  falseReject: 0,
  otherErrno: 0,
  broken: 0,
  forbidden: 0,
}
const groups = new Map<string, number[]>()
const note = (kind: string, seed: number) => groups.set(kind, [...(groups.get(kind) ?? []), seed])

const machine = bootMachine(boot).process('fuzz')
restrict(machine, rights)
const end = Number(first) + Number(count)
/** One program alone is told all of. */
const verbose = count === '1'
for (let from = Number(first); from < end; from += SLICE) {
  const seeds = Array.from({ length: Math.min(SLICE, end - from) }, (_, i) => from + i)
  const cases = seeds.map((seed) =>
    small.length === 0 || seed % 4 === 0 ? wildCase(seed, LOG_SIZE) : changedCase(seed),
  )
  const answers = await ask(source, [], cases, rights)
  cases.forEach((steps, i) => {
    compare(seeds[i] as number, steps, answers[i]?.at(-1) as Answer)
  })
}

function compare(seed: number, steps: Step[], real: Answer): void {
  counts.programs++
  // What watches over the host lets nobody load it, whatever it is.
  if (real.errno === Errno.EPERM && real.log === '') {
    counts.forbidden++
    return
  }
  let ours: Answer
  try {
    ours = runSteps(machine, steps).at(-1) as Answer
  } catch (error) {
    counts.broken++
    note(
      `BROKEN ${error instanceof Error ? (error.stack ?? '').split('\n').slice(0, 2).join(' ') : String(error)}`,
      seed,
    )
    return
  }
  counts[real.errno === 0 ? 'accepted' : 'refused']++
  const [a, b] = [settle(real.log), settle(ours.log)]
  if (verbose) {
    const last = steps.at(-1)
    console.log(last?.op === 'progLoad' ? { ...last.attr, insns: Buffer.from(last.attr.insns).toString('hex') } : last)
    console.log(`Linux ${real.errno}\n${a}\nours ${ours.errno}\n${b}`)
  }
  if (real.errno !== ours.errno) {
    const kind = ours.errno === 0 ? 'falseAccept' : real.errno === 0 ? 'falseReject' : 'otherErrno'
    counts[kind]++
    note(`${kind} ${real.errno}/${ours.errno}: ${lastLine(a)} | ${lastLine(b)}`, seed)
  } else if (a === b) counts.sameLog++
  else note(`log: ${firstDifference(a, b)}`, seed)
}

function lastLine(log: string): string {
  const lines = log
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('processed '))
  return (lines.at(-1) ?? '').slice(0, 200)
}

function firstDifference(a: string, b: string): string {
  const [left, right] = [a.split('\n'), b.split('\n')]
  const at = left.findIndex((line, i) => line !== right[i])
  return `${(left[at] ?? '').slice(0, 300)}\n   ours ${(right[at] ?? '').slice(0, 300)}`
}

for (const [kind, seeds] of [...groups]
  .sort((a, b) => rank(a[0]) - rank(b[0]) || b[1].length - a[1].length)
  .slice(0, 60))
  console.log(`${seeds.length} x ${kind}\n   seeds ${seeds.slice(0, 5).join(' ')}`)
console.log(JSON.stringify(counts))
process.exitCode = counts.falseAccept + counts.broken > 0 ? 1 : 0

function rank(kind: string): number {
  return ['falseAccept', 'BROKEN', 'falseReject', 'otherErrno'].findIndex((each) => kind.startsWith(each)) >>> 0
}
rmSync(kernels, { recursive: true })
