import { describe, expect, test } from '@jest/globals'
import { LibbpfError, openObject } from '../../src/libbpf/object.ts'
import { fixture, fixtureNames, recorded } from './cases.ts'
import { damage } from './mutate.ts'

/** Messages of opening an object: all with `debug`, else warnings and notes. */
function messages(bytes: Uint8Array, path: string, debug: boolean): string {
  let text = ''
  const print = (_level: string, message: string): void => {
    text += message
  }
  try {
    openObject(bytes, path, { print, debug })
  } catch (error) {
    if (!(error instanceof LibbpfError)) throw error
  }
  return text
}

/** What libbpf 1.8 prints, debug messages too. */
const opened = recorded<Record<string, string[]>>('open.json')

describe('opening an object says what libbpf says', () => {
  test.each(Object.keys(opened))('%s', (name) => {
    expect(messages(fixture(name), name, true).split('\n').slice(0, -1)).toEqual(opened[name])
  })

  test('every fixture has a recording', () => {
    expect(Object.keys(opened)).toEqual(fixtureNames())
  })
})

test('bad files are refused in the words of libbpf 1.8', () => {
  const cases = recorded<[string, number, string][]>('bad-files.json')
  expect(cases.length).toBeGreaterThan(300)
  for (const [name, seed, stderr] of cases) {
    const bytes = damage(fixture(name), seed)
    expect([name, seed, Buffer.from(messages(bytes, 'bad.o', false), 'latin1').toString('latin1')]).toEqual([
      name,
      seed,
      stderr,
    ])
  }
})

test('no damaged file does worse than being refused', () => {
  const names = fixtureNames()
  for (let seed = 10_000; seed < 13_000; seed++) {
    messages(damage(fixture(names[seed % names.length] as string), seed), 'bad.o', false)
  }
})

test('a file that cannot be read', () => {
  let text = ''
  const print = (_level: string, message: string): void => {
    text += message
  }
  expect(() => openObject({ failed: 2 }, 'none.o', { print })).toThrow(LibbpfError)
  expect(text).toBe('libbpf: elf: failed to open none.o: -ENOENT\n')
})
