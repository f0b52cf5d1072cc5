import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { constructed, der, derValues, integer, objectId, octets } from '../../src/asn1/der.ts'
import { KernelError } from '../../src/kernel/error.ts'
import { verifySignature } from '../../src/kernel/load/signature.ts'
import { random } from '../libbpf/mutate.ts'

test('what is written is read', () => {
  const long = new Uint8Array(70_000).fill(7)
  const bytes = constructed(0x30, integer(3), octets(long), objectId('1.2.840.113549.1.7.2'))
  const [sequence, ...rest] = derValues(bytes) ?? []
  expect(rest).toEqual([])
  expect(sequence?.tag).toBe(0x30)
  const parts = derValues(sequence?.content ?? new Uint8Array(0)) ?? []
  expect(parts.map(({ tag, content }) => [tag, content.length])).toEqual([
    [0x02, 1],
    [0x04, 70_000],
    [0x06, 9],
  ])
})

test('keys that Node writes are read to their end, and not when they are cut', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const bytes = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  expect(derValues(bytes)).toHaveLength(1)
  expect(derValues(derValues(bytes)?.[0]?.content ?? bytes)).toHaveLength(2)
  for (let length = 1; length < bytes.length; length++) expect(derValues(bytes.subarray(0, length))).toBeUndefined()
})

test('no message but a signature is taken for one', () => {
  for (let seed = 1; seed < 3000; seed++) {
    const below = random(seed)
    const piece = (depth: number): Uint8Array =>
      depth === 0 || below(3) === 0
        ? der(
            [0x02, 0x04, 0x06, 0x80][below(4)] as number,
            Uint8Array.from({ length: below(40) }, () => below(256)),
          )
        : constructed(
            [0x30, 0x31, 0xa0][below(3)] as number,
            ...Array.from({ length: below(5) }, () => piece(depth - 1)),
          )
    const message = piece(6)
    if (below(2) === 0 && message.length > 0) message[below(message.length)] = below(256)
    expect(() => {
      verifySignature(new Uint8Array(8), message, [])
    }).toThrow(KernelError)
  }
})
