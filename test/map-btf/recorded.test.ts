import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { openChecked } from '../../src/kernel/btf/checked.ts'
import { vmlinuxTypes } from '../../src/kernel/btf/vmlinux.ts'
import { loadProfile } from '../../src/kernel/profile/profile.ts'
import { mapCases } from './cases.ts'
import { checkTypes } from './check.ts'

/** Types of maps against what Linux 6.18 answered to BPF_MAP_CREATE (compare.mjs --record). */

const url = new URL('recorded/cases.json', import.meta.url)
const answers = JSON.parse(readFileSync(url, 'utf8')) as Record<string, number>
const profile = loadProfile('6.18')
const kernel = { vmlinuxTypes: () => vmlinuxTypes(profile) }

test('types of maps', () => {
  const cases = mapCases().filter(({ name }) => name in answers)
  expect(cases.length).toBe(Object.keys(answers).length)
  const btf = openChecked(cases[0]?.btf as Uint8Array, kernel)
  const ours = Object.fromEntries(cases.map((each) => [each.name, checkTypes(kernel, btf, each)]))
  expect(ours).toEqual(answers)
})
