import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { KernelError } from '../../src/kernel/error.ts'
import { testRun } from '../../src/kernel/runtime/test-run.ts'
import type { TestRunAttr } from '../../src/uapi/attr.ts'
import { strerror } from '../../src/uapi/errno.ts'
import { packets, skbContexts, xdpContexts } from './inputs.mjs'
import type { Loaded } from './load-object.ts'
import { loadFile } from './load-object.ts'

/** One `bpftool prog run` on Linux 6.18, as record.mjs wrote it down. */
interface Run {
  program: string
  packet: string
  context?: string
  size?: number
  contextSize?: number
  error?: string
  retval?: number
  data?: string
  ctx?: string
  bss?: string
}

const contexts: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>> = { xdp: xdpContexts, skb: skbContexts }
/** What bpftool makes room for where it isn't told otherwise. */
const ROOM = 32 * 1024

function brief(bytes: Uint8Array): string {
  if (bytes.length <= 128) return Buffer.from(bytes).toString('hex')
  return `${bytes.length}:${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`
}

function bssOf({ kernel, maps }: Loaded): string {
  const name = [...maps.keys()].find((each) => each.endsWith('.bss')) ?? ''
  const map = kernel.mapById(maps.get(name) ?? 0)
  const at = map.directValueAddr(0) ?? 0
  return Buffer.from(kernel.memory.u8.slice(at, at + map.record.valueSize))
    .toString('hex')
    .replace(/(00)+$/, '')
}

/** Does what `bpftool prog run` does. */
function answer(loaded: Loaded, source: string, { program, packet, context, size, contextSize }: Run): Partial<Run> {
  const { kernel, progs } = loaded
  const prog = kernel.progById(progs.get(program.slice(0, 15)) ?? 0)
  if (!prog) throw new Error(program)
  const attr: TestRunAttr = { repeat: 1, dataIn: packets[packet] as Uint8Array, dataSizeOut: size ?? ROOM }
  if (context !== undefined) {
    attr.ctxIn = contexts[source]?.[context] as Uint8Array
    attr.ctxSizeOut = contextSize ?? ROOM
  }
  try {
    const { errno, retval, dataOut, ctxOut } = testRun(kernel, prog.record, attr)
    if (errno !== 0) return { error: strerror(errno) }
    return {
      retval,
      ...(dataOut.length > 0 && { data: brief(dataOut) }),
      ...(ctxOut.length > 0 && { ctx: brief(ctxOut) }),
      bss: bssOf(loaded),
    }
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    return { error: strerror(error.errno) }
  }
}

const builds = ['clang-19', 'clang-14']
const engines = ['interpreter', 'compiler'] as const

describe.each(['xdp', 'skb', 'misc'])('test runs of %s programs', (source) => {
  const cases = engines.flatMap((engine) => builds.map((build) => ({ engine, build })))
  test.each(cases)('built by $build answer by the $engine as on Linux 6.18', ({ engine, build }) => {
    const recorded = JSON.parse(
      readFileSync(new URL(`recorded/${source}.${build}.json`, import.meta.url), 'utf8'),
    ) as readonly Run[]
    const loaded = loadFile(new URL(`obj/${source}.${build}.o`, import.meta.url), engine)
    const ours = recorded.map((run) => {
      const { program, packet, context, size, contextSize } = run
      const input = { program, packet, context, size, contextSize }
      return JSON.parse(JSON.stringify({ ...input, ...answer(loaded, source, run) })) as Run
    })
    expect(ours).toEqual(recorded)
  })
})
