import { resolve } from 'node:path'
import { memoryMachine } from '../cli/memory.ts'
import { Comparison } from './compare-dumps.ts'

/** `btf dump` in all its forms by the real bpftool and by ours. See compare.mjs. */

const [bpftool = 'bpftool', ...args] = process.argv.slice(2)
const base = args[0] === '--base' ? resolve(args.splice(0, 2)[1] ?? '') : undefined
const files = args.map((file) => resolve(file))
const comparison = new Comparison(bpftool, memoryMachine())
const withBase = base === undefined ? [] : ['-B', base]
const forms: readonly (readonly [options: readonly string[], rest: readonly string[]])[] = [
  [[], []],
  [[], ['format', 'raw']],
  [[], ['format', 'c']],
  [[], ['format', 'c', 'unsorted']],
  [['-j'], []],
  [['-p'], []],
  [['-j'], ['format', 'c']],
  [['-d'], ['format', 'c']],
  [[], ['root_id', '1']],
  [[], ['root_id', '2', 'root_id', '5', 'format', 'c']],
  [['-p'], ['root_id', '3']],
  [[], ['root_id']],
  [[], ['root_id', '999999']],
  [[], ['format', 'c', 'sorted']],
]
for (const file of files) {
  for (const [options, rest] of forms)
    await comparison.ask([...options, ...withBase, 'btf', 'dump', 'file', file, ...rest])
}
for (let i = 0; base !== undefined && i + 1 < files.length; i += 2) {
  const both = ['file', files[i] as string, 'file', files[i + 1] as string]
  for (const [options, rest] of forms) await comparison.ask([...options, ...withBase, 'btf', 'dump', ...both, ...rest])
}
comparison.conclude()
