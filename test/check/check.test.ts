import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { run } from '../../src/cli/main.ts'

const root = resolve(import.meta.dirname, '../..')
const obj = (name: string) => `fixtures/obj/${name}.clang-19.o`

interface Row {
  object: string
  program: string | null
  section: string | null
  kernel: string
  ok: boolean
  stage: string | null
  errno: number | null
  message: string | null
  line: { file: string; line: number; text: string } | null
  since: string | null
  log: string | null
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bpftool-sim-check-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

async function check(words: readonly string[], { json = false, columns }: { json?: boolean; columns?: number } = {}) {
  const [out, err]: [string[], string[]] = [[], []]
  const status = await run([...(json ? ['-j'] : []), 'check', ...words], {
    stdout: (text: string | Uint8Array) => out.push(Buffer.from(text as string).toString()),
    stderr: (text: string) => err.push(text),
    stdin: () => new Uint8Array(),
    env: { BPFTOOL_KERNELS: join(folder, 'kernels'), BPFTOOL_STATE: join(folder, 'state'), NO_COLOR: '1' },
    cwd: root,
    columns,
  })
  return { status, out: out.join(''), err: err.join('') }
}

async function rows(...words: string[]): Promise<Row[]> {
  return JSON.parse((await check(words, { json: true })).out) as Row[]
}

describe('check', () => {
  test('says what loads, and what loads later', async () => {
    const { status, out } = await check([obj('xdp_counter'), obj('atomics'), 'kernels', '5.10,6.1'])
    expect(status).toBe(1)
    expect(out).toBe(
      [
        `${obj('xdp_counter')}: count: 5.10: loads`,
        `${obj('xdp_counter')}: count: 6.1: loads`,
        `${obj('atomics')}: atomics: 5.10: fails: verifier: BPF_STX uses reserved fields; loads from 6.1 on`,
        `${obj('atomics')}: atomics: 6.1: loads`,
        '2 programs on 2 kernels: 1 failure',
        '',
      ].join('\n'),
    )
    expect(await check([obj('xdp_counter'), 'kernels', 'all'])).toMatchObject({ status: 0 })
  })

  test('tells all of a failure in JSON', async () => {
    const [gpl, type] = await rows(obj('refused'), 'kernels', '6.18')
    expect(gpl).toMatchObject({
      object: obj('refused'),
      program: 'gpl_only',
      kernel: '6.18',
      ok: false,
      stage: 'verifier',
      errno: 22,
      message: 'cannot call GPL-restricted function from non-GPL compatible program',
      since: null,
    })
    expect(gpl?.line?.file).toMatch(/refused\.c$/)
    const source = readFileSync(join(root, 'fixtures/src/refused.c'), 'utf8').split('\n')
    expect(source[(gpl?.line?.line ?? 0) - 1]?.trim()).toBe(gpl?.line?.text)
    expect(gpl?.log).toContain('processed')
    expect(type?.stage).toBe('helper')
    expect(await rows(obj('xdp_counter'), 'kernels', '6.18')).toEqual([
      {
        object: obj('xdp_counter'),
        program: 'count',
        section: 'xdp',
        kernel: '6.18',
        ok: true,
        ...{ stage: null, errno: null, message: null, line: null, since: null, log: null },
      },
    ])
  })

  test('names the stage', async () => {
    const stages = async (object: string, kernel: string) =>
      (await rows(object, 'kernels', kernel)).map(({ program, stage, since }) => [program, stage, since])
    expect(await stages('nosuch.o', '6.1')).toEqual([[null, 'open', null]])
    expect(await stages(obj('legacy_maps').replace('19', '14'), '6.1')).toEqual([[null, 'open', null]])
    expect((await stages(obj('maps_all'), '5.10'))[0]).toEqual([expect.any(String), 'map', '6.12'])
    expect(await stages(obj('prog_types'), '5.10')).toContainEqual([expect.any(String), 'program type', '6.1'])
    expect(await stages(obj('tail_calls'), '6.1')).toEqual([[expect.any(String), null, null]])
  })

  test('draws a table on a terminal', async () => {
    const { out, err } = await check([obj('atomics'), 'kernels', '5.10,6.18'], { columns: 100 })
    expect(out).toMatch(/│ +│ 5\.10 +│ 6\.18 │/)
    expect(out).toMatch(/atomics +│ ✗ verifier │ ✓ +│/)
    expect(out).toMatch(/: atomics: 5\.10: verifier: BPF_STX uses reserved fields; loads from 6\.1 on\n/)
    expect(err).toContain('2/2')
  })

  test('shards are disjoint, and together all of it, however the objects are named', async () => {
    const objects = [obj('xdp_counter'), obj('atomics'), obj('globals')]
    const kernels = ['kernels', '5.10,6.18']
    const keys = (list: Row[]) => list.map(({ object, program, kernel }) => `${object} ${program ?? ''} ${kernel}`)
    const parts = await Promise.all(
      [1, 2, 3, 4].map(async (i) => keys(await rows(...objects, ...kernels, 'shard', `${i}/4`))),
    )
    const whole = keys(await rows(...objects, ...kernels))
    expect(parts.flat().sort()).toEqual([...whole].sort())
    expect(keys(await rows(...objects.reverse(), ...kernels, 'shard', '2/4')).sort()).toEqual(parts[1]?.sort())
  })

  test('writes reports', async () => {
    const [junit, sarif] = [join(folder, 'report.xml'), join(folder, 'report.sarif')]
    await check([obj('refused'), obj('xdp_counter'), 'kernels', '6.18', 'junit', junit, 'sarif', sarif])
    const xml = readFileSync(junit, 'utf8')
    expect(xml).toMatch(/^<\?xml [^]*<testsuites name="bpftool check" tests="3" failures="2">/)
    expect(xml.match(/<testcase /g)).toHaveLength(3)
    expect(xml.match(/<failure type="(verifier|helper)" message="[^"<]*">/g)).toHaveLength(2)
    const { version, runs } = JSON.parse(readFileSync(sarif, 'utf8')) as {
      version: string
      runs: { results: { ruleId: string; locations: { physicalLocation: { region?: { startLine: number } } }[] }[] }[]
    }
    expect(version).toBe('2.1.0')
    expect(runs[0]?.results.map(({ ruleId }) => ruleId)).toEqual(['verifier', 'helper'])
    expect(runs[0]?.results[0]?.locations[0]?.physicalLocation.region?.startLine).toBeGreaterThan(1)
  })

  test('says what is wrong with its words', async () => {
    const wrong: [string[], RegExp][] = [
      [['a.o', 'kernels', '9.9'], /no kernel '9\.9'/],
      [['a.o', 'kernels'], /^Usage: bpftool check/],
      [['a.o', 'jobs', '0'], /jobs must be/],
      [['a.o', 'shard', '3/2'], /shard must be/],
      [['a.o', 'shard', '0/2'], /shard must be/],
      [['a.o', 'jobs', '1', 'b.o'], /expected 'kernels'/],
      [['a.o', 'jobs', '1', 'jobs', '1'], /there twice/],
      [['a.o', 'kernels', '6.18', 'junit', '/nosuch/x'], /can't write/],
      [['kernels', 'all'], /^Usage/],
    ]
    for (const [words, message] of wrong) {
      const { status, err } = await check(words)
      expect({ words, status, err }).toEqual({ words, status: 255, err: expect.stringMatching(message) })
    }
    expect((await check(['help'])).err).toMatch(/^Usage: bpftool check/)
  })

  test('takes damaged objects for what they are', async () => {
    const bytes = readFileSync(join(root, obj('xdp_counter')))
    const damaged = [0, 20, 64, 300, bytes.length >> 1].map((length) => {
      const path = join(folder, `cut-${length}.o`)
      writeFileSync(path, bytes.subarray(0, length))
      return path
    })
    const verdicts = await rows(...damaged, folder, 'kernels', '6.18')
    expect(verdicts.map(({ ok, stage }) => [ok, stage])).toEqual([...damaged, folder].map(() => [false, 'open']))
  })

  test('two processes say what one says', () => {
    if (!existsSync(join(root, 'dist/bpftool.cjs'))) throw new Error('run `npm run build` first')
    const objects = readdirSync(join(root, 'fixtures/obj')).filter((name) => /^(a|g|m|r|x)/.test(name))
    const answers = ['1', '2'].map((jobs) => {
      const words = ['check', ...objects.map((name) => `fixtures/obj/${name}`), 'kernels', '5.10,7.2', 'jobs', jobs]
      const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/bpftool.cjs', ...words], {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, BPFTOOL_STATE: join(folder, 'state') },
      })
      return { status, stdout, stderr }
    })
    expect(answers[0]).toMatchObject({ status: 1, stderr: '' })
    expect(answers[1]).toEqual(answers[0])
  })
})
