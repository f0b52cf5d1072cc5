import { spawnSync } from 'node:child_process'
import { basename, resolve } from 'node:path'
import { answer, memoryMachine } from '../cli/memory.ts'

/** `btf dump` in all its forms by the real bpftool and by ours. See compare.mjs. */

const [bpftool = 'bpftool', ...args] = process.argv.slice(2)
const base = args[0] === '--base' ? resolve(args.splice(0, 2)[1] ?? '') : undefined
const files = args.map((file) => resolve(file))
const machine = memoryMachine()
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
let asked = 0
let differ = 0

async function compare(words: readonly string[]): Promise<void> {
  const options = { maxBuffer: 1 << 29, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } } as const
  const real = spawnSync(bpftool, words, options)
  if (real.error && !('code' in real.error && real.error.code === 'ENOBUFS')) throw real.error
  if (real.status === null || [134, 136, 139].includes(real.status)) return
  const ours = await answer(words, machine)
  asked++
  const what = (['stdout', 'stderr'] as const).filter((stream) => real[stream] !== ours[stream])
  const status = real.status === (ours.status & 0xff) ? [] : [`status ${real.status}, ours ${ours.status & 0xff}`]
  if (what.length + status.length === 0) return
  differ++
  console.log(`${words.map((word) => basename(word)).join(' ')}: ${[...status, ...what].join(', ')}`)
}

for (const file of files) {
  for (const [options, rest] of forms) await compare([...options, ...withBase, 'btf', 'dump', 'file', file, ...rest])
}
for (let i = 0; base !== undefined && i + 1 < files.length; i += 2) {
  const both = ['file', files[i] as string, 'file', files[i + 1] as string]
  for (const [options, rest] of forms) await compare([...options, ...withBase, 'btf', 'dump', ...both, ...rest])
}
console.log(`${asked} answers, ${differ} differ`)
