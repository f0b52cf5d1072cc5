import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { bootMachine } from '../../src/kernel/boot.ts'
import { answer } from '../cli/memory.ts'
import { random } from '../random.ts'
import { mutated } from './mutate.ts'
import type { OpenMachine } from '../../src/cli/main.ts'

/** Links objects by the real bpftool and by ours, with -d, and prints where they differ. See compare-links.mjs. */

const [bpftool = 'bpftool', mode = 'single', first = '1', count = '100', ...rest] = process.argv.slice(2)
const files = (mode === 'single' || mode === 'group' ? [first, count, ...rest] : rest).map((file) => resolve(file))
const folder = mkdtempSync(join(tmpdir(), 'links-'))
const machine = bootMachine()
const open: OpenMachine = () => ({ process: () => machine.process('bpftool'), close: () => undefined })
/** SIGILL, SIGABRT, SIGBUS, SIGFPE and SIGSEGV, from a shell. */
const signals = [132, 134, 135, 136, 139]
const tally = { asked: 0, linked: 0, refused: 0, died: 0, differ: 0 }

async function compare(name: string, inputs: readonly string[]): Promise<void> {
  const to = join(folder, 'linked.o')
  const words = ['-d', 'gen', 'object', to, ...inputs]
  const options = {
    encoding: 'latin1',
    maxBuffer: 1 << 28,
    timeout: 10_000,
    env: { ...process.env, LC_ALL: 'C' },
  } as const
  const real = spawnSync(bpftool, words, options)
  const theirs = real.status === 0 ? readFileSync(to) : undefined
  rmSync(to, { force: true })
  const ours = await answer(words, open)
  tally.asked++
  // Killed by a signal, itself or as its shell tells it.
  if (real.status === null || signals.includes(real.status)) {
    tally.died++
    return
  }
  tally[real.status === 0 ? 'linked' : 'refused']++
  const what: string[] = []
  if (real.status !== (ours.status & 0xff)) what.push(`status ${real.status}, ours ${ours.status & 0xff}`)
  if (real.stdout !== ours.stdout) what.push('stdout')
  const mine = Buffer.from(ours.stderr).toString('latin1')
  if (real.stderr !== mine && real.stderr !== ours.stderr)
    what.push(
      `stderr\n  real ${real.stderr.split('\n').slice(-3).join(' | ')}\n  ours ${mine.split('\n').slice(-3).join(' | ')}`,
    )
  if (theirs !== undefined && ours.status === 0) {
    const own = readFileSync(to)
    if (!own.equals(theirs)) {
      let at = 0
      while (own[at] === theirs[at]) at++
      what.push(`bytes: ${theirs.length}, ours ${own.length}, from ${at}`)
    }
  }
  if (what.length === 0) return
  tally.differ++
  console.log(`${name}: ${what.join('; ')}`)
}

try {
  if (mode === 'single') {
    for (const file of files) await compare(basename(file), [file])
  } else if (mode === 'group') {
    await compare(files.map((file) => basename(file)).join(' '), files)
  } else {
    for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
      const next = random(seed)
      const pick = () => files[next() % files.length] as string
      const chosen = Array.from({ length: mode === 'mutated' ? 1 + (next() % 2) : 2 + (next() % 2) }, pick)
      if (mode === 'mutated') {
        const changed = join(folder, 'changed.o')
        writeFileSync(changed, mutated(readFileSync(chosen.at(-1) as string), next))
        chosen[chosen.length - 1] = changed
      }
      if (process.env['KEEP']) writeFileSync(process.env['KEEP'], readFileSync(chosen.at(-1) as string))
      await compare(`seed ${seed} (${chosen.map((file) => basename(file)).join(' ')})`, chosen)
    }
  }
} finally {
  rmSync(folder, { recursive: true })
}
console.log(JSON.stringify(tally))
