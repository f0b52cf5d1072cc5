import { spawnSync } from 'node:child_process'
import { basename } from 'node:path'
import { answer } from '../cli/memory.ts'
import type { OpenMachine } from '../../src/cli/main.ts'

/** Of an answer, in bytes: what a string can hold. */
const LONGEST = (1 << 29) - 64

/** Command lines asked of the real bpftool and of ours, and where they differ, which is printed. */
export class Comparison {
  readonly #bpftool: string
  readonly #machine: OpenMachine
  #asked = 0
  #died = 0
  #differ = 0

  constructor(bpftool: string, machine: OpenMachine) {
    this.#bpftool = bpftool
    this.#machine = machine
  }

  /** @returns what ours printed. */
  async ask(words: readonly string[]): Promise<string> {
    const options = { maxBuffer: LONGEST, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } } as const
    const real = spawnSync(this.#bpftool, words, options)
    const line = words.map((word) => basename(word)).join(' ')
    if (real.error) {
      if (!('code' in real.error && real.error.code === 'ENOBUFS')) throw real.error
      console.log(`${line}: too long to be compared`)
      return ''
    }
    const ours = await answer(words, this.#machine)
    // The loader of a copy answers for its signal with a status.
    if (real.status === null || [134, 136, 139].includes(real.status)) {
      this.#died++
      console.log(`${line}: the real one died of ${real.signal ?? String(real.status)}; ours ${ours.status & 0xff}`)
      return ours.stdout
    }
    this.#asked++
    const what = (['stdout', 'stderr'] as const).filter((stream) => real[stream] !== ours[stream])
    const status = real.status === (ours.status & 0xff) ? [] : [`status ${real.status}, ours ${ours.status & 0xff}`]
    if (what.length + status.length > 0) {
      this.#differ++
      console.log(`${line}: ${[...status, ...what].join(', ')}`)
    }
    return ours.stdout
  }

  conclude(): void {
    console.log(`${this.#asked} answers, ${this.#differ} differ; the real one died ${this.#died} times`)
    process.exitCode = this.#differ > 0 ? 1 : 0
  }
}
