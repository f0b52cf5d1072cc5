import { random } from '../random.ts'

/** 64-bit numbers that are likely to sit on edges. */
export function interestingNumbers(seed: number): () => bigint {
  const next = random(seed)
  const edges = [
    0n,
    1n,
    0x7fffffffn,
    0x80000000n,
    0xffffffffn,
    1n << 32n,
    (1n << 63n) - 1n,
    1n << 63n,
    (1n << 64n) - 1n,
  ]
  const word = () => BigInt(next())
  return () => {
    const kind = next() % 4
    if (kind === 0) return BigInt.asUintN(64, (edges[next() % edges.length] ?? 0n) + BigInt((next() % 5) - 2))
    if (kind === 1) return BigInt(next() % 300)
    const whole = (word() << 32n) | word()
    return kind === 2 ? whole >> BigInt(next() % 64) : whole
  }
}

export const high = (x: bigint): number => Number(BigInt.asIntN(32, x >> 32n))
export const low = (x: bigint): number => Number(BigInt.asIntN(32, x))
export const join = (hi: number, lo: number): bigint => BigInt.asUintN(64, (BigInt(hi) << 32n) | BigInt(lo >>> 0))
export const signed = (x: bigint): bigint => BigInt.asIntN(64, x)
export const u64 = (x: bigint): bigint => BigInt.asUintN(64, x)
