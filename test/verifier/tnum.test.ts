import type { Tnum } from '../../src/kernel/verifier/tnum.ts'
import * as int64 from '../../src/kernel/verifier/int64.ts'
import * as tnum from '../../src/kernel/verifier/tnum.ts'
import { high, interestingNumbers, join, low, signed, u64 } from './numbers.ts'

const ROUNDS = 2000

function make(value: bigint, mask: bigint): Tnum {
  const known = value & ~mask
  return tnum.makeTnum(high(known), low(known), high(mask), low(mask))
}

const value = ({ valHi, valLo }: Tnum) => join(valHi, valLo)
const mask = ({ maskHi, maskLo }: Tnum) => join(maskHi, maskLo)
const holds = (t: Tnum, x: bigint) => (x & ~mask(t)) === value(t)
const shown = (t: Tnum) => tnum.tnumText(t)

/** Two tracked numbers with a number of each. */
function eachPair(seed: number, test: (a: Tnum, b: Tnum, x: bigint, y: bigint) => void): void {
  const next = interestingNumbers(seed)
  for (let i = 0; i < ROUNDS; i++) {
    const [x, y] = [next(), next()]
    test(make(x, next()), make(y, next()), x, y)
  }
}

type Op = (out: Tnum, a: Tnum, b: Tnum) => void

describe('tracked numbers', () => {
  const ops: [string, Op, (x: bigint, y: bigint) => bigint][] = [
    ['tnumAdd', tnum.tnumAdd, (x, y) => u64(x + y)],
    ['tnumSub', tnum.tnumSub, (x, y) => u64(x - y)],
    ['tnumMul', tnum.tnumMul, (x, y) => u64(x * y)],
    ['tnumAnd', tnum.tnumAnd, (x, y) => x & y],
    ['tnumOr', tnum.tnumOr, (x, y) => x | y],
    ['tnumXor', tnum.tnumXor, (x, y) => x ^ y],
  ]
  it.each(ops)('%s holds the result of every pair of numbers that its operands hold', (_, op, model) => {
    eachPair(11, (a, b, x, y) => {
      const out = tnum.makeTnum()
      op(out, a, b)
      if (!holds(out, model(x, y))) throw new Error(`${shown(a)} ${shown(b)}: ${shown(out)} without ${model(x, y)}`)
    })
  })

  it.each(ops)('%s keeps what is known: constants give a constant', (_, op, model) => {
    eachPair(12, (a, _, x, y) => {
      op(a, make(x, 0n), make(y, 0n))
      if (mask(a) !== 0n || value(a) !== model(x, y)) throw new Error(shown(a))
    })
  })

  it('steps to the next number that is held', () => {
    let round = 0
    eachPair(17, (a, b, x) => {
      if (round++ % 10) return
      // Few unknown bits, so that all numbers can be looked at.
      let [few, left] = [0n, 6]
      for (let bit = 1n; bit < 1n << 64n && left > 0; bit <<= 1n)
        if (mask(a) & mask(b) & bit) [few, left] = [few | bit, left - 1]
      const t = make(x, few)
      const members = [value(t)]
      for (let bit = 1n; bit < 1n << 64n; bit <<= 1n) if (few & bit) members.push(...members.map((m) => m | bit))
      members.sort((m, n) => (m < n ? -1 : 1))
      for (const z of [value(b), value(t), members[members.length >> 1] ?? 0n, u64(value(t) - 1n), u64(x + 1n)]) {
        const next = members.find((m) => m > z) ?? value(t) + few
        const lowWord = tnum.tnumStep(t, high(z), low(z))
        expect(join(int64.hi, lowWord)).toBe(next)
      }
    })
  })

  it.each([16, 32, 64])('swaps %i bits of every number that is held', (bits) => {
    eachPair(18, (a, _, x) => {
      const out = tnum.makeTnum()
      tnum.tnumSwapBytes(out, a, bits)
      let swapped = 0n
      for (let i = 0; i < bits; i += 8) swapped = (swapped << 8n) | ((x >> BigInt(i)) & 255n)
      expect(holds(out, swapped)).toBe(true)
      expect(mask(out) === 0n).toBe((mask(a) & ((1n << BigInt(bits)) - 1n)) === 0n)
    })
  })

  // The kernel's formulas, which say how exact a result is.
  it('adds and subtracts as the kernel does', () => {
    eachPair(13, (a, b) => {
      const out = tnum.makeTnum()
      const [va, ma, vb, mb] = [value(a), mask(a), value(b), mask(b)]
      const sums = (): bigint => {
        const sigma = u64(ma + mb + va + vb)
        return (sigma ^ u64(va + vb)) | ma | mb
      }
      tnum.tnumAdd(out, a, b)
      if (mask(out) !== sums() || value(out) !== (u64(va + vb) & ~sums())) throw new Error(shown(out))
      const dv = u64(va - vb)
      const mu = (u64(dv + ma) ^ u64(dv - mb)) | ma | mb
      tnum.tnumSub(out, a, b)
      if (mask(out) !== mu || value(out) !== (dv & ~mu)) throw new Error(shown(out))
    })
  })

  it('shifts, casts and cuts', () => {
    eachPair(14, (a, _, x, y) => {
      const shift = Number(y & 63n)
      const out = tnum.makeTnum()
      const expect = (op: string, number: bigint) => {
        if (!holds(out, number)) throw new Error(`${op} of ${shown(a)}: ${shown(out)} without ${number}`)
      }
      tnum.tnumLshift(out, a, shift)
      expect('lshift', u64(x << BigInt(shift)))
      tnum.tnumRshift(out, a, shift)
      expect('rshift', x >> BigInt(shift))
      tnum.tnumArshift(out, a, shift, 64)
      expect('arshift', u64(signed(x) >> BigInt(shift)))
      for (const size of [1, 2, 4]) {
        tnum.tnumCast(out, a, size)
        expect(`cast to ${size}`, BigInt.asUintN(size * 8, x))
      }
    })
  })

  it('a range holds its ends and what is between', () => {
    eachPair(15, (_a, _b, x, y) => {
      const [min, max] = x < y ? [x, y] : [y, x]
      const out = tnum.makeTnum()
      tnum.tnumRange(out, high(min), low(min), high(max), low(max))
      for (const z of [min, max, (min + max) / 2n]) if (!holds(out, z)) throw new Error(`${min}..${max}: ${z}`)
    })
  })

  it('the union holds what either holds, the intersection what both do', () => {
    eachPair(16, (a, b, x, y) => {
      const out = tnum.makeTnum()
      tnum.tnumUnion(out, a, b)
      if (!holds(out, x) || !holds(out, y)) throw new Error(shown(out))
      if (!holds(b, x)) return
      if (!tnum.tnumOverlap(a, b)) throw new Error(`${shown(a)} and ${shown(b)} share ${x}`)
      tnum.tnumIntersect(out, a, b)
      if (!holds(out, x)) throw new Error(shown(out))
    })
  })
})
