import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { Replay, type Step } from './others/replay.ts'

/** What bpf(2) answers about the less common maps, against a real kernel's answers (others/record.mjs). */

interface Recorded {
  /** Its release, such as 6.18.15+deb13-amd64. */
  kernel: string
  steps: [step: Step, answer: string][]
}

const folder = new URL('others/recorded/', import.meta.url)

describe('bpf(2) answers as Linux does', () => {
  test.each(readdirSync(folder))('%s', (file) => {
    const { steps, kernel } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Recorded
    const replay = new Replay(/^\d+\.\d+/.exec(kernel)?.[0] ?? '')
    const differences: object[] = []
    for (const [step, expected] of steps) {
      const answer = replay.answer(step)
      if (answer !== expected) differences.push({ step, expected, answer })
    }
    expect(differences).toEqual([])
  })
})
