/**
 * Every instruction with operands at the edges: XDP programs that take operands from the packet and put results there,
 * one for each form of each instruction; socket filters for what only those may do.
 */
import { ProgType } from '../../src/uapi/prog-type.ts'
import { Assembler, W, sizes } from './assembler.ts'

export interface IsaProgram {
  name: string
  type: number
  insns: Uint8Array
  packet: Uint8Array
}

const words: readonly bigint[] = [
  0n,
  1n,
  2n,
  7n,
  31n,
  32n,
  33n,
  63n,
  64n,
  0x7fn,
  0x80n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0xffffffff80000000n,
  0xffffffffffffff80n,
  0xffffffffffffffffn,
  0x0123456789abcdefn,
  0xfedcba9876543210n,
]
const immediates = [0, 1, 2, 7, 13, 0x7f, 0x80, 0xff, 0x8000, 0x12345678, 0x7fffffff, -1, -2, -128, -32768, -0x80000000]

/** Each of the words with each; the packet has the first at 16 i, the second at 16 i + 8. */
const pairs = words.flatMap((a) => words.filter((_, j) => (Number(a & 7n) + j) % 3 !== 0).map((b) => [a, b] as const))
const PER_PACKET = 200

const ALU = {
  add: 0x00,
  sub: 0x10,
  mul: 0x20,
  div: 0x30,
  or: 0x40,
  and: 0x50,
  lsh: 0x60,
  rsh: 0x70,
  mod: 0x90,
  xor: 0xa0,
  mov: 0xb0,
  arsh: 0xc0,
} as const
const JUMPS = {
  jeq: 0x10,
  jgt: 0x20,
  jge: 0x30,
  jset: 0x40,
  jne: 0x50,
  jsgt: 0x60,
  jsge: 0x70,
  jlt: 0xa0,
  jle: 0xb0,
  jslt: 0xc0,
  jsle: 0xd0,
} as const
const ATOMICS = {
  add: 0x00,
  or: 0x40,
  and: 0x50,
  xor: 0xa0,
  fetch_add: 0x01,
  fetch_or: 0x41,
  fetch_and: 0x51,
  fetch_xor: 0xa1,
  xchg: 0xe1,
  cmpxchg: 0xf1,
} as const
const WIDTHS = { 32: 4, 64: 7 } as const

function packetOf(values: readonly bigint[]): Uint8Array {
  const packet = new Uint8Array(Math.max(values.length * 8, 16))
  const view = new DataView(packet.buffer)
  values.forEach((value, i) => {
    view.setBigUint64(i * 8, value, true)
  })
  return packet
}

/** An XDP program that has the packet at r9, `body` emitted for it, and returns 1. */
function xdp(name: string, values: readonly bigint[], body: (asm: Assembler) => void): IsaProgram {
  const packet = packetOf(values)
  const asm = new Assembler()
  asm.packet(packet.length)
  body(asm)
  asm.exit(1)
  return { name, type: ProgType.XDP, insns: asm.bytes(), packet }
}

/** Programs that do the same to each pair of operands: first in r1 and r3, second in r2, result to be in r1. */
function onPairs(name: string, step: (asm: Assembler, i: number) => void): IsaProgram[] {
  const programs: IsaProgram[] = []
  for (let from = 0; from < pairs.length; from += PER_PACKET) {
    const part = pairs.slice(from, from + PER_PACKET)
    programs.push(
      xdp(`${name} ${from}`, part.flat(), (asm) => {
        part.forEach((_, i) => {
          asm.load(W.DW, 1, 9, 16 * i)
          asm.load(W.DW, 2, 9, 16 * i + 8)
          step(asm, i)
          asm.store(W.DW, 9, 16 * i, 1)
        })
      }),
    )
  }
  return programs
}

/** A program that does the same to each of the words: it's in r1, the result is to be there. */
function onWords(name: string, step: (asm: Assembler, i: number) => void): IsaProgram {
  return xdp(name, words, (asm) => {
    words.forEach((_, i) => {
      asm.load(W.DW, 1, 9, 8 * i)
      step(asm, i)
      asm.store(W.DW, 9, 8 * i, 1)
    })
  })
}

function* arithmetic(): Generator<IsaProgram> {
  for (const [width, cls] of Object.entries(WIDTHS)) {
    for (const [name, op] of Object.entries(ALU)) {
      const signed = name === 'div' || name === 'mod' ? [0, 1] : [0]
      for (const off of signed) {
        yield* onPairs(`${off ? 's' : ''}${name}${width} reg`, (asm) => {
          asm.emit(op | cls | 8, 1, 2, off, 0)
        })
        const shift = name === 'lsh' || name === 'rsh' || name === 'arsh'
        const divides = name === 'div' || name === 'mod'
        const imms = shift ? [0, 1, 7, 16, 31, ...(cls === 7 ? [32, 33, 63] : [])] : immediates
        for (const imm of imms) {
          if (divides && imm === 0) continue
          yield onWords(`${off ? 's' : ''}${name}${width} ${imm}`, (asm) => {
            asm.emit(op | cls, 1, 0, off, imm)
          })
        }
      }
    }
    yield onWords(`neg${width}`, (asm) => {
      asm.emit(0x80 | cls, 1, 0, 0, 0)
    })
    for (const bits of cls === 7 ? [8, 16, 32] : [8, 16]) {
      yield onWords(`movs${bits} ${width}`, (asm) => {
        asm.emit(0xb8 | cls, 1, 1, bits, 0)
      })
    }
    for (const [name, op] of Object.entries(ALU)) {
      yield onWords(`${name}${width} of itself`, (asm) => {
        asm.emit(op | 8 | cls, 1, 1, 0, 0)
      })
    }
  }
  for (const bits of [16, 32, 64]) {
    for (const code of [0xd4, 0xdc, 0xd7]) {
      yield onWords(`swap ${code} ${bits}`, (asm) => {
        asm.emit(code, 1, 0, 0, bits)
      })
    }
  }
  yield xdp('lddw', [...words], (asm) => {
    words.forEach((word, i) => {
      asm.wide(1, word)
      asm.emit(0x07, 1, 0, 0, i)
      asm.store(W.DW, 9, 8 * i, 1)
    })
  })
}

function* jumps(): Generator<IsaProgram> {
  for (const [width, cls] of [
    ['64', 5],
    ['32', 6],
  ] as const) {
    for (const [name, op] of Object.entries(JUMPS)) {
      yield* onPairs(`${name}${width} reg`, (asm) => {
        asm.emit(0xb7, 0, 0, 0, 1)
        asm.emit(op | cls | 8, 1, 2, 1, 0)
        asm.emit(0xb7, 0, 0, 0, 0)
        asm.emit(0xbf, 1, 0, 0, 0)
      })
      for (const imm of immediates) {
        yield onWords(`${name}${width} ${imm}`, (asm) => {
          asm.emit(0xb7, 0, 0, 0, 1)
          asm.emit(op | cls, 1, 0, 1, imm)
          asm.emit(0xb7, 0, 0, 0, 0)
          asm.emit(0xbf, 1, 0, 0, 0)
        })
      }
    }
  }
  yield xdp('ja and gotol', [1n, 2n], (asm) => {
    asm.emit(0xb7, 1, 0, 0, 0)
    asm.emit(0x05, 0, 0, 2, 0) // over the next two
    asm.emit(0x07, 1, 0, 0, 1)
    asm.emit(0x05, 0, 0, 1, 0)
    asm.emit(0x06, 0, 0, 0, -3) // back to the first of them
    asm.emit(0x07, 1, 0, 0, 10)
    asm.store(W.DW, 9, 0, 1)
  })
  yield xdp('loop', [5n, 1000n], (asm) => {
    asm.emit(0xb7, 2, 0, 0, 0)
    asm.emit(0xb7, 3, 0, 0, 100)
    asm.emit(0x0f, 2, 3, 0, 0)
    asm.emit(0x07, 3, 0, 0, -1)
    asm.emit(0x55, 3, 0, -3, 0)
    asm.store(W.DW, 9, 0, 2)
  })
  yield xdp('may_goto', [0n, 0n], (asm) => {
    asm.emit(0xb7, 2, 0, 0, 0)
    asm.emit(0xe5, 0, 0, 3, 0)
    asm.emit(0x07, 2, 0, 0, 1)
    asm.emit(0x35, 2, 0, 1, 1000)
    asm.emit(0x05, 0, 0, -4, 0)
    asm.store(W.DW, 9, 0, 2)
  })
}

function* memory(): Generator<IsaProgram> {
  for (const [name, { bits, bytes }] of Object.entries(sizes)) {
    for (const base of ['packet', 'stack'] as const) {
      yield onWords(`stx ${name} ${base}`, (asm, i) => {
        if (base === 'packet') {
          asm.store(bits, 9, 8 * i + (8 - bytes), 1)
          asm.load(W.DW, 1, 9, 8 * i)
        } else {
          asm.emit(0x7a, 10, 0, -8, -1)
          asm.store(bits, 10, -8 + (8 - bytes), 1)
          asm.load(W.DW, 1, 10, -8)
        }
      })
      for (const signed of [0x60, 0x80]) {
        if (signed === 0x80 && bytes === 8) continue
        yield onWords(`ldx ${name} ${base} ${signed}`, (asm) => {
          const reg = base === 'packet' ? 9 : 10
          asm.store(W.DW, reg, base === 'packet' ? 0 : -16, 1)
          asm.emit(0x01 | bits | signed, 1, reg, base === 'packet' ? 8 - bytes : -16, 0)
        })
      }
    }
    for (const imm of immediates) {
      yield xdp(`st ${name} ${imm}`, [0x1122334455667788n, 0x99aabbccddeeff00n], (asm) => {
        asm.emit(0x62 | bits, 9, 0, 0, imm)
        asm.emit(0x62 | bits, 9, 0, 16 - bytes, imm)
      })
    }
    yield onWords(`load_acquire and store_release ${name}`, (asm) => {
      asm.emit(0x7a, 10, 0, -8, -1)
      asm.emit(0xc3 | bits, 10, 1, -8, 0x110)
      asm.emit(0xb7, 1, 0, 0, -1)
      asm.emit(0xc3 | bits, 1, 10, -8, 0x100)
      asm.load(W.DW, 2, 10, -8)
      asm.emit(0xaf, 1, 2, 0, 0)
    })
  }
  // Neither the bytes before nor those behind change, whatever the alignment.
  for (let at = 0; at < 9; at++) {
    yield xdp(`unaligned ${at}`, [1n, 0x0123456789abcdefn, 3n], (asm) => {
      asm.load(W.DW, 1, 9, 8)
      asm.store(W.H, 9, at, 1)
      asm.store(W.W, 9, at + 5, 1)
      asm.store(W.DW, 9, at + 7, 1)
      asm.load(W.W, 2, 9, at + 1)
      asm.store(W.B, 9, at, 2)
    })
  }
}

function* atomics(): Generator<IsaProgram> {
  for (const [width, bits] of [
    ['32', W.W],
    ['64', W.DW],
  ] as const) {
    for (const [name, op] of Object.entries(ATOMICS)) {
      yield* onPairs(`atomic ${name}${width}`, (asm, i) => {
        asm.store(W.DW, 10, -8, 1)
        // What cmpxchg compares with: what is there, every other time.
        asm.emit(0xbf, 0, i % 2 ? 1 : 2, 0, 0)
        asm.emit(0xc3 | bits, 10, 2, -8, op)
        asm.load(W.DW, 1, 10, -8)
        asm.emit(0x27, 1, 0, 0, 31)
        asm.emit(0xaf, 1, 2, 0, 0)
        asm.emit(0x27, 1, 0, 0, 31)
        asm.emit(0xaf, 1, 0, 0, 0)
      })
    }
  }
}

function* calls(): Generator<IsaProgram> {
  const packet = packetOf([3n, 4n])
  const asm = new Assembler()
  asm.packet(packet.length)
  for (let reg = 1; reg <= 5; reg++) asm.emit(0xb7, reg, 0, 0, reg * 10)
  asm.emit(0xb7, 6, 0, 0, 6)
  asm.emit(0xb7, 7, 0, 0, 7)
  asm.emit(0x7a, 10, 0, -8, 8)
  asm.emit(0x85, 0, 1, 0, 7) // to behind the exit
  asm.store(W.DW, 9, 0, 0)
  asm.load(W.DW, 1, 10, -8)
  asm.emit(0x0f, 1, 6, 0, 0)
  asm.emit(0x0f, 1, 7, 0, 0)
  asm.store(W.DW, 9, 8, 1)
  asm.exit(1)
  asm.emit(0xbf, 0, 1, 0, 0)
  for (let reg = 2; reg <= 5; reg++) {
    asm.emit(0x67, 0, 0, 0, 8)
    asm.emit(0x0f, 0, reg, 0, 0)
  }
  asm.emit(0xb7, 6, 0, 0, 99)
  asm.emit(0xb7, 7, 0, 0, 98)
  asm.emit(0x7a, 10, 0, -8, 97)
  asm.emit(0x95, 0, 0, 0, 0)
  yield { name: 'call with five arguments', type: ProgType.XDP, insns: asm.bytes(), packet }
  for (const depth of [1, 2, 7]) yield nested(depth)
}

/** Functions that call each other, so many deep, and each add to the caller's stack through a pointer. */
function nested(depth: number): IsaProgram {
  const packet = packetOf([0n, 0n])
  const asm = new Assembler()
  asm.packet(packet.length)
  asm.emit(0x7a, 10, 0, -8, 1)
  asm.emit(0xbf, 1, 10, 0, 0)
  asm.emit(0x07, 1, 0, 0, -8)
  asm.emit(0x85, 0, 1, 0, 5)
  asm.load(W.DW, 1, 10, -8)
  asm.store(W.DW, 9, 0, 1)
  asm.store(W.DW, 9, 8, 0)
  asm.exit(1)
  for (let level = 1; level <= depth; level++) {
    asm.load(W.DW, 2, 1, 0)
    asm.emit(0x07, 2, 0, 0, level)
    asm.store(W.DW, 1, 0, 2)
    asm.store(W.DW, 10, -8, 2)
    if (level < depth) {
      asm.emit(0xbf, 6, 2, 0, 0)
      asm.emit(0xbf, 1, 10, 0, 0)
      asm.emit(0x07, 1, 0, 0, -8)
      asm.emit(0x85, 0, 1, 0, 4)
      asm.load(W.DW, 1, 10, -8)
      asm.emit(0x0f, 0, 1, 0, 0)
      asm.emit(0x0f, 0, 6, 0, 0)
      asm.emit(0x95, 0, 0, 0, 0)
    } else {
      asm.load(W.DW, 0, 10, -8)
      asm.emit(0x95, 0, 0, 0, 0)
    }
  }
  return { name: `calls ${depth} deep`, type: ProgType.XDP, insns: asm.bytes(), packet }
}

/** Loads from the packet that only filters have: what they find is the result. */
function* packetLoads(): Generator<IsaProgram> {
  const packet = Uint8Array.from({ length: 100 }, (_, i) => (i * 37 + 11) & 0xff)
  // An Ethernet type that says what follows.
  packet.set([0x08, 0x00], 12)
  const SKF_NET_OFF = -0x100000
  const SKF_LL_OFF = -0x200000
  const offsets = [0, 1, 14, 60, 83, 84, 85, 86, 99, 100, 5000, 0x7fffffff, -1, -8]
  offsets.push(SKF_NET_OFF, SKF_NET_OFF + 20, SKF_LL_OFF, SKF_LL_OFF + 12, SKF_LL_OFF + 98, SKF_LL_OFF + 200)
  for (const size of [W.W, W.H, W.B]) {
    for (const off of offsets) {
      for (const indirect of [false, true]) {
        const asm = new Assembler()
        asm.emit(0xbf, 6, 1, 0, 0)
        asm.emit(0xb7, 7, 0, 0, indirect ? 3 : 0)
        asm.emit((indirect ? 0x40 : 0x20) | size, 0, indirect ? 7 : 0, 0, off)
        asm.emit(0x07, 0, 0, 0, 1)
        asm.emit(0x95, 0, 0, 0, 0)
        yield { name: `${indirect ? 'ld_ind' : 'ld_abs'} ${size} ${off}`, type: 1, insns: asm.bytes(), packet }
      }
    }
  }
}

export function* isaPrograms(): Generator<IsaProgram> {
  yield* arithmetic()
  yield* jumps()
  yield* memory()
  yield* atomics()
  yield* calls()
  yield* packetLoads()
}
