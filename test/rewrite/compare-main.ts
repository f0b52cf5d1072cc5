import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bootMachine } from '../../src/kernel/boot.ts'
import { loadObject, openObject } from '../../src/libbpf/object.ts'
import { Insns } from '../../src/isa/insn.ts'
import type { Shape } from './shape.ts'
import { describe, firstDifference, textOf } from './shape.ts'

/** One program on the real kernel, as xlated.c prints it. */
interface Recorded {
  file: string
  prog: string
  err: number
  xlated: string
  func: string
  line: string
  maps: number[]
  tags: string
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    show: { type: 'string', default: '25' },
    out: { type: 'string' },
    verbose: { type: 'boolean' },
  },
})
const [cpus = '2', recordedFile = '', objects = ''] = positionals

const recorded = readFileSync(recordedFile, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Recorded)
  .filter(({ file, prog, err }) => {
    if (err !== 0) return false
    if (values.only === undefined) return true
    const [wantedFile, wantedProg] = values.only.split(':')
    return file.includes(wantedFile ?? '') && (wantedProg === undefined || prog === wantedProg)
  })

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

const files = new Map<string, Uint8Array>()

function load({ file, prog }: Recorded): Shape | string {
  let content = files.get(file)
  if (!content) {
    files.clear()
    content = new Uint8Array(readFileSync(join(objects, file)))
    files.set(file, content)
  }
  const machine = bootMachine({ profile: 'running', cpus: Number(cpus) })
  const process = machine.process('verdicts')
  try {
    const obj = openObject(content, file)
    for (const each of obj.entryPrograms()) each.autoload = each.name === prog
    loadObject(obj, process)
    const { fd } = [...obj.entryPrograms()].find(({ name }) => name === prog) ?? {}
    if (fd === undefined) return 'stopped: not loaded'
    const info = process.bpf.progInfo(fd, {
      xlatedProgInsns: true,
      funcInfo: true,
      lineInfo: true,
      mapIds: true,
      progTags: true,
    })
    return {
      insns: new Insns(info.xlatedProgInsns ?? new Uint8Array(0)),
      func: info.funcInfo ?? new Uint8Array(0),
      line: info.lineInfo ?? new Uint8Array(0),
      maps: info.mapIds ?? [],
      tags: new Uint8Array(info.progTags?.flatMap((tag) => [...tag]) ?? []),
    }
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? '').split('\n').slice(0, 3).join(' ') : String(error)
    return `stopped: ${stack}`
  } finally {
    machine.close()
  }
}

const counts = { same: 0, differ: 0, missing: 0, stopped: 0 }
const groups = new Map<string, string[]>()
const out: string[] = []
for (const each of recorded) {
  const where = `${each.file}:${each.prog}`
  const ours = load(each)
  const theirs: Shape = {
    insns: new Insns(bytes(each.xlated)),
    func: bytes(each.func),
    line: bytes(each.line),
    maps: each.maps,
    tags: bytes(each.tags),
  }
  let kind: string
  if (typeof ours === 'string') {
    if (ours.startsWith('missing')) counts.missing++
    else counts.stopped++
    kind = ours
  } else {
    const difference = firstDifference(theirs, ours)
    kind = difference
    if (difference === '') counts.same++
    else counts.differ++
    if (values.verbose) console.log(`=== ${where} ${difference}\n${textOf(theirs, ours)}`)
  }
  if (kind !== '') groups.set(describe(kind), [...(groups.get(describe(kind)) ?? []), where])
  out.push(JSON.stringify({ where, kind }))
}
if (values.out !== undefined) writeFileSync(values.out, `${out.join('\n')}\n`)
const shown = [...groups].sort((a, b) => b[1].length - a[1].length).slice(0, Number(values.show))
for (const [kind, list] of shown) console.log(`${list.length} x ${kind}\n      e.g. ${list.slice(0, 3).join(' ')}`)
console.log(`${recorded.length} programs`, counts)
