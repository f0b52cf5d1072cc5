import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
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
