import { describe, expect, test } from '@jest/globals'
import { readFileSync, readdirSync } from 'node:fs'
import { bootMachine } from '../../src/kernel/boot.ts'
import { brief } from '../steps/recorded.ts'
import { runSteps } from '../steps/step.ts'
import { programSteps, settled } from './program-steps.ts'

/** What Linux said of each program in fixtures (record.mjs). */

type Brief = ReturnType<typeof brief>

const at = (path: string) => new URL(`fixtures/${path}`, import.meta.url)

function recordedOf(folder: string, file: string): Record<string, Brief> {
  const text = readFileSync(at(`${folder}recorded/${file.replace(/\.o$/, '.json')}`), 'utf8')
  return JSON.parse(text) as Record<string, Brief>
}

function oursOf(folder: string, file: string, profile?: string): Record<string, Brief> {
  const boot = profile === undefined ? {} : { profile }
  const process = bootMachine(boot).process('test')
  const ours = programSteps(readFileSync(at(`${folder}obj/${file}`)), file, boot).flatMap(([name, steps]) => {
    const last = runSteps(process, steps).at(-1)
    return last ? [[name, brief(settled(last))] as const] : []
  })
  return Object.fromEntries(ours)
}

test.each(readdirSync(at('obj')))('%s on Linux 6.18, with its whole log', (file) => {
  expect(oursOf('', file)).toEqual(recordedOf('', file))
})

/** The verdict and the message before the statistics: what else other kernels log isn't all known yet. */
function told(answers: Record<string, Brief>): Record<string, [errno: number, message: string]> {
  const messageOf = (log: string) =>
    log
      .replace(/^\d+ bytes, \w+, .*? /, '')
      .split('\n')
      .findLast((line) => !/^(processed|verification|stack|$)/.test(line))
  return Object.fromEntries(
    Object.entries(answers).map(([name, [errno, , log]]) => [name, [errno, errno === 0 ? '' : (messageOf(log) ?? '')]]),
  )
}

describe.each(readdirSync(at('')).filter((name) => /^\d/.test(name)))('on Linux %s', (version) => {
  test.each(readdirSync(at(`${version}/obj`)))('%s', (file) => {
    expect(told(oursOf(`${version}/`, file, version))).toEqual(told(recordedOf(`${version}/`, file)))
  })
})
