import { expect, test } from '@jest/globals'
import { factsOf } from '../../src/kernel/verifier/versions.ts'

/** Which releases have what the stable ones of 6.18 changed. */

const plain = Object.values(factsOf('6.18')).filter(Boolean).length

test.each([
  ['6.18', 0],
  ['6.18.13', 0],
  ['6.18.15', 1],
  ['6.18.17', 4],
  ['6.18.21', 7],
  ['6.18.33', 9],
  ['6.18.44', 16],
  ['6.19.0', 16],
])('%s has %i of them', (release, count) => {
  expect(Object.values(factsOf(release)).filter(Boolean)).toHaveLength(plain + count)
})

test('a version has all that older ones have', () => {
  const versions = ['5.10', '5.17', '6.1', '6.4', '6.8', '6.12', '6.18', '6.18.44', '7.2']
  for (const [i, version] of versions.entries()) {
    for (const [name, has] of Object.entries(factsOf(versions[i - 1] ?? '5.10'))) {
      if (has)
        expect({ version, name, has: factsOf(version)[name as keyof ReturnType<typeof factsOf>] }).toEqual({
          version,
          name,
          has,
        })
    }
  }
})
