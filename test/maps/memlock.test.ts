import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { bootMachine } from '../../src/kernel/boot.ts'
import { mapTypeByName } from '../../src/uapi/map-type.ts'

/** What maps take (fdinfo's memlock) is what Debian's 6.18 with four CPUs says: memlock/record.sh. */

const lines = readFileSync(new URL('memlock/recorded.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')
const types = [...new Set(lines.map((line) => line.split(' ')[0] ?? ''))]

const process = bootMachine({ cpus: 4 }).process('memlock')
const { bpf } = process
const inner = bpf.mapCreate({ mapType: 2, keySize: 4, valueSize: 8, maxEntries: 4 })

function memlock(line: string): string {
  const [type = '', ...numbers] = line.split(' ')
  const [keySize = 0, valueSize = 0, maxEntries = 0, mapFlags = 0, elements = 0] = numbers.map(Number)
  const mapType = mapTypeByName(type) ?? 0
  const ofMaps = type.endsWith('_of_maps')
  const fd = bpf.mapCreate({ mapType, keySize, valueSize, maxEntries, mapFlags, ...(ofMaps && { innerMapFd: inner }) })
  for (let i = 0; i < elements; i++) {
    const key = new Uint8Array(keySize)
    key[0] = i
    const value = new Uint8Array(type.includes('percpu') ? Math.ceil(valueSize / 8) * 8 * 4 : valueSize)
    if (ofMaps) new DataView(value.buffer).setInt32(0, inner, true)
    bpf.mapUpdateElem(fd, key, value)
  }
  const said = process.fdinfo(fd).get('memlock') ?? ''
  process.close(fd)
  return [type, ...numbers.slice(0, 5), said].join(' ')
}

test.each(types)('%s', (type) => {
  const mine = lines.filter((line) => line.startsWith(`${type} `))
  expect(mine.map(memlock)).toEqual(mine)
})
