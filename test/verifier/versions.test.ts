import { expect, test } from '@jest/globals'
import { factsOf } from '../../src/kernel/verifier/versions.ts'

/** Which releases have what the stable ones changed. */

test.each([
  ['6.18', 0],
  ['6.18.13', 0],
  ['6.18.15+deb13-amd64', 1],
  ['6.18.17', 4],
  ['6.18.21-1-generic', 7],
  ['6.18.33', 9],
  ['6.18.44', 13],
  ['6.19.0', 13],
  ['7.2', 13],
])('%s has %i of them', (release, count) => {
  expect(Object.values(factsOf(release)).filter(Boolean)).toHaveLength(count)
})
