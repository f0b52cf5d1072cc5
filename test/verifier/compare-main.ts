import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bootMachine } from '../../src/kernel/boot.ts'
import { keepOnly, restrict } from '../steps/rights.ts'
import type { Verdict as OurVerdict } from './load-one.ts'
import { loadOne, normalize } from './load-one.ts'

/** One program on the real kernel. */
interface Verdict {
  file: string
  prog: string
  sec: string
  err: number
  log?: string
}

const SLOW_MS = 5000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    keep: { type: 'string' },
    level: { type: 'string', default: '1' },
    only: { type: 'string' },
    show: { type: 'string', default: '25' },
    out: { type: 'string' },
    profile: { type: 'string' },
    time: { type: 'boolean' },
    verbose: { type: 'boolean' },
  },
})
const [cpus = '2', verdictFile = '', objects = ''] = positionals
const level = Number(values.level)
const profile = values.profile ?? 'running'

const verdicts = readFileSync(verdictFile, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Verdict)
  .filter(({ file, prog }) => {
    if (values.only === undefined) return true
    const [wantedFile, wantedProg] = values.only.split(':')
    return file.includes(wantedFile ?? '') && (wantedProg === undefined || prog === wantedProg)
  })

const files = new Map<string, Uint8Array>()

function load({ file, prog }: Verdict): OurVerdict {
  let bytes = files.get(file)
  if (!bytes) {
    files.clear()
    bytes = new Uint8Array(readFileSync(join(objects, file)))
    files.set(file, bytes)
  }
  const machine = bootMachine({ profile, cpus: Number(cpus) })
  try {
    const process = machine.process('verdicts')
    if (values.keep !== undefined) restrict(process, { keep: keepOnly(values.keep) })
    return loadOne(process, bytes, file, prog, level, false)
  } finally {
    machine.close()
  }
}

/** What level 4 tells of a load: instructions, and microseconds on either side. */
function timing(where: string, theirs: string, ours: string): string {
  const [a = NaN, b = NaN] = [theirs, ours].map((log) => Number(/^verification time (\d+) usec$/m.exec(log)?.[1]))
  const insns = /^processed (\d+) insns/m.exec(theirs)?.[1] ?? '?'
  return `${where}: ${insns} instructions, Linux ${a} usec, here ${b} usec, ratio ${(b / a).toFixed(2)}`
}

const counts = {
  agreed: 0,
  sameLog: 0,
  falseAccept: 0,
  falseReject: 0,
  otherErrno: 0,
  missing: 0,
  stopped: 0,
  libbpf: 0,
}
const groups = new Map<string, string[]>()

function note(kind: string, where: string): void {
  const list = groups.get(kind)
  if (list) list.push(where)
  else groups.set(kind, [where])
}

function firstDifference(theirs: string, ours: string): string {
  const a = theirs.split('\n')
  const b = ours.split('\n')
  const i = a.findIndex((line, n) => line !== b[n])
  return i < 0 ? `only ours: ${b[a.length] ?? ''}` : `theirs: ${a[i] ?? ''}\n      ours:   ${b[i] ?? '(end)'}`
}

const out: string[] = []
for (const verdict of verdicts) {
  const where = `${verdict.file}:${verdict.prog}`
  // What libbpf refused says nothing of the verifier.
  if (!verdict.log) {
    counts.libbpf++
    continue
  }
  const begun = performance.now()
  const ours = load(verdict)
  const took = performance.now() - begun
  if (took > SLOW_MS) console.log(`slow: ${where} ${Math.round(took)} ms`)
  const theirs = normalize(verdict.log)
  const log = normalize(ours.log)
  if (values.verbose) {
    console.log(`=== ${where}: theirs ${verdict.err}, ours ${-ours.errno} ${ours.missing}`)
    console.log(`--- theirs\n${theirs}--- ours\n${log}`)
  }
  if (values.time) console.log(timing(where, verdict.log, ours.log))
  let kind: string
  if (ours.missing !== '' && ours.reached) {
    counts.missing++
    kind = `missing: ${ours.missing}`
  } else if (ours.stopped !== '') {
    counts.stopped++
    kind = `stopped before: ${ours.missing || ours.stopped}`
  } else if (verdict.err === -ours.errno) {
    counts.agreed++
    if (theirs === log) {
      counts.sameLog++
      kind = ''
    } else {
      kind = `log: ${firstDifference(theirs, log)}`
    }
  } else if (verdict.err === 0) {
    counts.falseReject++
    kind = `FALSE REJECT: ${log.split('\n').slice(-3, -2).join('')}`
  } else if (ours.errno === 0) {
    counts.falseAccept++
    kind = `FALSE ACCEPT: ${theirs.split('\n').slice(-3, -2).join('')}`
  } else {
    counts.otherErrno++
    kind = `errno ${verdict.err}, ours ${-ours.errno}: ${firstDifference(theirs, log)}`
  }
  if (kind !== '') note(kind, where)
  out.push(JSON.stringify({ where, kind }))
}
if (values.out !== undefined) writeFileSync(values.out, `${out.join('\n')}\n`)
const shown = [...groups].sort((a, b) => b[1].length - a[1].length).slice(0, Number(values.show))
for (const [kind, list] of shown) console.log(`${list.length} x ${kind}\n      e.g. ${list.slice(0, 3).join(' ')}`)
console.log(`${verdicts.length} programs`, counts)
