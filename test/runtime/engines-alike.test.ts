import { describe, expect, test } from '@jest/globals'
import { runWild } from './wild-world.ts'

/** As many as run in a few seconds; compare-engines.mjs runs as many as are wanted. */
const PROGRAMS = 2000
const PART = 250

describe('the two engines', () => {
  const parts = Array.from({ length: PROGRAMS / PART }, (_, i) => i * PART)
  test.each(parts)('make the same of wild programs %i and on', (from) => {
    for (let seed = from; seed < from + PART; seed++) {
      expect({ seed, ...runWild(seed, 'compiler') }).toEqual({ seed, ...runWild(seed, 'interpreter') })
    }
  })

  test('come to an end by themselves in most, so that there is something to compare', () => {
    const ended = Array.from({ length: 100 }, (_, seed) => runWild(seed, 'compiler')).filter((each) => !each['error'])
    expect(ended.length).toBeGreaterThan(60)
  })
})
