import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { Args } from '../../src/cli/args.ts'
import { btfDump } from '../../src/cli/objects/btf-dump.ts'
import { JsonText } from '../../src/cli/render/json.ts'
import type { Command } from '../../src/cli/command.ts'

const here = fileURLToPath(new URL('./recorded/', import.meta.url))
const recorded = (name: string) => readFileSync(here + name, 'utf8')

/** Runs `btf dump WORDS` with the little of a command that files need. */
async function dump(words: string, format: { json?: boolean; pretty?: boolean } = {}) {
  let stdout = ''
  let stderr = ''
  const json = format.json === true ? new JsonText((text) => (stdout += text), format.pretty) : undefined
  const cmd = {
    options: { json: format.json, pretty: format.pretty === true, verifierLogs: true, baseBtf: undefined },
    json,
    out: (text: string | Uint8Array) => {
      json?.flush()
      stdout += Buffer.from(text).toString()
    },
    message: (text: string) => (stderr += text),
    error: (text: string) => (stderr += `Error: ${text}\n`),
    info: (text: string) => (stderr += `${text}\n`),
    readHostFile: (path: string) => readFileSync(path),
  } as unknown as Command
  const status = await btfDump(cmd, new Args(words.split(' ')))
  json?.end()
  return { stdout, stderr, status }
}

describe('types of objects, as the real bpftool dumps them', () => {
  test.each(['odd', 'dup', 'odd-eb', 'odd-gcc', 'wrapped'])('%s', async (name) => {
    const file = `file ${here}${name}.o`
    const ok = (stdout: string) => ({ stdout, stderr: '', status: 0 })
    expect(await dump(file)).toEqual(ok(recorded(`${name}.raw`)))
    expect(await dump(`${file} format c`)).toEqual(ok(recorded(`${name}.c.txt`)))
    expect(await dump(`${file} format c unsorted`)).toEqual(ok(recorded(`${name}.unsorted.txt`)))
    expect(await dump(file, { json: true })).toEqual(ok(recorded(`${name}.json`)))
    expect(await dump(file, { json: true, pretty: true })).toEqual(ok(recorded(`${name}.pretty.json`)))
  })
})

test('chosen types', async () => {
  const lines = recorded('dup.raw').split(/\n(?=\[)/)
  expect((await dump(`file ${here}dup.o root_id 1 root_id 3`)).stdout).toBe(`${lines[0]}\n${lines[2]}\n`)
})

describe('errors', () => {
  const file = `file ${here}dup.o`
  test.each([
    [`${file} root_id 1 root_id 1`, 'duplicate root_id 1 supplied', -22],
    [`${file} root_id 70000`, 'invalid root ID: 70000', -22],
    [`${file} format d`, "unrecognized format specifier: 'd', possible values: raw, c", -22],
    [`${file} format`, "expecting value for 'format' option\n", -22],
    [`${file} junk`, "unrecognized option: 'junk'", -22],
    [`${file} file`, "'file' needs at least 1 arguments, 0 found", -22],
    [
      `${file} ${file}`,
      'base BTF is required when merging multiple BTF files; use -B/--base-btf or use sysfs paths',
      -22,
    ],
  ])('%s', async (words, message, status) => {
    expect(await dump(words)).toEqual({ stdout: '', stderr: `Error: ${message}\n`, status })
  })
})
