import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const { name, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  name: string
  dependencies: Record<string, string>
}

/** The package as it is published, beside its dependencies, in a folder of its own: nothing is asked of a registry. */
let folder: string
const installed = () => join(folder, 'node_modules', name)
/** Packages whose binaries lmdb brings along for this platform. */
const platform = `@lmdb/lmdb-${process.platform}-${process.arch}`

function run(command: string, argv: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(command, argv, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, BPFTOOL_STATE: join(folder, 'machine'), ...env },
    timeout: 120_000,
    shell: process.platform === 'win32',
  })
  return { status, stdout, stderr }
}

const node = (...argv: string[]) => run(process.execPath, argv)
const bpftool = (...argv: string[]) => node(join(installed(), 'bin/bpftool.cjs'), ...argv)

beforeAll(() => {
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('run `npm run build` first')
  folder = mkdtempSync(join(tmpdir(), 'bpftool-sim-package-'))
  const { status, stderr } = spawnSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  mkdirSync(installed(), { recursive: true })
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const tarball = join(folder, `${name}-${version}.tgz`)
  expect(spawnSync('tar', ['-xzf', tarball, '-C', installed(), '--strip-components=1']).status).toBe(0)
  for (const each of [...Object.keys(dependencies), platform]) {
    const link = join(folder, 'node_modules', each)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', each), link, 'junction')
  }
}, 60_000)
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('the package', () => {
  test('has what it needs, and nothing else', () => {
    for (const path of [
      'README.md',
      'LICENSE',
      'bin/bpftool.cjs',
      'dist/bpftool.cjs',
      'dist/index.js',
      'man/bpftool.8',
    ]) {
      expect({ path, there: existsSync(join(installed(), path)) }).toEqual({ path, there: true })
    }
    for (const path of [
      'completions/_bpftool',
      'completions/bpftool.bash',
      'dist/types/index.d.ts',
      'profiles/6.18/meta.json',
    ]) {
      expect({ path, there: existsSync(join(installed(), path)) }).toEqual({ path, there: true })
    }
    for (const path of ['src', 'test', 'fixtures', 'scripts', 'node_modules', '.ci']) {
      expect({ path, there: existsSync(join(installed(), path)) }).toEqual({ path, there: false })
    }
    const [tarball] = spawnSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
      cwd: root,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    }).stdout.match(/"size": \d+/) ?? ['']
    const size = Number(tarball.slice(8))
    // The kernels' recorded facts are most of it: 12 MB at most.
    expect(size).toBeGreaterThan(1_000_000)
    expect(size).toBeLessThan(13_000_000)
  })

  test('has no script that would run when it is installed', () => {
    const { scripts } = JSON.parse(readFileSync(join(installed(), 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    for (const script of ['preinstall', 'install', 'postinstall']) expect(scripts).not.toHaveProperty(script)
    expect(statSync(join(installed(), 'bin/bpftool.cjs')).mode & 0o111).not.toBe(0)
  })

  test('is the command', () => {
    expect(bpftool('version')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^bpftool v7\.8\.0\n/) })
    const object = join(root, 'fixtures/obj/xdp_counter.clang-19.o')
    expect(bpftool('prog', 'load', object, '/sys/fs/bpf/count')).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(bpftool('prog', 'show')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('xdp  name count  tag '),
    })
    const packet = join(root, 'fixtures/packets/tcp')
    expect(bpftool('prog', 'run', 'name', 'count', 'data_in', packet)).toMatchObject({ status: 0 })
    const { stdout } = bpftool('-j', 'map', 'dump', 'name', 'packets')
    expect(JSON.parse(stdout)).toMatchObject([{ formatted: { key: 2048, value: 1 } }])
  })

  test('is a library', () => {
    writeFileSync(
      join(folder, 'use.mjs'),
      `import { boot } from '${name}'
       const kernel = await boot()
       const object = kernel.load(${JSON.stringify(join(root, 'fixtures/obj/xdp_counter.clang-19.o'))})
       const result = object.programs.count.run({ data: new Uint8Array(64) })
       console.log(JSON.stringify([kernel.name, result.returnValue, object.maps.packets.keys()]))
       kernel.close()`,
    )
    expect(node('use.mjs')).toEqual({ status: 0, stdout: '["6.18",2,[0]]\n', stderr: '' })
    const directory = JSON.stringify(join(folder, 'library'))
    const line = `import('${name}').then((it) => it.boot({ directory: ${directory} })).then((kernel) => console.log(kernel.name))`
    expect(node('-e', line)).toEqual({ status: 0, stdout: '6.18\n', stderr: '' })
  })

  test("runs the README's example", () => {
    const [, example] = /\n```js\n([^]*?)```\n/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
    writeFileSync(join(folder, 'example.mjs'), example ?? '')
    cpSync(join(root, 'fixtures/obj/xdp_counter.clang-19.o'), join(folder, 'count.o'))
    cpSync(join(root, 'fixtures/packets/tcp'), join(folder, 'packet.bin'))
    const { status, stdout } = run(process.execPath, ['--test', 'example.mjs'], { NODE_OPTIONS: '' })
    expect(stdout).toMatch(/^# pass 1$/m)
    expect(status).toBe(0)
  })

  test('has types', () => {
    writeFileSync(
      join(folder, 'use.mts'),
      `import { boot, BpfError, LoadError, type BpfMap, type BpfProgram, type Kernel, type Value } from '${name}'
interface Stats { packets: bigint; bytes: number }
interface Shape {
  programs: { count: BpfProgram }
  maps: { packets: BpfMap<number, Stats> }
  globals: { limit: number }
}
async function main(): Promise<number> {
  using kernel: Kernel = await boot({ cpus: 2 })
  const object = kernel.load<Shape>(new URL('file:///x.o'), { globals: { limit: 3 } })
  const { returnValue, data, duration } = object.programs.count.run({ data: new Uint8Array(64), repeat: 2 })
  const bytes: Uint8Array | undefined = object.programs.count.run({ context: data }).context
  const mark: Value | undefined = object.programs.count.run({ context: { mark: 1 } }).context?.['mark']
  const stats: Stats | undefined = object.maps.packets.get(1)
  for (const [key, { packets }] of object.maps.packets) object.maps.packets.set(key, { packets, bytes: 1 }, 'exist')
  object.globals.limit++
  const loose = kernel.load('x.o')
  const value: Value | undefined = loose.maps['packets']?.get(1)
  // @ts-expect-error: a key is a number
  object.maps.packets.get('x')
  // @ts-expect-error: there is no such program
  object.programs.cuont
  // @ts-expect-error: what only the package itself uses is not told
  object.maps.packets.fd
  try {
    kernel.load('x.o')
  } catch (error) {
    if (error instanceof LoadError) return error.log.length
    if (error instanceof BpfError) return error.errno
  }
  return returnValue + duration + (bytes?.length ?? 0) + Number(stats?.packets) + String(value).length + Number(mark)
}
void main()
`,
    )
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          ...{ target: 'es2022', module: 'nodenext', strict: true, noEmit: true, noUncheckedIndexedAccess: true },
          ...{ noPropertyAccessFromIndexSignature: true, exactOptionalPropertyTypes: true, types: [] },
          ...{ lib: ['es2022', 'dom'], skipLibCheck: false },
        },
        files: ['use.mts'],
      }),
    )
    expect(node(join(root, 'node_modules/typescript/bin/tsc'), '-p', '.')).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    })
  }, 60_000)
})
