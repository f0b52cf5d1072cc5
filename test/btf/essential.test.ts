import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { Btf } from '../../src/btf/btf.ts'
import { essentialNameLength } from '../../src/btf/flavors.ts'
import { findBtfSections } from '../../src/cli/objects/btf-elf.ts'
import { randomUnits } from './units.ts'

/** What the index must find, by decoding every name. */
function byName(btf: Btf): Map<string, number[]> {
  const found = new Map<string, number[]>()
  for (let id = btf.startId; id < btf.typeCount; id++) {
    const name = btf.name(id)
    if (name === '') continue
    const essential = name.slice(0, essentialNameLength(name))
    found.set(essential, [...(found.get(essential) ?? []), id])
  }
  return found
}

test('types by their names without flavour', () => {
  const file = readFileSync(new URL('../gen/obj/core.clang-19.o', import.meta.url))
  const sections = findBtfSections(file, 'core')
  if (typeof sections === 'string' || sections.btf === undefined) throw new Error('no types')
  const btf = Btf.parse(Uint8Array.from(sections.btf))
  const expected = byName(btf)
  for (const [name, ids] of expected) expect([name, btf.idsOfEssentialName(name)]).toEqual([name, ids])
  expect([...expected.values()].some(({ length }) => length > 1)).toBe(true)
  expect(btf.idsOfEssentialName('no_such_type')).toEqual([])
})

test('split types whose names are the base’s', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { base, units } = randomUnits(seed)
    const split = Btf.parse(units[0] as Uint8Array, Btf.parse(base))
    for (const [name, ids] of byName(split)) expect(split.idsOfEssentialName(name)).toEqual(ids)
  }
})

test('where a flavour begins', () => {
  const names = ['a___b', 'a___b___c', '___b', 'a____b', 'a___', 'a___b_', '_a___b', 'a___b____c', 'a__b', 'a___b___']
  const strings = Buffer.from(`\0${names.join('\0')}\0`, 'latin1')
  const words = names.flatMap((_, i) => {
    const at = strings.indexOf(`\0${names[i]}\0`, 0, 'latin1') + 1
    return [at, 0x04000000, 0]
  })
  const bytes = new Uint8Array(24 + words.length * 4 + strings.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 0xeb9f, true)
  bytes[2] = 1
  ;[24, 0, words.length * 4, words.length * 4, strings.length].forEach((v, i) => view.setUint32(4 + i * 4, v, true))
  words.forEach((v, i) => view.setUint32(24 + i * 4, v, true))
  bytes.set(strings, 24 + words.length * 4)
  const btf = Btf.parse(bytes)
  for (const [name, ids] of byName(btf)) expect([name, btf.idsOfEssentialName(name)]).toEqual([name, ids])
})
