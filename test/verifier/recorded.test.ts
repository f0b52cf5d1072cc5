import { expect, test } from '@jest/globals'
import { readFileSync, readdirSync } from 'node:fs'
import { bootMachine } from '../../src/kernel/boot.ts'
import { brief } from '../steps/recorded.ts'
import { runSteps } from '../steps/step.ts'
import { programSteps, settled } from './program-steps.ts'

/** What Linux 6.18 said of each program in fixtures/src, with its whole log (record.mjs). */

const at = (path: string) => new URL(`fixtures/${path}`, import.meta.url)

test.each(readdirSync(at('obj')))('%s', (file) => {
  const recorded: unknown = JSON.parse(readFileSync(at(`recorded/${file.replace(/\.o$/, '.json')}`), 'utf8'))
  const process = bootMachine().process('test')
  const ours = programSteps(readFileSync(at(`obj/${file}`)), file).map(([name, steps]) => {
    const last = runSteps(process, steps).at(-1)
    return [name, last && brief(settled(last))]
  })
  expect(Object.fromEntries(ours)).toEqual(recorded)
})
