import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { Btf, Kind } from '../../src/btf/btf.ts'
import { findBtfSections } from '../../src/cli/objects/btf-elf.ts'
import { functionSignature } from '../../src/cli/render/btf-signature.ts'
import { JsonText } from '../../src/cli/render/json.ts'
import { dumpBtfValue } from '../../src/cli/render/btf-value.ts'

interface Recorded {
  /** The value's type in values.o, which is its id in the kernel as well. */
  type: number
  values: string[]
  plain: string
  json: string
}

const here = new URL('./recorded/', import.meta.url)
const recorded = JSON.parse(readFileSync(new URL('values.json', here), 'utf8')) as Recorded[]

function load(object: string): Btf {
  const sections = findBtfSections(readFileSync(new URL(object, here)), object)
  if (typeof sections === 'string' || sections.btf === undefined) throw new Error('no types')
  return Btf.parse(sections.btf)
}

const btf = load('values.o')
const u32 = btf.findByNameKind('u32', Kind.TYPEDEF) ?? 0
const bytes = (hex: string) => Uint8Array.from(hex.trim().split(' '), (b) => Number.parseInt(b, 16))

function dump(type: number, values: readonly Uint8Array[], isPlainText: boolean): { text: string; status: number } {
  let text = ''
  let status = 0
  const json = new JsonText((piece) => (text += piece), isPlainText)
  json.startArray()
  values.forEach((value, i) => {
    if (status !== 0) return
    json.startObject()
    json.name('key')
    dumpBtfValue(btf, u32, Uint8Array.of(i, 0, 0, 0), json, { isPlainText })
    json.name('value')
    status = dumpBtfValue(btf, type, value, json, { isPlainText })
    json.endObject()
  })
  json.endArray()
  json.end()
  return { text, status }
}

describe('values by their types, as the real bpftool dumped them from the real kernel', () => {
  test('there are recorded answers', () => {
    expect(recorded.length).toBeGreaterThan(60)
  })

  test.each(recorded.map((r, i) => [`${btf.name(r.type) || `type ${r.type}`} (${i % 4})`, r] as const))(
    '%s',
    (_, { type, values, plain, json }) => {
      const real = Buffer.from(plain, 'base64').toString()
      const ours = dump(type, values.map(bytes), true)
      if (ours.status === 0) expect(ours.text).toBe(real)
      else expect(real.startsWith(ours.text.slice(0, -3))).toBe(true)
      const formatted = dump(type, values.map(bytes), false)
      const inner = Buffer.from(json, 'base64')
        .toString()
        .matchAll(/"formatted":(\{.*?\})\}(?=,\{"key":\[|\]\n)/g)
      if (ours.status === 0) expect(formatted.text).toBe(`[${[...inner].map((m) => m[1]).join(',')}]\n`)
    },
  )
})

test('a value that is too short reads as zeros', () => {
  const bits = btf.findByNameKind('ints', Kind.STRUCT) ?? 0
  expect(dump(bits, [new Uint8Array(3)], true)).toEqual(dump(bits, [new Uint8Array(64)], true))
})

test('signatures of functions', () => {
  const types = load('signatures.o')
  const lines = readFileSync(new URL('signatures.txt', here), 'utf8').trim().split('\n')
  expect(lines).toHaveLength(2)
  for (const line of lines) {
    const name = /(\w+)\(/.exec(line)?.[1] ?? ''
    expect(`${functionSignature(types, types.findByNameKind(name, Kind.FUNC) ?? 0)}:`).toBe(line)
  }
  expect(functionSignature(types, types.typeCount)).toBe('')
})
