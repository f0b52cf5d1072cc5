import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { StateError, bootDirectory, rebootDirectory } from '../../src/kernel/boot.ts'
import { u32Key, utf8 } from '../../src/kernel/store/bytes.ts'
import { LmdbStore } from '../../src/kernel/store/lmdb.ts'
import { Table } from '../../src/kernel/store/store.ts'

const folder = mkdtempSync(join(tmpdir(), 'damage-'))
let count = 0
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function booted(): string {
  const directory = join(folder, String(count++))
  bootDirectory(directory).close()
  return directory
}

function problem(directory: string): string {
  try {
    bootDirectory(directory).close()
  } catch (error) {
    if (error instanceof StateError) return error.message
    throw error
  }
  return 'opens'
}

describe('a state directory that is not as it should be', () => {
  test('a file in its place', () => {
    const file = join(folder, 'file')
    writeFileSync(file, 'text')
    expect(problem(file)).toMatch(/^can't make .*file: File exists$/)
    expect(problem(join(file, 'below'))).toMatch(/^can't make .*below: Not a directory$/)
  })

  test('a foreign data file is refused and left alone', () => {
    const directory = booted()
    writeFileSync(join(directory, 'data.mdb'), 'not a database at all, but long enough to look at '.repeat(100))
    expect(problem(directory)).toMatch(/data\.mdb is damaged$/)
    expect(readFileSync(join(directory, 'data.mdb'), 'latin1')).toMatch(/^not a database/)
    rebootDirectory(directory, {})
    expect(problem(directory)).toBe('opens')
  })

  test('a data file that was cut short', () => {
    const directory = booted()
    truncateSync(join(directory, 'data.mdb'), 8192)
    expect(problem(directory)).not.toContain('\n')
    rebootDirectory(directory, {})
    expect(problem(directory)).toBe('opens')
  })

  test.each([
    [1, 'the machine was made by an earlier version of bpftool: boot another with "kernel reset"'],
    [0xffff, 'the machine was made by a later version of bpftool'],
  ])('a machine of format %i', (format, message) => {
    const directory = booted()
    const store = new LmdbStore(directory)
    store.write(() => {
      store.put(Table.META, utf8('format'), u32Key(format))
    })
    store.close()
    expect(problem(directory)).toBe(message)
    rebootDirectory(directory, {})
    expect(problem(directory)).toBe('opens')
  })
})
