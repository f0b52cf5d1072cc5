import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { CompiledCode } from '../../src/cli/compiled-code.ts'
import { random } from '../random.ts'

const root = resolve(import.meta.dirname, '../..')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'compiled-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const build = () => join(folder, 'build')
const file = () => join(build(), 'prog-load')
const script = (byte: number, length = 3000, cachedDataRejected = false) => ({
  cachedDataRejected,
  createCachedData: () => new Uint8Array(length).fill(byte),
})
/** A run of a command: it asks for what it compiles, and keeps it. */
function runOf(scripts: Record<string, ReturnType<typeof script>>): (number | undefined)[] {
  const code = new CompiledCode(build(), 'prog-load')
  const found = Object.keys(scripts).map((name) => code.get(name))
  code.keep(new Map(Object.entries(scripts)))
  return found.map((bytes) => bytes?.[0])
}

describe('what a command compiled', () => {
  test('is there for the next one, whole and in eights', () => {
    expect(runOf({ a: script(1, 3001), b: script(2, 7) })).toEqual([undefined, undefined])
    const code = new CompiledCode(build(), 'prog-load')
    const [a, b] = [code.get('a'), code.get('b')]
    expect([a?.length, b?.length, code.get('c')]).toEqual([3001, 7, undefined])
    expect([a?.every((byte) => byte === 1), b?.every((byte) => byte === 2)]).toEqual([true, true])
    expect([(a?.byteOffset ?? 1) % 8, (b?.byteOffset ?? 1) % 8]).toEqual([0, 0])
  })

  test('grows by parts that other runs have, and is made anew where V8 refuses it', () => {
    runOf({ a: script(1) })
    expect(runOf({ a: script(3), c: script(4) })).toEqual([1, undefined])
    expect(runOf({ a: script(5) })).toEqual([3])
    expect(runOf({ a: script(6, 10, true) })).toEqual([5])
    expect(runOf({ c: script(0), a: script(0) })).toEqual([4, 6])
  })

  test('is made anew when as many runs again have used it', () => {
    const seen = Array.from({ length: 20 }, (_, run) => runOf({ a: script(run) })[0])
    expect(seen).toEqual([undefined, 0, 0, 2, 2, 4, 4, 4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 16, 16, 16])
  })

  test('is not written by a command that compiled nothing', () => {
    new CompiledCode(build(), 'prog-load').keep(new Map([['a', script(1)]]))
    expect(readdirSync(folder)).toEqual([])
  })

  test('is not believed where it is damaged, cut or somebody else could have written it', () => {
    runOf({ a: script(1, 20_000) })
    const good = readFileSync(file())
    const next = random(1)
    for (let times = 0; times < 200; times++) {
      const bytes = Uint8Array.from(good)
      const start = next() % (bytes.length - 512)
      const block = start - (start % 512)
      for (let at = block; at < block + 512; at++) bytes[at] = times % 2 ? 0 : next() & 0xff
      writeFileSync(file(), bytes)
      expect([block, runOf({})[0] ?? new CompiledCode(build(), 'prog-load').get('a')]).toEqual([block, undefined])
    }
    for (const length of [0, 3, 15, 16, 40, good.length - 8, good.length - 1]) {
      writeFileSync(file(), good)
      truncateSync(file(), length)
      expect([length, new CompiledCode(build(), 'prog-load').get('a')]).toEqual([length, undefined])
    }
    writeFileSync(file(), good)
    expect(new CompiledCode(build(), 'prog-load').get('a')?.length).toBe(20_000)
    if (process.geteuid === undefined) return
    chmodSync(file(), 0o620)
    expect(new CompiledCode(build(), 'prog-load').get('a')).toBeUndefined()
  })

  test('is kept of the latest builds', () => {
    const builds = Array.from({ length: 6 }, (_, i) => join(folder, `build-${i}`))
    for (const [i, each] of builds.entries()) {
      const code = new CompiledCode(each, 'prog-load')
      code.get('a')
      code.keep(new Map([['a', script(i)]]))
      utimesSync(each, i + 1, i + 1)
    }
    expect(readdirSync(folder).sort()).toEqual(['build-2', 'build-3', 'build-4', 'build-5'])
  })

  test('is lost without a word where it can not be kept', () => {
    writeFileSync(build(), 'a file in the place of the folder')
    expect(runOf({ a: script(1) })).toEqual([undefined])
    rmSync(build())
    mkdirSync(build())
    for (let i = 0; i < 96; i++) writeFileSync(join(build(), `command-${i}`), '')
    expect(runOf({ a: script(1) })).toEqual([undefined])
    expect(readdirSync(build()).length).toBe(96)
    // What a killed process left makes room.
    const left = join(build(), 'prog-show.123')
    renameSync(join(build(), 'command-1'), left)
    expect(runOf({ a: script(1) })).toEqual([undefined])
    utimesSync(left, 0, 0)
    expect(runOf({ a: script(1) })).toEqual([undefined])
    expect(runOf({ a: script(1) })).toEqual([1])
    expect(readdirSync(build())).not.toContain('prog-show.123')
  })
})

describe('the command', () => {
  const bpftool = (env: Record<string, string>, ...argv: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/bpftool.cjs'), ...argv], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], XDG_CACHE_HOME: folder, BPFTOOL_STATE: join(folder, 'machine'), ...env },
    })
    return { status, stdout, stderr }
  }
  const kept = () => {
    const [name = ''] = readdirSync(join(folder, 'bpftool/compiled'))
    return readdirSync(join(folder, 'bpftool/compiled', name)).map((each) =>
      join(folder, 'bpftool/compiled', name, each),
    )
  }
  const object = join(root, 'fixtures/obj/globals.clang-19.o')

  test('says the same whether its code is kept, damaged, or not wanted', () => {
    const plain = bpftool({ NODE_DISABLE_COMPILE_CACHE: '1' }, 'btf', 'dump', 'file', object)
    expect([plain.status, plain.stdout.length > 1000]).toEqual([0, true])
    expect(readdirSync(folder)).toEqual([])
    for (let run = 0; run < 3; run++) expect(bpftool({}, 'btf', 'dump', 'file', object)).toEqual(plain)
    const [path = ''] = kept()
    expect(kept()).toEqual([expect.stringMatching(/\/btf-dump$/)])
    const bytes = readFileSync(path)
    expect(bytes.readUInt32LE(4)).toBe(2)
    bytes.fill(0x41, 4096, 8192)
    writeFileSync(path, bytes)
    expect(bpftool({}, 'btf', 'dump', 'file', object)).toEqual(plain)
  })

  test('keeps nothing of what failed, and nothing for version and help', () => {
    expect(bpftool({}, 'version').status).toBe(0)
    expect(bpftool({}, 'help').status).toBe(0)
    expect(bpftool({}, 'btf', 'dump', 'file', '/does/not/exist').status).not.toBe(0)
    expect(readdirSync(folder).filter((each) => each === 'bpftool')).toEqual([])
  })

  test('works without a home', () => {
    expect(bpftool({ XDG_CACHE_HOME: '/dev/null/none', HOME: '/' }, 'btf', 'dump', 'file', object).status).toBe(0)
  })
})
