import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { KernelError } from '../../src/kernel/error.ts'
import type { BpfObject } from '../../src/libbpf/object.ts'
import { LibbpfError, loadObject, openObject } from '../../src/libbpf/object.ts'
import { fixture, fixtureNames, recorded } from './cases.ts'
import { FakeSystem } from './fake-system.ts'
import { damage } from './mutate.ts'

function hex(bytes: Uint8Array | undefined): string {
  const text = Buffer.from(bytes ?? new Uint8Array(0)).toString('hex')
  return text.length < 64 ? text : `sha:${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
}

/** Instructions with each map's descriptor turned into its number in the object. */
function normalized(obj: BpfObject, insns: Uint8Array): Uint8Array {
  const bytes = insns.slice()
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < bytes.length; at += 8) {
    if (bytes[at] !== 0x18) continue
    const pseudo = (bytes[at + 1] ?? 0) >> 4
    if (pseudo === 1 || pseudo === 2) {
      view.setInt32(
        at + 4,
        obj.maps.findIndex((map) => map.fd === view.getInt32(at + 4, true)),
        true,
      )
    }
    at += 8
  }
  return bytes
}

/** A load in the lines of the recording: libbpf 1.8 with bpf(2) replaced by something that prints and accepts. */
function load(name: string, system: FakeSystem): string[] {
  const lines: string[] = []
  const print = (level: string, message: string): void => {
    if (level !== 'debug') lines.push(...message.split('\n').slice(0, -1))
  }
  let obj: BpfObject
  try {
    obj = openObject(fixture(name), name, { print })
  } catch (error) {
    if (error instanceof LibbpfError) return [...lines, `open ${error.errno}`]
    throw error
  }
  let verdict = 'load 0'
  try {
    loadObject(obj, system.sys)
  } catch (error) {
    if (!(error instanceof LibbpfError)) throw error
    verdict = `load -${error.errno}`
  }
  for (const btf of system.btfs) if (btf.length > 200) lines.push(`btf ${btf.length} ${hex(btf)}`)
  for (const { attr: a } of system.maps) {
    lines.push(
      `map ${a.mapName} type ${a.mapType} key ${a.keySize} value ${a.valueSize} max ${a.maxEntries} ` +
        `flags ${(a.mapFlags ?? 0).toString(16)} numa ${a.numaNode} extra ${(a.mapExtra ?? 0n).toString(16)} ` +
        `kt ${a.btfKeyTypeId ?? 0} vt ${a.btfValueTypeId ?? 0} vvt ${a.btfVmlinuxValueTypeId ?? 0} ` +
        `inner ${a.innerMapFd === undefined ? 0 : 1}`,
    )
  }
  for (const a of system.progs) {
    lines.push(
      `prog ${a.progName} type ${a.progType} eat ${a.expectedAttachType} flags ${(a.progFlags ?? 0).toString(16)} ` +
        `aid ${a.attachBtfId} license ${a.license} insns ${hex(normalized(obj, a.insns))} ` +
        `func ${a.funcInfoRecSize ?? 0} ${hex(a.funcInfo)} line ${a.lineInfoRecSize ?? 0} ${hex(a.lineInfo)}`,
    )
  }
  return [...lines, verdict]
}

const recordings = recorded<Record<string, string[]>>('load.json')

describe('loading an object asks the kernel for what libbpf asks', () => {
  // Ids of the kernel's types depend on which kernel it is.
  const names = fixtureNames().filter((name) =>
    recordings[name]?.every((line) => / aid 0 | vvt 0 |^btf|^lib|^load|^open/.test(line)),
  )
  test.each(names)('%s', (name) => {
    expect(load(name, new FakeSystem()).sort()).toEqual([...(recordings[name] ?? [])].sort())
  })

  test('most fixtures are compared', () => {
    expect(names.length).toBeGreaterThan(40)
  })
})

test('a refused program takes everything of its object with it', () => {
  const system = new FakeSystem()
  system.refuse = { name: 'bump', error: new KernelError(22, 'bad luck\n') }
  const lines = load('globals.clang-19.o', system)
  expect(lines).toContain("libbpf: prog 'bump': BPF program load failed: -EINVAL")
  expect(lines).toContain('bad luck')
  expect(lines.at(-1)).toBe('load -22')
  for (const { fd } of system.maps) expect(system.closed).toContain(fd)
})

test('damaged objects that open load or are refused', () => {
  const names = fixtureNames()
  const silent = { print: () => undefined }
  for (let seed = 20_000; seed < 22_000; seed++) {
    try {
      loadObject(
        openObject(damage(fixture(names[seed % names.length] as string), seed), 'bad.o', silent),
        new FakeSystem().sys,
      )
    } catch (error) {
      if (!(error instanceof LibbpfError)) throw error
    }
  }
})
