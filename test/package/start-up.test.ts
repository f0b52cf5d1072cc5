import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** Counts the characters that a command compiles besides what it starts with. */
const hook = `const vm = require('node:vm')
let total = 0
vm.Script = class extends vm.Script {
  constructor(text, options) {
    super(text, options)
    total += text.length
  }
}
process.on('exit', () => require('node:fs').writeSync(2, 'compiled ' + total + '\\n'))
`

describe('start-up', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bpftool-sim-start-'))
    writeFileSync(join(folder, 'hook.cjs'), hook)
    compiled('prog', 'load', join(root, 'fixtures/obj/xdp_counter.clang-19.o'), '/sys/fs/bpf/count')
  })
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  function compiled(...words: string[]): number {
    const argv = ['--require', join(folder, 'hook.cjs'), join(root, 'bin/bpftool.cjs'), ...words]
    const { status, stderr } = spawnSync(process.execPath, argv, {
      encoding: 'utf8',
      env: { ...process.env, BPFTOOL_STATE: join(folder, 'machine') },
    })
    expect(status).toBe(0)
    return Number(/compiled (\d+)\n$/.exec(stderr)?.[1])
  }

  // Where one of these fails, something is imported that the command does without: see the late modules of
  // scripts/bundle.mjs, and load on use.
  test.each([
    [['version'], 0],
    [['help'], 0],
    [['kernel', 'list'], 102_000],
    [['prog', 'show'], 150_000],
    [['map', 'show'], 200_000],
    [['fs', 'ls'], 100_000],
  ])('of `%j` compiles at most %d characters', (words, most) => {
    expect(compiled(...words)).toBeLessThanOrEqual(most)
  })

  test('of what needs no machine compiles none', () => {
    const inputs = ['one', 'two'].map((name) => join(root, `test/gen/links/link_${name}.clang-19.o`))
    expect(compiled('gen', 'object', join(folder, 'linked.o'), ...inputs)).toBeLessThanOrEqual(108_000)
    expect(compiled('btf', 'dump', 'file', inputs[0] as string)).toBeLessThanOrEqual(75_000)
  })

  test('of `prog load` compiles more', () => {
    const object = join(root, 'fixtures/obj/xdp_counter.clang-19.o')
    expect(compiled('prog', 'load', object, '/sys/fs/bpf/another')).toBeGreaterThan(200_000)
  })
})
