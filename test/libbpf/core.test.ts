import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { loadObject, openObject } from '../../src/libbpf/object.ts'
import { recorded } from './cases.ts'
import { FakeSystem } from './fake-system.ts'

function source(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`src/${name}`, import.meta.url)))
}

/**
 * core.c relocated to the types of core_target.c by libbpf 1.8 itself (btf_custom_path), with bpf(2) replaced by
 * something that prints: its debug messages about relocations and each program's instructions.
 */
const { messages, insns } = recorded<{ messages: string[]; insns: Record<string, string> }>('core.json')

test('CO-RE relocations of every kind, message by message and byte by byte', () => {
  const lines: string[] = []
  const obj = openObject(source('core.clang-19.o'), 'core.clang-19.o', {
    print: (_level, text) => lines.push(text.trimEnd()),
    debug: true,
    customBtf: { path: 'core_target.clang-19.o', bytes: source('core_target.clang-19.o') },
  })
  const system = new FakeSystem()
  loadObject(obj, system.sys)
  expect(lines.filter((line) => /relo #|CO-RE relocating|^libbpf: sec 'socket': found \d/.test(line))).toEqual(messages)
  const loaded = system.progs.map((prog) => [prog.progName, Buffer.from(prog.insns).toString('hex')])
  expect(Object.fromEntries(loaded)).toEqual(insns)
})
