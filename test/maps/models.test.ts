import { afterAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Machine, Process } from '../../src/kernel/boot.ts'
import { bootDirectory } from '../../src/kernel/boot.ts'
import { KernelError } from '../../src/kernel/error.ts'
import type { MapCreateAttr } from '../../src/uapi/attr.ts'
import { Errno } from '../../src/uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../src/uapi/flags.ts'
import { MapType } from '../../src/uapi/map-type.ts'

/** Maps against plain models of them, in a machine on disk that is closed and opened again in between. */

const root = mkdtempSync(join(tmpdir(), 'bpftool-sim-models-'))
afterAll(() => {
  rmSync(root, { recursive: true })
})

const PIN = '/sys/fs/bpf/map'
let directories = 0

/** One pinned map, whatever process looks at it. */
class Pinned {
  readonly #directory = join(root, String(directories++))
  #machine: Machine
  #process: Process
  fd: number

  constructor(attr: MapCreateAttr) {
    this.#machine = bootDirectory(this.#directory)
    this.#process = this.#machine.process('model')
    this.fd = this.bpf.mapCreate(attr)
    this.bpf.objPin(this.fd, PIN)
  }

  get bpf() {
    return this.#process.bpf
  }

  reopen(): void {
    this.close()
    this.#machine = bootDirectory(this.#directory)
    this.#process = this.#machine.process('model')
    this.fd = this.bpf.objGet(PIN)
  }

  close(): void {
    this.#process.exit()
    this.#machine.close()
  }
}

/** What a call returns, or its errno. */
function outcome(call: () => Uint8Array | undefined): string {
  try {
    const bytes = call()
    return bytes === undefined ? 'ok' : Buffer.from(bytes).toString('hex')
  } catch (error) {
    if (error instanceof KernelError) return `errno ${error.errno}`
    throw error
  }
}

const errno = (number: number) => `errno ${number}`
const hex = (value: number) => Buffer.from(word(value)).toString('hex')

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

const queueSteps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant('push' as const) },
    { weight: 2, arbitrary: fc.constant('force' as const) },
    { weight: 4, arbitrary: fc.constant('pop' as const) },
    { weight: 2, arbitrary: fc.constant('peek' as const) },
    { weight: 1, arbitrary: fc.constant('reopen' as const) },
  ),
  { maxLength: 60 },
)

describe.each([
  ['queue', MapType.QUEUE],
  ['stack', MapType.STACK],
])('a %s is a list', (_, mapType) => {
  test('with an end where things come out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), queueSteps, (maxEntries, steps) => {
        const map = new Pinned({ mapType, keySize: 0, valueSize: 4, maxEntries })
        const none = new Uint8Array(0)
        const model: number[] = []
        try {
          steps.forEach((step, i) => {
            const out = mapType === MapType.QUEUE ? model[0] : model.at(-1)
            const expected = out === undefined ? errno(Errno.ENOENT) : hex(out)
            switch (step) {
              case 'push':
              case 'force': {
                const flags = step === 'force' ? ElemFlag.EXIST : ElemFlag.ANY
                const full = model.length === maxEntries
                if (full && step === 'force') model.shift()
                if (!full || step === 'force') model.push(i)
                const said = outcome(() => {
                  map.bpf.mapUpdateElem(map.fd, none, word(i), flags)
                  return undefined
                })
                expect(said).toBe(full && step === 'push' ? errno(Errno.E2BIG) : 'ok')
                break
              }
              case 'pop':
                expect(outcome(() => map.bpf.mapLookupAndDeleteElem(map.fd, none))).toBe(expected)
                if (mapType === MapType.QUEUE) model.shift()
                else model.pop()
                break
              case 'peek':
                expect(outcome(() => map.bpf.mapLookupElem(map.fd, none))).toBe(expected)
                break
              case 'reopen':
                map.reopen()
            }
          })
        } finally {
          map.close()
        }
      }),
      { numRuns: 25 },
    )
  })
})

interface Prefix {
  length: number
  data: Uint8Array
}

const DATA = 3
const bits = ({ length, data }: Prefix) =>
  [...data]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
    .slice(0, length)

const keyOf = ({ length, data }: Prefix) => Buffer.concat([word(length), data])

/** More specific prefixes before those that they're in, else by bits. */
function before(a: string, b: string): number {
  if (a === b) return 0
  if (a.startsWith(b)) return -1
  if (b.startsWith(a)) return 1
  return a < b ? -1 : 1
}

// Few different bytes, so that prefixes lie in each other.
const prefix = fc.record({
  length: fc.integer({ min: 0, max: DATA * 8 }),
  data: fc
    .array(fc.constantFrom(0, 1, 0x80, 0xaa, 0xff), { minLength: DATA, maxLength: DATA })
    .map((bytes) => new Uint8Array(bytes)),
})
const trieSteps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ what: fc.constant('update' as const), prefix, flags: fc.nat(2) }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('delete' as const), prefix, flags: fc.constant(0) }) },
    { weight: 3, arbitrary: fc.record({ what: fc.constant('lookup' as const), prefix, flags: fc.constant(0) }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('walk' as const), prefix, flags: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('reopen' as const), prefix, flags: fc.constant(0) }) },
  ),
  { maxLength: 60 },
)

test('a trie is a list of prefixes, of which the longest matches', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), trieSteps, (maxEntries, steps) => {
      const attr = { mapType: MapType.LPM_TRIE, keySize: 4 + DATA, valueSize: 4, maxEntries }
      const map = new Pinned({ ...attr, mapFlags: MapFlag.NO_PREALLOC })
      const model = new Map<string, { key: Buffer; value: number }>()
      try {
        steps.forEach((step, i) => {
          const name = bits(step.prefix)
          const key = keyOf(step.prefix)
          switch (step.what) {
            case 'update': {
              const known = model.has(name)
              let expected = 'ok'
              if (known && step.flags === ElemFlag.NOEXIST) expected = errno(Errno.EEXIST)
              else if (!known && step.flags === ElemFlag.EXIST) expected = errno(Errno.ENOENT)
              else if (!known && model.size === maxEntries) expected = errno(Errno.ENOSPC)
              else model.set(name, { key, value: i })
              const said = outcome(() => {
                map.bpf.mapUpdateElem(map.fd, key, word(i), step.flags)
                return undefined
              })
              expect(said).toBe(expected)
              break
            }
            case 'delete': {
              const said = outcome(() => {
                map.bpf.mapDeleteElem(map.fd, key)
                return undefined
              })
              expect(said).toBe(model.delete(name) ? 'ok' : errno(Errno.ENOENT))
              break
            }
            case 'lookup': {
              const matching = [...model.keys()].filter((other) => name.startsWith(other))
              const longest = matching.sort((a, b) => b.length - a.length)[0]
              const found = longest === undefined ? undefined : model.get(longest)
              const said = outcome(() => map.bpf.mapLookupElem(map.fd, key))
              expect(said).toBe(found ? hex(found.value) : errno(Errno.ENOENT))
              break
            }
            case 'walk': {
              const walked: string[] = []
              let next: Uint8Array | undefined
              for (;;) {
                const said = outcome(() => (next = map.bpf.mapGetNextKey(map.fd, next)))
                if (said === errno(Errno.ENOENT)) break
                walked.push(said)
              }
              const names = [...model.keys()].sort(before)
              expect(walked).toEqual(names.map((each) => model.get(each)?.key.toString('hex')))
              break
            }
            case 'reopen':
              map.reopen()
          }
        })
      } finally {
        map.close()
      }
    }),
    { numRuns: 40 },
  )
})
