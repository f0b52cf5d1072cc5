import { describe, expect, test } from '@jest/globals'
import { readFileSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { answer, memoryMachine } from '../cli/memory.ts'
import { letters, longOptions } from '../../src/cli/options.ts'
import { objects } from '../../src/cli/objects.ts'
import { checkHelp } from '../../src/cli/objects/check.ts'
import { lint, pageText, tags } from './roff.ts'

const root = resolve(import.meta.dirname, '../..')
const read = (name: string) => readFileSync(resolve(root, 'man', `${name}.8`), 'utf8')
const pages = readdirSync(resolve(root, 'man')).map((file) => file.replace(/\.8$/, ''))
const names = Object.keys(objects) as (keyof typeof objects)[]

/** Keywords of a usage text: words in small letters, not the placeholders, nor the program's and its object's names. */
function keywords(usage: string, object: string): string[] {
  const [commands] = usage.split(/\n\n(?=Note|\s+(?:PATH|NAME|A) )/)
  const text = (commands ?? '').replace(/\n\s+OPTIONS :=[^]*/, '').replace(/<[^>]*>|Usage:|\*\*/g, ' ')
  const words = text.match(/(?<![\w/])[a-z][a-z0-9_]*(?:\/[a-z0-9_]+)?(?![\w/])/g) ?? []
  return [...new Set(words)].filter((word) => word !== 'bpftool' && word !== object)
}

describe('manual pages', () => {
  test.each(pages)('%s is well written', (name) => {
    expect(lint(read(name), name)).toEqual([])
  })

  test('are those that package.json installs', () => {
    const { man } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { man: string[] }
    expect(man).toEqual(pages.map((name) => `man/${name}.8`).sort())
  })

  test.each(pages)('%s points to pages that are there', (name) => {
    const pointers = read(name).match(/bpftool\\-\w+(?= ?\(8\))/g) ?? []
    for (const pointer of pointers) expect(pages).toContain(pointer.replace('\\', ''))
  })

  test.each(names)('%s: every verb and every keyword of its usage', async (name) => {
    const { verbs, help } = await objects[name]()
    const page = read(`bpftool-${name}`)
    const commands = tags(page, 'COMMANDS').flatMap((tag) => tag.split(/[ ,{}|]+/))
    for (const [verb] of verbs) expect(commands).toContain(verb)
    const words = new Set(pageText(page).split(/[^\w/]+/))
    for (const word of keywords(help.text, name)) expect(words).toContain(word)
  })

  test('check: every keyword of its usage', () => {
    const page = read('bpftool-check')
    const words = new Set(pageText(page).split(/[^\w/]+/))
    for (const word of keywords(checkHelp.text.split('\n\n')[0] ?? '', 'check')) expect(words).toContain(word)
    expect(pageText(read('bpftool'), 'SEE ALSO')).toContain('bpftool-check(8)')
  })

  test('bpftool(8) has every object and every option', () => {
    const page = read('bpftool')
    const synopsis = pageText(page, 'SYNOPSIS')
    for (const name of names) {
      expect(synopsis.split(/[^\w]+/)).toContain(name)
      expect(pageText(page, 'SEE ALSO')).toContain(`bpftool-${name}(8)`)
    }
    const options = tags(page, 'OPTIONS').join(', ').split(/[ ,]+/)
    for (const { name } of longOptions) expect(options).toContain(`--${name}`)
    // The last letter is the stray one that means nothing.
    for (const letter of letters.slice(0, -1).replaceAll(':', '')) expect(options).toContain(`-${letter}`)
  })
})

/** What pages say isn't simulated yet: how to see that it still isn't. */
const gaps: readonly (readonly [page: string, says: string, line: string, answers: RegExp])[] = [
  ['bpftool-prog', 'autoattach', 'prog load fixtures/obj/tracing.clang-14.o /sys/fs/bpf/x autoattach', /Error/],
  ['bpftool-link', 'Links', 'link show id 1', /No such file/],
  ['bpftool-net', 'attach', 'net attach xdp id 1 dev lo', /not simulated yet/],
  ['bpftool-cgroup', 'attach', 'cgroup attach / device id 1', /not simulated yet/],
  ['bpftool-process', 'start', 'process start /dev/null', /^Usage/],
]

describe('what a page says is not simulated yet', () => {
  test.each(gaps)('%s: %s', async (name, says, line, answers) => {
    expect(pageText(read(name), 'NOT SIMULATED YET')).toContain(says)
    const argv = line.split(' ').map((word) => (/^(fixtures|test)\//.test(word) ? resolve(root, word) : word))
    const machine = memoryMachine()
    await answer(['prog', 'load', resolve(root, 'fixtures/obj/no_btf.clang-14.o'), '/sys/fs/bpf/one'], machine)
    const { status, stderr } = await answer(argv, machine)
    // Where this fails the gap is closed: take it out of the page, and out of this table.
    expect(status).not.toBe(0)
    expect(stderr).toMatch(answers)
  })
})
