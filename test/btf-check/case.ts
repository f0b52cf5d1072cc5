import { random } from '../random.ts'
import type { Step } from '../steps/step.ts'
import { randomBtf } from './random-btf.ts'

/** BPF_BTF_LOAD of a seed's BTF, with some log or none. */
export function btfCase(seed: number, fixtures: readonly Uint8Array[]): Step[] {
  const btf = randomBtf(seed, fixtures)
  const next = random(seed ^ 0x5eed)
  const pick = <T>(from: readonly T[]): T => from[next() % from.length] as T
  const plain = next() % 8 !== 0
  const logLevel = plain ? 1 : pick([0, 1, 2, 3, 4, 7, 8, 9, 15, 16])
  const logSize = plain ? 1 << 20 : pick([0, 1, 2, 100, 128, 300, 1000, 4096, 1 << 20])
  return [{ op: 'btfLoad', attr: { btf, logLevel, logSize } }]
}
