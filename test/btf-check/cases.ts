import { Kind } from '../../src/btf/kinds.ts'
import type { Step } from '../steps/step.ts'
import { BtfBuilder } from './builder.ts'

/** BTF at the edges of what is allowed, which chance doesn't find. */

const LOG_SIZE = 1 << 16

function load(btf: Uint8Array, logLevel = 1, logSize = LOG_SIZE): Step[] {
  return [{ op: 'btfLoad', attr: { btf, logLevel, logSize: logLevel ? logSize : 0 } }]
}

function built(make: (b: BtfBuilder) => void): Step[] {
  const b = new BtfBuilder()
  b.int('int', 4, 1)
  make(b)
  return load(b.build())
}

/** A good one whose header is changed. */
function header(change: (bytes: Buffer) => void, more = 0): Step[] {
  const b = new BtfBuilder()
  b.int('int', 4, 1)
  const bytes = Buffer.concat([Buffer.from(b.build()), Buffer.alloc(more)])
  change(bytes)
  return load(Uint8Array.from(bytes))
}

function plain(): Uint8Array {
  const b = new BtfBuilder()
  b.int('int', 4, 1)
  b.struct('s', 8, [
    ['a', 1, 0],
    ['b', 1, 32],
  ])
  return b.build()
}

/** A chain of modifiers, half of which are resolved on another way, so that its length shows only in the end. */
function longChain(tags: number): Step[] {
  return built((b) => {
    const length = 20
    const inner = 3 + length
    b.ref(Kind.PTR, inner)
    for (let i = 0; i < length; i++) {
      const kind = i < tags ? Kind.TYPE_TAG : Kind.CONST
      b.ref(kind, i === length - 1 ? inner : b.nextId + 1, i < tags ? 'tag' : '')
    }
    for (let i = 0; i < length; i++) b.ref(Kind.CONST, i === length - 1 ? 1 : b.nextId + 1)
  })
}

/** Every kind with its flag and with elements. */
function odd(kind: number, vlen: number, kflag: boolean): Step[] {
  return built((b) => b.add(kind === Kind.TYPEDEF ? 'n' : '', kind, vlen, 1, [1, 1, 1, 1, 1, 1], kflag))
}

function kinds(): [string, Step[]][] {
  return Object.entries(Kind).flatMap(([name, kind]): [string, Step[]][] => [
    [`${name} with two elements`, odd(kind, 2, false)],
    [`${name} with its flag`, odd(kind, 0, true)],
  ])
}

function cut(): [string, Step[]][] {
  const bytes = plain()
  return [0, 1, 7, 8, 23, 24, 25, 30, bytes.length - 1].map((size) => [`${size} bytes`, load(bytes.slice(0, size))])
}

function logs(): [string, Step[]][] {
  const sizes = [0, 1, 2, 64, 128, 200, 400, 4096]
  const levels = [0, 1, 2, 3, 4, 5, 8, 9, 12, 15, 16, 32, 0x80000000]
  const bytes = plain()
  return levels.flatMap((level) =>
    sizes.map((size): [string, Step[]] => [
      `log level ${level}, ${size} bytes`,
      [{ op: 'btfLoad', attr: { btf: bytes, logLevel: level, logSize: size } }],
    ]),
  )
}

function flags(): [string, Step[]][] {
  const attr = { btf: plain() }
  return [
    ['flag 1', [{ op: 'btfLoad', attr: { ...attr, btfFlags: 1 } }]],
    ['token, no descriptor', [{ op: 'btfLoad', attr: { ...attr, btfFlags: 1 << 16, btfTokenFd: 4095 } }]],
    [
      'token, a BTF',
      [
        { op: 'btfLoad', attr, as: 'btf' },
        { op: 'btfLoad', attr: { ...attr, btfFlags: 1 << 16 }, fds: { btfTokenFd: 'btf' } },
      ],
    ],
    ['token without its flag', [{ op: 'btfLoad', attr: { ...attr, btfTokenFd: 4095 } }]],
  ]
}

export function btfCases(): [string, Step[]][] {
  return [
    ['good', load(plain())],
    ['no log', load(plain(), 0)],
    ...cut(),
    ['header of 0 bytes', header((b) => b.writeUInt32LE(0, 4))],
    ['header of 4 bytes', header((b) => b.writeUInt32LE(4, 4))],
    ['header as long as all', header((b) => b.writeUInt32LE(b.length, 4))],
    ['header longer than all', header((b) => b.writeUInt32LE(b.length + 1, 4))],
    ['another magic', header((b) => b.writeUInt16LE(0x9feb, 0))],
    ['version 0', header((b) => b.writeUInt8(0, 2))],
    ['flags', header((b) => b.writeUInt8(1, 3))],
    ['gap before the types', header((b) => b.writeUInt32LE(4, 8))],
    ['unaligned types', header((b) => b.writeUInt32LE(1, 8))],
    ['types of 13 bytes', header((b) => (b.writeUInt32LE(13, 12), b.writeUInt32LE(13, 16)))],
    ['no types', header((b) => (b.writeUInt32LE(0, 12), b.writeUInt32LE(0, 16), b.writeUInt32LE(21, 20)))],
    ['strings before the types', header((b) => (b.writeUInt32LE(5, 8), b.writeUInt32LE(0, 16)))],
    ['strings too long', header((b) => b.writeUInt32LE(0xffffffff, 20))],
    ['something after the strings', header(() => undefined, 4)],
    ['offset of half the numbers', header((b) => b.writeUInt32LE(0x80000000, 8))],
    ['strings without end', header((b) => b.writeUInt8(0x41, b.length - 1))],
    ['strings that begin with a name', header((b) => b.writeUInt8(0x41, 24 + 16))],
    ...kinds(),
    ['modifiers in a long chain', longChain(0)],
    ['tags in front of a long chain', longChain(5)],
    ['tag behind a modifier', built((b) => b.ref(Kind.TYPE_TAG, b.ref(Kind.CONST, b.ref(Kind.TYPE_TAG, 1, 'a')), 'b'))],
    ['pointer to itself', built((b) => b.ref(Kind.PTR, b.nextId))],
    [
      'const of a function',
      built((b) => b.ref(Kind.CONST, b.add('f', Kind.FUNC, 0, b.add('', Kind.FUNC_PROTO, 0, 0)))),
    ],
    ['name of 511 bytes', built((b) => b.struct('x'.repeat(511), 4, []))],
    ['name of 512 bytes', built((b) => b.struct('x'.repeat(512), 4, []))],
    ['name of 513 bytes', built((b) => b.struct('x'.repeat(513), 4, []))],
    ['name of 2000 bytes', built((b) => b.struct('x'.repeat(2000), 4, []))],
    ['tag of 2000 bytes', built((b) => b.tag('x y'.repeat(700), 1))],
    ...Array.from({ length: 16 }, (_, i): [string, Step[]] => [
      `letters from ${i * 16}`,
      built((b) => {
        for (let c = i * 16 || 1; c < i * 16 + 16; c++) b.add(String.fromCharCode(c), Kind.DATASEC, 0, 4)
      }),
    ]),
    ...Array.from({ length: 256 - 1 }, (_, i): [string, Step[]] => [
      `name with letter ${i + 1}`,
      built((b) => b.struct(`a${String.fromCharCode(i + 1)}`, 4, [])),
    ]),
    ['array as large as can be', built((b) => b.array(1, 1, 0x3fffffff))],
    ['array that is too large', built((b) => b.array(1, 1, 0x40000000))],
    ['arrays in arrays, too large', built((b) => b.array(b.array(1, 1, 0x10000), 1, 0x10000))],
    ['65535 values', built((b) => b.add('e', Kind.ENUM, 0xffff, 4, new Array<number>(2 * 0xffff).fill(1)))],
    [
      '65535 members',
      built((b) => b.add('e', Kind.UNION, 0xffff, 4, new Array<number[]>(0xffff).fill([0, 1, 0]).flat())),
    ],
    ...logs(),
    ...flags(),
  ]
}

/** What takes too long, or too much room, to be kept: for the comparison with a real kernel. */
export function hugeCases(): [string, Step[]][] {
  const MAX = 16 * 1024 * 1024
  const many = (count: number, more = 0) => {
    const b = new BtfBuilder()
    b.int('int', 4, 1)
    const small = Buffer.from(b.build())
    const types = Buffer.alloc(count * 12)
    for (let at = 0; at < types.length; at += 12) {
      types.writeUInt32LE(Kind.PTR << 24, at + 4)
      types.writeUInt32LE(1, at + 8)
    }
    const bytes = Buffer.concat([small.subarray(0, 40), types, small.subarray(40), Buffer.alloc(more)])
    bytes.writeUInt32LE(16 + types.length, 12)
    bytes.writeUInt32LE(16 + types.length, 16)
    bytes.writeUInt32LE(small.length - 40 + more, 20)
    return Uint8Array.from(bytes)
  }
  return [
    ['as many types as there may be', load(many(0xfffff - 2), 1, 4096)],
    ['one type too many', load(many(0xfffff - 1), 1, 4096)],
    ['many types too many', load(many(0xfffff + 1000), 1, 1 << 20)],
    ['as many bytes as there may be', load(many(1, MAX - 45 - 12), 1, 4096)],
    ['one byte too many', load(many(1, MAX - 44 - 12), 1, 4096)],
    ['as many strings as there may be', load(many(0, MAX - 45), 1, 4096)],
  ]
}
