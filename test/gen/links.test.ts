import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { LibbpfError } from '../../src/libbpf/error.ts'
import { Linker } from '../../src/libbpf/linker/linker.ts'
import { Log } from '../../src/libbpf/log.ts'
import { memoryMachine, answer } from '../cli/memory.ts'
import { link, linkCases } from './links.ts'

type Recorded = [name: string, status?: number, says?: string, made?: string]
const recorded = JSON.parse(readFileSync(new URL('recorded/links.json', import.meta.url), 'utf8')) as Recorded[]

test('gen object, as the real bpftool links: messages, status and bytes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'links-'))
  const machine = memoryMachine()
  const { cases, pathOf } = linkCases()
  const all = cases
    .filter(({ length }) => length === 1)
    .flat()
    .filter((name) => pathOf(name) !== name)
  const received: Recorded[] = []
  for (const [i, names] of cases.entries()) {
    const name = names.join(' + ')
    const { status, says, made } = await link(names, pathOf, all, folder, async (words) => {
      const ours = await answer(words, machine)
      return { ...ours, status: ours.status & 0xff }
    })
    received.push(recorded[i]?.length === 1 ? [name] : [name, status, says, made])
  }
  rmSync(folder, { recursive: true })
  expect(received).toEqual(recorded)
  expect(received.filter(([, status]) => status === 0).length).toBeGreaterThan(200)
})

test('code that is not in the file, but has relocations: libbpf does not survive it', () => {
  const bytes = Uint8Array.from(readFileSync(new URL('../../fixtures/obj/subprogs.clang-19.o', import.meta.url)))
  const view = new DataView(bytes.buffer)
  const headers = Number(view.getBigUint64(40, true))
  const [PROGBITS, NOBITS, EXECINSTR] = [1, 8, 4n]
  for (let i = 0; i < view.getUint16(60, true); i++) {
    const at = headers + i * 64
    const code = view.getUint32(at + 4, true) === PROGBITS && (view.getBigUint64(at + 8, true) & EXECINSTR) !== 0n
    if (code) view.setUint32(at + 4, NOBITS, true)
  }
  const said: string[] = []
  const linker = new Linker(new Log((_, text) => said.push(text), false))
  expect(() => {
    linker.add(bytes, 'nobits.o')
  }).toThrow(LibbpfError)
  expect(said.at(-1)).toMatch(/^libbpf: section .* has no data to relocate\n$/)
})
