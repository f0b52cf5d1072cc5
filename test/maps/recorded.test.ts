import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { Replay, parseCases } from './replay.ts'

/** The steps of recorded/*.txt, run through the door, against what a real 6.18 answered (record.py). */

const folder = (name: string) => new URL(`${name}/`, import.meta.url)
const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')
const files = readdirSync(folder('recorded'))

describe.each(files)('%s', (file) => {
  const cases = parseCases(read(`recorded/${file}`))

  test('is of the steps that are there', () => {
    const steps = read(`steps/${file}`)
    const asked = steps.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    expect(cases.flatMap((each) => each.steps.map(({ text }) => text))).toEqual(asked)
  })

  test.each(cases)('$name', ({ steps }) => {
    const replay = new Replay()
    const said = steps.map(({ text }) => `${text} => ${replay.answer(text)}`)
    expect(said).toEqual(steps.map(({ text, answer }) => `${text} => ${answer}`))
  })
})
