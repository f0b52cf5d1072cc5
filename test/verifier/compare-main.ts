import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bootMachine } from '../../src/kernel/boot.ts'
import { KernelError } from '../../src/kernel/error.ts'
import { verifierSwitch } from '../../src/kernel/load/walk.ts'
import type { Syscalls } from '../../src/kernel/syscall.ts'
import { NotYetError } from '../../src/kernel/verifier/env.ts'
import { LibbpfError } from '../../src/libbpf/error.ts'
import { loadObject, openObject } from '../../src/libbpf/object.ts'
import { fixVerifierLog } from '../../src/libbpf/verifier-log.ts'

/** One program on the real kernel. */
interface Verdict {
  file: string
  prog: string
  sec: string
  err: number
  log?: string
}

interface Ours {
  errno: number
  log: string
  /** What isn't there yet, or what broke. */
  missing: string
  /** What kept the program from reaching the verifier. */
  stopped: string
  reached: boolean
}

const LOG_SIZE = 16 << 20
const SLOW_MS = 5000
/** Of a program, as the kernel keeps it. */
const NAME_LENGTH = 15

/** Kernel addresses, which are another machine's each time; the time that it took. */
function normalize(log: string): string {
  return log
    .replace(/^verification time \d+ usec$/gm, 'verification time')
    .replace(/\(18\) r(\d+) = 0xffff[0-9a-f]{12}/g, '(18) r$1 = 0xADDR')
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    level: { type: 'string', default: '1' },
    only: { type: 'string' },
    show: { type: 'string', default: '25' },
    out: { type: 'string' },
    verbose: { type: 'boolean' },
  },
})
const [cpus = '2', verdictFile = '', objects = ''] = positionals
const level = Number(values.level)
verifierSwitch.unfinishedPasses = false

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

function load({ file, prog }: Verdict): Ours {
  let bytes = files.get(file)
  if (!bytes) {
    files.clear()
    bytes = new Uint8Array(readFileSync(join(objects, file)))
    files.set(file, bytes)
  }
  const machine = bootMachine({ profile: 'running', cpus: Number(cpus) })
  const process = machine.process('verdicts')
  const result: Ours = { errno: 0, log: '', missing: '', stopped: '', reached: false }
  const sys = withLog(process, prog, result)
  let obj: ReturnType<typeof openObject> | undefined
  try {
    obj = openObject(bytes, file)
    for (const each of obj.entryPrograms()) {
      each.autoload = each.name === prog
      each.logLevel = level
    }
    loadObject(obj, sys)
  } catch (error) {
    if (!result.reached && !(error instanceof NotYetError)) result.stopped = String(error)
    if (error instanceof NotYetError) result.missing = error.message
    else if (error instanceof LibbpfError || error instanceof KernelError) result.errno = error.errno
    else
      result.missing = `broken: ${error instanceof Error ? (error.stack ?? '').split('\n').slice(0, 3).join(' ') : ''}`
  } finally {
    machine.close()
  }
  // What the recorded ones went through too: libbpf explains its poison.
  const loaded = [...(obj?.entryPrograms() ?? [])].find(({ name }) => name === prog)
  if (result.errno && obj && loaded) result.log = fixVerifierLog(obj, loaded, result.log)
  return result
}

/** The process's system calls, with the log of the last load kept. */
function withLog(process: ReturnType<ReturnType<typeof bootMachine>['process']>, prog: string, result: Ours): Syscalls {
  const { bpf } = process
  const progLoad: typeof bpf.progLoad = (attr) => {
    // Operations of a struct load along with the program that is asked for.
    if (attr.progName !== prog.slice(0, NAME_LENGTH)) return bpf.progLoad(attr)
    result.reached = true
    try {
      const loaded = bpf.progLoad(attr.logLevel ? { ...attr, logSize: LOG_SIZE } : attr)
      result.log = loaded.log
      return loaded
    } catch (error) {
      if (error instanceof KernelError) result.log = error.log ?? ''
      throw error
    }
  }
  const wrapped = { ...bpf, progLoad }
  return new Proxy<Syscalls>(process, {
    get(target, name) {
      if (name === 'bpf') return wrapped
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
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
