import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { answer, folderOf, removeFolder } from './answers.ts'
import type { Step } from './answers.ts'
import { kernels, objects, steps as stepsOf } from './cases.mjs'
import { kept } from './kept.mjs'

/** Objects on kernels: what bpftool said on the real ones, and what is said on ours. */

let folder: string
beforeAll(() => {
  folder = folderOf(objects)
})
afterAll(() => {
  removeFolder(folder)
})

/** Of the logs that -d shows, so many are the same to the byte; what the others lack is in the verifier's README. */
const wholeLogs: Readonly<Record<string, number>> = { '5.10': 46, '6.1': 42, '6.12': 65, '6.18': 92, '7.2': 8 }

describe.each(kernels)('objects on Linux %s', (kernel) => {
  const recorded = JSON.parse(readFileSync(`test/kernels/recorded/${kernel}.json`, 'utf8')) as { steps: Step[] }
  const isDebug = ({ argv }: Step) => argv[0] === '-d'
  const ours = async ({ argv }: Step) => {
    const { status, stdout, stderr } = await answer(kernel, argv, folder)
    return { argv, status, stdout: kept(stdout), stderr: kept(stderr) }
  }

  test('were recorded', () => {
    expect(recorded.steps.map(({ argv }) => argv)).toEqual(Object.keys(objects).flatMap(stepsOf))
  })

  test('verdicts and messages', async () => {
    const asked = recorded.steps.filter((step) => !isDebug(step))
    const answers: unknown[] = []
    for (const step of asked) answers.push(await ours(step))
    expect(answers).toEqual(asked)
  })

  test('logs', async () => {
    let same = 0
    for (const step of recorded.steps.filter(isDebug)) {
      const { status, stdout, stderr } = await ours(step)
      expect({ argv: step.argv, status }).toEqual({ argv: step.argv, status: step.status })
      if (stdout === step.stdout && stderr === step.stderr) same++
    }
    expect(same).toBeGreaterThanOrEqual(wholeLogs[kernel] ?? 0)
  })
})
