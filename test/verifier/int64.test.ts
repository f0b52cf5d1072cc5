import * as int64 from '../../src/kernel/verifier/int64.ts'
import { high, interestingNumbers, join, low, signed, u64 } from './numbers.ts'

type Op = (ah: number, al: number, bh: number, bl: number) => number
type Shift = (ah: number, al: number, n: number) => number

const ROUNDS = 5000

function eachPair(seed: number, test: (a: bigint, b: bigint) => void): void {
  const next = interestingNumbers(seed)
  for (let i = 0; i < ROUNDS; i++) test(next(), next())
}

function applied(op: Op, a: bigint, b: bigint): bigint {
  const lo = op(high(a), low(a), high(b), low(b))
  return join(int64.hi, lo)
}

describe('64-bit arithmetic on pairs of words', () => {
  const ops: [string, Op, (a: bigint, b: bigint) => bigint][] = [
    ['add64', int64.add64, (a, b) => u64(a + b)],
    ['sub64', int64.sub64, (a, b) => u64(a - b)],
    ['mul64', int64.mul64, (a, b) => u64(a * b)],
  ]
  it.each(ops)('%s gives what bigints give', (_, op, model) => {
    eachPair(1, (a, b) => {
      if (applied(op, a, b) !== model(a, b)) throw new Error(`${a} ${b}: ${applied(op, a, b)}`)
    })
  })

  const shifts: [string, Shift, (a: bigint, n: bigint) => bigint][] = [
    ['shl64', int64.shl64, (a, n) => u64(a << n)],
    ['shr64', int64.shr64, (a, n) => a >> n],
    ['sar64', int64.sar64, (a, n) => u64(signed(a) >> n)],
  ]
  it.each(shifts)('%s gives what bigints give', (_, shift, model) => {
    eachPair(2, (a, b) => {
      const n = Number(b & 63n)
      const lo = shift(high(a), low(a), n)
      if (join(int64.hi, lo) !== model(a, b & 63n)) throw new Error(`${a} by ${n}`)
    })
  })

  it('compares and finds overflows as bigints do', () => {
    const fits = (x: bigint) => BigInt.asIntN(64, x) === x
    eachPair(3, (a, b) => {
      const words = [high(a), low(a), high(b), low(b)] as const
      const [sa, sb] = [signed(a), signed(b)]
      const ours = [
        int64.ltU64(...words),
        int64.ltS64(...words),
        int64.mulOverflowsU64(...words),
        int64.mulOverflowsS64(...words),
        int64.addOverflowedS(words[0], words[2], high(a + b)),
        int64.subOverflowedS(words[0], words[2], high(a - b)),
      ]
      const model = [a < b, sa < sb, (a * b) >> 64n !== 0n, !fits(sa * sb), !fits(sa + sb), !fits(sa - sb)]
      if (ours.join() !== model.join()) throw new Error(`${a} ${b}: ${ours.join()}, not ${model.join()}`)
    })
  })

  it('writes numbers as C does', () => {
    eachPair(4, (a) => {
      const words = [high(a), low(a)] as const
      const ours = [int64.decimalS64(...words), int64.decimalU64(...words), int64.hexU64(...words)]
      const model = [signed(a).toString(), a.toString(), `0x${a.toString(16)}`]
      if (ours.join() !== model.join()) throw new Error(`${ours.join()}, not ${model.join()}`)
    })
  })
})
