import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { Btf } from '../../src/btf/btf.ts'
import { packageRoot } from '../../src/kernel/profile/package-root.ts'
import { memoryMachine } from '../cli/memory.ts'
import { Comparison } from './compare-dumps.ts'
import { splitOf } from './split-of.ts'

/** The recorded kernels' types, dumped by the real bpftool and by ours, and compiled. See compare-kernels.mjs. */

const [bpftool = 'bpftool', clang = 'clang', ...chosen] = process.argv.slice(2)
const profiles = join(packageRoot(), 'profiles')
const folder = mkdtempSync(join(tmpdir(), 'btf-kernels-'))
const comparison = new Comparison(bpftool, memoryMachine())
const jsons = [['-j'], ['-p']] as const

/** Options and what stands after the file; `last` is the highest id. */
function formsOf(last: number): (readonly [options: readonly string[], rest: readonly string[]])[] {
  const ids = [1, last >>> 2, last >>> 1, last - 1, last]
  const roots = ids.flatMap((id) => ['root_id', String(id)])
  return [
    [[], []],
    [[], ['format', 'c', 'unsorted']],
    ...jsons.map((options) => [options, []] as const),
    ...[[], ...jsons].map((options) => [options, roots] as const),
    [['-j'], ['format', 'c']],
    [[], [...roots, 'format', 'c']],
    [[], [...roots, 'format', 'c', 'unsorted']],
    ...ids.map((id) => [[], ['root_id', String(id), 'format', 'c']] as const),
    [[], ['root_id', String(last + 1)]],
  ]
}

/** Whether C that includes the text compiles without a word. */
function compile(name: string, header: string): void {
  const source = join(folder, 'include.c')
  writeFileSync(join(folder, 'vmlinux.h'), header)
  writeFileSync(source, '#include "vmlinux.h"\n')
  const words = ['-target', 'bpf', '-O2', '-g', '-c', source, '-o', join(folder, 'include.o')]
  const { status, stderr, error } = spawnSync(clang, words, { encoding: 'utf8' })
  if (error) throw error
  const said = stderr.split('\n').find((line) => /warning|error/.test(line)) ?? ''
  console.log(`${name}: ${status === 0 ? 'compiles' : 'DOES NOT COMPILE'}${said === '' ? '' : `: ${said}`}`)
  if (status !== 0) process.exitCode = 1
}

async function compare(name: string, options: readonly string[], file: string, last: number): Promise<void> {
  const dump = [...options, 'btf', 'dump', 'file', file]
  for (const [more, rest] of formsOf(last)) await comparison.ask([...more, ...dump, ...rest])
  compile(name, await comparison.ask([...dump, 'format', 'c']))
}

try {
  for (const version of chosen.length > 0 ? chosen : readdirSync(profiles)) {
    const bytes = brotliDecompressSync(readFileSync(join(profiles, version, 'vmlinux.btf.br')))
    const [base, split] = ['vmlinux', 'split'].map((name) => join(folder, `${name}-${version}`)) as [string, string]
    writeFileSync(base, bytes)
    const btf = Btf.parse(bytes)
    const { bytes: types, last } = splitOf(btf)
    writeFileSync(split, types)
    await compare(version, [], base, btf.typeCount - 1)
    await compare(`${version} with split types`, ['-B', base], split, last)
  }
} finally {
  rmSync(folder, { recursive: true })
}
comparison.conclude()
