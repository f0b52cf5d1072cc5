import { describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const { scripts, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
  engines: { node: string }
}

describe('README.md', () => {
  test.each([
    ['demo', 5],
    ['check', 1],
  ])('shows what `npm run demo` prints: %s', (name, commands) => {
    const [, shown] = new RegExp(`<!-- npm run readme: ${name} -->\\n\`\`\`\\n([^]*?)\`\`\`\\n`).exec(readme) ?? []
    const env = { ...process.env, SOURCE_DATE_EPOCH: '1767225600', TZ: 'UTC' }
    const done = spawnSync(process.execPath, ['scripts/demo.mjs', name], { cwd: root, env, encoding: 'utf8' })
    expect(done.status).toBe(0)
    // `npm run readme` writes it anew.
    expect(shown).toBe(done.stdout)
    expect(done.stdout.match(/^\$ bpftool /gm)).toHaveLength(commands)
  })

  test('has two commands for a fresh machine', () => {
    const [, section] = /\n## Try it\n([^]*?)\n## /.exec(readme) ?? []
    const commands = (section ?? '').split('\n').filter((line) => line.startsWith('    '))
    expect(commands).toEqual(['    npm ci && npm run demo', '    npm ci && npm test'])
    expect(scripts).toMatchObject({ prepare: expect.any(String), demo: expect.any(String), test: expect.any(String) })
    expect(section).toContain(`Node ${engines.node.replace('>=', '')} or newer`)
  })

  test('and its kin name scripts and files that are there', () => {
    for (const name of ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md']) {
      const text = readFileSync(join(root, name), 'utf8')
      for (const [, script] of text.matchAll(/npm run ([\w-]+)/g)) expect(Object.keys(scripts)).toContain(script)
      for (const [, link] of text.matchAll(/\]\(([^)#:]+)\)/g)) {
        expect({ name, link, there: existsSync(join(root, link ?? '')) }).toEqual({ name, link, there: true })
      }
      for (const [, path] of text.matchAll(/`((?:src|test|scripts|fixtures|completions|man|bin)\/[\w./-]*)`/g)) {
        if (path?.includes('NAME') === true) continue
        expect({ name, path, there: existsSync(join(root, path ?? '')) }).toEqual({ name, path, there: true })
      }
    }
  })
})
