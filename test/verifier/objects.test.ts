import { expect, test } from '@jest/globals'
import { readFileSync, readdirSync } from 'node:fs'
import { bootMachine } from '../../src/kernel/boot.ts'
import { loadOne, normalize } from './load-one.ts'

/**
 * Programs, each for one rule, with what Linux 6.18 says of them: objects/src/NAME.c is a room of rules,
 * objects/recorded/NAME.json what record-objects.mjs wrote.
 */

interface Recorded {
  object: string
  level: number
  programs: Record<string, { errno: number; log: string[] }>
}

const folder = new URL('objects/recorded/', import.meta.url)

for (const file of readdirSync(folder)) {
  const { object, level, programs } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Recorded
  const bytes = new Uint8Array(readFileSync(new URL(`objects/obj/${object}`, import.meta.url)))
  test(object, () => {
    const machine = bootMachine()
    const ours = Object.keys(programs).map((prog) => {
      const process = machine.process('verdicts')
      const { errno, log, missing } = loadOne(process, bytes, object, prog, level, true)
      return [prog, missing || errno, normalize(log).split('\n')]
    })
    machine.close()
    const theirs = Object.entries(programs).map(([prog, { errno, log }]) => {
      return [prog, errno, normalize(log.join('\n')).split('\n')]
    })
    expect(ours).toEqual(theirs)
  })
}
