import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { Btf, Kind } from '../../src/btf/btf.ts'
import { bootMachine } from '../../src/kernel/boot.ts'
import { loadObject } from '../../src/libbpf/load.ts'
import { openObject } from '../../src/libbpf/open.ts'

const object = readFileSync('test/libbpf/src/kinds.clang-19.o')

/** Kinds and sizes of the types that a kernel of that version is given. */
function given(profile: string): Btf {
  const process = bootMachine({ profile }).process('test')
  loadObject(openObject(object, 'kinds.o'), process)
  const { btf } = process.bpf.btfInfo(process.bpf.getFdById('btf', 2), true)
  return Btf.parse(btf ?? new Uint8Array())
}

test('an older kernel gets types that it knows, of the same size', () => {
  const [own, old] = [given('6.18'), given('5.10')]
  const becomes: Record<number, number> = {
    [Kind.FLOAT]: Kind.STRUCT,
    [Kind.DECL_TAG]: Kind.INT,
    [Kind.TYPE_TAG]: Kind.CONST,
    [Kind.ENUM64]: Kind.UNION,
  }
  const seen = new Set<number>()
  for (let id = 1; id < own.typeCount; id++) {
    seen.add(own.kind(id))
    expect({ id, kind: old.kind(id) }).toEqual({ id, kind: becomes[own.kind(id)] ?? own.kind(id) })
    if (own.kind(id) === Kind.FLOAT || own.kind(id) === Kind.ENUM64) expect(old.size(id)).toBe(own.size(id))
  }
  for (const kind of Object.keys(becomes)) expect(seen).toContain(Number(kind))
  expect(old.typeCount).toBe(own.typeCount + 1)
  expect(old.name(own.typeCount)).toBe('enum64_placeholder')
  // 6.1 lacks nothing of it.
  expect(given('6.1').typeCount).toBe(own.typeCount)
})
