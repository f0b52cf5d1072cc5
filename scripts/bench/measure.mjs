// Whole processes, measured: their time, their memory, and what they answer.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname ?? '.', '../..')
export const node = [process.execPath, '-e', '0']
export const fixture = (name) => join(root, 'fixtures/obj', name)

/** A row that can't be measured here. */
export class Skipped extends Error {}

export const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]

/** Runs a process to its end; it must succeed. */
export function once(argv, { env = process.env } = {}) {
  const start = process.hrtime.bigint()
  const done = spawnSync(argv[0], argv.slice(1), { env, maxBuffer: 1 << 30 })
  const seconds = Number(process.hrtime.bigint() - start) / 1e9
  if (done.status !== 0) {
    const why = done.error?.message ?? `status ${done.status}: ${String(done.stderr).trim().split('\n').at(-1) ?? ''}`
    throw new Error(`${argv.slice(1).join(' ').slice(0, 80)}: ${why}`)
  }
  return { seconds, stdout: done.stdout, stderr: done.stderr }
}

/**
 * Medians of two processes in seconds, run in turn after a run of each that isn't counted (and fills the file cache).
 * @param before is run before each, and not measured.
 */
export function inTurn(ours, other, runs, { env, before = () => {} } = {}) {
  const times = [[], []]
  for (let i = -1; i < runs; i++) {
    for (const [which, argv] of [ours, other].entries()) {
      before(which)
      const { seconds } = once(argv, { env })
      if (i >= 0) times[which].push(seconds)
    }
  }
  return { ours: median(times[0]), other: median(times[1]), unit: 's' }
}

/** Medians of a number that two processes give, in turn. */
export function numbersInTurn(ours, other, runs, unit) {
  const values = [[], []]
  for (let i = -1; i < runs; i++) {
    for (const [which, give] of [ours, other].entries()) {
      const value = give()
      if (i >= 0) values[which].push(value)
    }
  }
  return { ours: median(values[0]), other: median(values[1]), unit }
}

/** The most memory that a Node process held, in bytes. */
export function peakMemory(argv, { env, work }) {
  const hook = join(work, 'memory.cjs')
  const answer = join(work, 'memory')
  // Linux counts what a process held before it was this program, too, but not in VmHWM.
  writeFileSync(
    hook,
    `const fs = require('fs')
process.on('exit', () => {
  let kilobytes = process.resourceUsage().maxRSS
  try {
    kilobytes = /VmHWM:\\s*(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]
  } catch {}
  fs.writeFileSync(${JSON.stringify(answer)}, String(kilobytes))
})
`,
  )
  once([argv[0], '--require', hook, ...argv.slice(1)], { env })
  return Number(readFileSync(answer, 'utf8')) * 1024
}

export function shown(value, unit) {
  if (unit === 'bytes') return `${(value / 1e6).toFixed(1)} MB`
  if (unit === 'ns') return value < 1e4 ? `${value.toFixed(1)} ns` : `${(value / 1e3).toFixed(1)} us`
  return value < 0.1 ? `${(value * 1e3).toFixed(1)} ms` : `${value.toFixed(2)} s`
}
