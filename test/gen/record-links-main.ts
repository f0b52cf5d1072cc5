import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { link, linkCases } from './links.ts'

const [bpftool = 'bpftool', to = '', links = '', ...fixtures] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'links-'))
const { cases, pathOf } = linkCases({ links, fixtures })
const all = cases
  .filter(({ length }) => length === 1)
  .flat()
  .filter((name) => pathOf(name) !== name)
const answers: string[] = []
for (const names of cases) {
  const answer = await link(names, pathOf, all, folder, (words) => {
    const options = {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      timeout: 10_000,
      env: { ...process.env, LC_ALL: 'C' },
    } as const
    const { status, stdout, stderr } = spawnSync(bpftool, words, options)
    return Promise.resolve({ status: status ?? -1, stdout, stderr })
  })
  // One that kills the real one has no answer.
  const died = answer.status < 0 || [132, 134, 135, 136, 139].includes(answer.status)
  answers.push(JSON.stringify([names.join(' + '), ...(died ? [] : [answer.status, answer.says, answer.made])]))
}
writeFileSync(to, `[\n${answers.join(',\n')}\n]\n`)
rmSync(folder, { recursive: true })
