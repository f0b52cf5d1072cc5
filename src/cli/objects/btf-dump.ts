import { Errno } from '../../uapi/errno.ts'
import { CommandError, UsageError } from '../command.ts'
import { nextArg } from '../grammar/number-arg.ts'
import { strtoul } from '../grammar/number.ts'
import { baseBtf, warn } from './btf-file.ts'
import { loadById, parseSource } from './btf-source.ts'
import { withoutCycle } from './type-cycle.ts'
import type { Args } from '../args.ts'
import type { Btf } from '../../btf/btf.ts'
import type { Command } from '../command.ts'

const MAX_ROOT_IDS = 16

interface Format {
  c: boolean
  sorted: boolean
  roots: number[]
}

/** `btf dump` (do_dump). */
export async function btfDump(cmd: Command, args: Args): Promise<number> {
  const base = baseBtf(cmd)
  if (typeof base === 'number') return base
  const source = parseSource(cmd, args, base)
  if (typeof source === 'number') return source
  const format = parseFormat(cmd, args, 'roots' in source ? source.roots : [])
  if (typeof format === 'number') return format
  const btf = 'btf' in source ? source.btf : loadById(cmd, source.id, base)
  if (typeof btf === 'number') return btf
  const bad = format.roots.find((root) => root >= btf.typeCount)
  if (bad !== undefined) return fail(cmd, Errno.EINVAL, `invalid root ID: ${bad}`)
  return print(cmd, btf, format)
}

function fail(cmd: Command, errno: number, message: string): number {
  cmd.error(message)
  return -errno
}

/** What comes after BTF_SRC. */
function parseFormat(cmd: Command, args: Args, roots: number[]): Format | number {
  const format: Format = { c: false, sorted: true, roots }
  const filtered = roots.length > 0
  while (args.length > 0) {
    if (args.is('format')) {
      nextArg(args)
      const word = args.peek()
      if (word === undefined) return fail(cmd, Errno.EINVAL, "expecting value for 'format' option\n")
      if (word !== 'c' && word !== 'raw') {
        return fail(cmd, Errno.EINVAL, `unrecognized format specifier: '${word}', possible values: raw, c`)
      }
      format.c = word === 'c'
      args.shift()
    } else if (args.is('root_id')) {
      if (filtered) return fail(cmd, Errno.EINVAL, 'cannot use root_id with other type filtering')
      if (roots.length === MAX_ROOT_IDS) return fail(cmd, Errno.E2BIG, `only ${MAX_ROOT_IDS} root_id are supported`)
      nextArg(args)
      const word = args.peek()
      if (word === undefined) throw new UsageError()
      const { value, complete } = strtoul(word, 0)
      if (!complete) throw new CommandError(`can't parse ${word} as root ID`)
      if (roots.includes(value)) return fail(cmd, Errno.EINVAL, `duplicate root_id ${value} supplied`)
      roots.push(value)
      args.shift()
    } else if (args.is('unsorted')) {
      format.sorted = false
      args.shift()
    } else {
      return fail(cmd, Errno.EINVAL, `unrecognized option: '${args.peek() ?? ''}'`)
    }
  }
  return format
}

async function print(cmd: Command, btf: Btf, { c, sorted, roots }: Format): Promise<number> {
  const sink = (bytes: Uint8Array) => {
    cmd.out(bytes)
  }
  if (c) {
    if (cmd.json !== undefined) return fail(cmd, Errno.ENOTSUP, 'JSON output for C-syntax dump is not supported')
    const { dumpC } = await import('../render/btf-c.ts')
    return withoutCycle(cmd, () =>
      dumpC(btf, roots, sorted, sink, (text) => {
        warn(cmd, text)
      }),
    )
  }
  if (cmd.json === undefined) {
    const { RawText } = await import('../render/btf-raw.ts')
    const raw = new RawText(btf, sink)
    eachType(btf, roots, (id) => {
      raw.type(id)
    })
    raw.flush()
    return 0
  }
  const { RawJson } = await import('../render/btf-raw-json.ts')
  const { json } = cmd
  json.startObject()
  json.name('types')
  json.startArray()
  const raw = new RawJson(btf, json, sink, cmd.options.pretty)
  eachType(btf, roots, (id) => {
    raw.type(id)
  })
  raw.flush()
  json.endArray()
  json.endObject()
  return 0
}

function eachType(btf: Btf, roots: readonly number[], visit: (id: number) => void): void {
  if (roots.length > 0) for (const root of roots) visit(root)
  else for (let id = btf.startId; id < btf.typeCount; id++) visit(id)
}
