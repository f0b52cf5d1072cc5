import { Jmp } from '../../src/isa/opcode.ts'
import { isBranchTaken } from '../../src/kernel/verifier/branch-taken.ts'
import {
  coerceSubregToSizeSx,
  coerceToSize,
  coerceToSizeSx,
  markUnbounded,
  syncBounds,
  zext32To64,
} from '../../src/kernel/verifier/ranges.ts'
import * as scalar from '../../src/kernel/verifier/scalar.ts'
import { RegState, cloneReg } from '../../src/kernel/verifier/state.ts'
import * as tnum from '../../src/kernel/verifier/tnum.ts'
import { RegType } from '../../src/kernel/verifier/types.ts'
import { useFactsOf } from '../../src/kernel/verifier/versions.ts'
import { high, interestingNumbers, join, low, signed, u64 } from './numbers.ts'

const ROUNDS = 2000
const s32 = (x: bigint) => Number(BigInt.asIntN(32, x))
const u32 = (x: bigint) => Number(BigInt.asUintN(32, x))

/** A scalar of which is known what is true of each of some numbers. */
function around(numbers: readonly bigint[], mask: bigint): RegState {
  const reg = new RegState()
  reg.type = RegType.SCALAR_VALUE
  markUnbounded(reg)
  const [first = 0n] = numbers
  for (const x of numbers) mask |= first ^ x
  reg.valHi = high(first & ~mask)
  reg.valLo = low(first & ~mask)
  reg.maskHi = high(mask)
  reg.maskLo = low(mask)
  const min = (list: bigint[]) => list.reduce((a, b) => (b < a ? b : a))
  const max = (list: bigint[]) => list.reduce((a, b) => (b > a ? b : a))
  const plain = [...numbers]
  const bySign = numbers.map(signed)
  ;[reg.uminHi, reg.uminLo] = [high(min(plain)), low(min(plain))]
  ;[reg.umaxHi, reg.umaxLo] = [high(max(plain)), low(max(plain))]
  ;[reg.sminHi, reg.sminLo] = [high(min(bySign)), low(min(bySign))]
  ;[reg.smaxHi, reg.smaxLo] = [high(max(bySign)), low(max(bySign))]
  reg.s32Min = Math.min(...numbers.map(s32))
  reg.s32Max = Math.max(...numbers.map(s32))
  reg.u32Min = Math.min(...numbers.map(u32)) | 0
  reg.u32Max = Math.max(...numbers.map(u32)) | 0
  return reg
}

/** Forgets some of what is known, so that the rest must make up for it. */
function forget(reg: RegState, which: number): RegState {
  if (which & 1) [reg.uminHi, reg.uminLo, reg.umaxHi, reg.umaxLo] = [0, 0, -1, -1]
  if (which & 2) [reg.sminHi, reg.sminLo, reg.smaxHi, reg.smaxLo] = [-0x80000000, 0, 0x7fffffff, -1]
  if (which & 4) [reg.s32Min, reg.s32Max] = [-0x80000000, 0x7fffffff]
  if (which & 8) [reg.u32Min, reg.u32Max] = [0, -1]
  if (which & 16) [reg.valHi, reg.valLo, reg.maskHi, reg.maskLo] = [0, 0, -1, -1]
  return reg
}

function broken(reg: RegState, x: bigint): string {
  const s = signed(x)
  if (x < join(reg.uminHi, reg.uminLo) || x > join(reg.umaxHi, reg.umaxLo)) return 'unsigned'
  if (s < signed(join(reg.sminHi, reg.sminLo)) || s > signed(join(reg.smaxHi, reg.smaxLo))) return 'signed'
  if (s32(x) < reg.s32Min || s32(x) > reg.s32Max) return 's32'
  if (u32(x) < reg.u32Min >>> 0 || u32(x) > reg.u32Max >>> 0) return 'u32'
  return (x & ~join(reg.maskHi, reg.maskLo)) === join(reg.valHi, reg.valLo) ? '' : 'bits'
}

function holds(reg: RegState, x: bigint, what: string): void {
  const why = broken(reg, x)
  if (why !== '') throw new Error(`${what}: ${x} isn't in the ${why} bounds of ${JSON.stringify(reg)}`)
}

function eachReg(seed: number, test: (reg: RegState, numbers: bigint[], next: () => bigint) => void): void {
  const next = interestingNumbers(seed)
  for (let i = 0; i < ROUNDS; i++) {
    const base = next()
    const numbers = [base, next() & 1n ? u64(base + (next() & 0xffffn)) : next()]
    const reg = forget(around(numbers, next() & 1n ? next() : 0n), Number(next() & 31n))
    syncBounds(reg)
    test(reg, numbers, next)
  }
}

describe.each(['6.18.15', '6.18.44'])('bounds of scalars in Linux %s', (release) => {
  beforeAll(() => {
    useFactsOf(release)
  })

  it('spreading what is known loses no number', () => {
    eachReg(21, (reg, numbers) => {
      for (const x of numbers) holds(reg, x, 'sync')
    })
  })

  const ops: [
    string,
    (d: RegState, s: RegState) => void,
    (d: RegState, s: RegState) => void,
    typeof tnum.tnumAdd,
    (x: bigint, y: bigint) => bigint,
  ][] = [
    ['add', scalar.add64Bounds, scalar.add32Bounds, tnum.tnumAdd, (x, y) => x + y],
    ['sub', scalar.sub64Bounds, scalar.sub32Bounds, tnum.tnumSub, (x, y) => x - y],
    ['mul', scalar.mul64Bounds, scalar.mul32Bounds, tnum.tnumMul, (x, y) => x * y],
    ['and', scalar.and64Bounds, scalar.and32Bounds, tnum.tnumAnd, (x, y) => x & y],
    ['or', scalar.or64Bounds, scalar.or32Bounds, tnum.tnumOr, (x, y) => x | y],
    ['xor', scalar.xor64Bounds, scalar.xor32Bounds, tnum.tnumXor, (x, y) => x ^ y],
  ]
  it.each(ops)('%s of any two numbers is in the bounds of the result', (name, wide, narrow, bits, model) => {
    eachReg(22, (reg, numbers, next) => {
      const others = [next(), next()]
      const other = around(others, 0n)
      syncBounds(other)
      const out = cloneReg(reg)
      if (name === 'mul' || name === 'add' || name === 'sub') {
        narrow(out, other)
        wide(out, other)
        bits(out, out, other)
      } else {
        bits(out, out, other)
        narrow(out, other)
        wide(out, other)
      }
      syncBounds(out)
      for (const x of numbers) for (const y of others) holds(out, u64(model(x, y)), name)
    })
  })

  it('shifts by a constant and casts keep each number in bounds', () => {
    eachReg(23, (reg, numbers, next) => {
      const by = new RegState()
      const shift = next() & 63n
      const constant = around([shift], 0n)
      Object.assign(by, constant)
      const shifted: [string, (d: RegState, s: RegState) => void, (x: bigint) => bigint][] = [
        ['lsh', scalar.lsh64Bounds, (x) => x << shift],
        ['rsh', scalar.rsh64Bounds, (x) => x >> shift],
        ['arsh', scalar.arsh64Bounds, (x) => signed(x) >> shift],
      ]
      for (const [name, op, model] of shifted) {
        const out = cloneReg(reg)
        op(out, by)
        syncBounds(out)
        for (const x of numbers) holds(out, u64(model(x)), `${name} by ${shift}`)
      }
      for (const size of [1, 2, 4]) {
        const cut = cloneReg(reg)
        coerceToSize(cut, size)
        const extended = cloneReg(reg)
        coerceToSizeSx(extended, size)
        for (const x of numbers) {
          holds(cut, BigInt.asUintN(size * 8, x), `cut to ${size}`)
          holds(extended, u64(BigInt.asIntN(size * 8, x)), `extended from ${size}`)
        }
        if (size === 4) continue
        const narrow = cloneReg(reg)
        coerceToSize(narrow, 4)
        coerceSubregToSizeSx(narrow, size)
        zext32To64(narrow)
        syncBounds(narrow)
        for (const x of numbers) holds(narrow, BigInt.asUintN(32, BigInt.asIntN(size * 8, x)), `w from ${size}`)
      }
    })
  })

  it('a jump that is said to be taken, or not, is so for all numbers', () => {
    const jumps: [number, (x: bigint, y: bigint) => boolean][] = [
      [Jmp.JEQ, (x, y) => x === y],
      [Jmp.JNE, (x, y) => x !== y],
      [Jmp.JSET, (x, y) => (x & y) !== 0n],
      [Jmp.JGT, (x, y) => x > y],
      [Jmp.JGE, (x, y) => x >= y],
      [Jmp.JLT, (x, y) => x < y],
      [Jmp.JLE, (x, y) => x <= y],
      [Jmp.JSGT, (x, y) => signed(x) > signed(y)],
      [Jmp.JSGE, (x, y) => signed(x) >= signed(y)],
      [Jmp.JSLT, (x, y) => signed(x) < signed(y)],
      [Jmp.JSLE, (x, y) => signed(x) <= signed(y)],
    ]
    let decided = 0
    eachReg(24, (reg, numbers, next) => {
      const others = [next()]
      const other = around(others, next() & 1n ? next() & 0xffn : 0n)
      syncBounds(other)
      for (const [op, model] of jumps) {
        const taken = isBranchTaken(reg, other, op, false)
        if (taken < 0) continue
        decided++
        for (const x of numbers) {
          if (model(x, others[0] ?? 0n) !== (taken === 1)) throw new Error(`op ${op}: ${x} ${others[0]}`)
        }
      }
    })
    expect(decided).toBeGreaterThan(ROUNDS)
  })
})
