import { Steps, le, random } from '../steps.mjs'

const BLOOM = 30
const ZERO_SEED = 1 << 6

const t = new Steps()

for (const attr of [
  { valueSize: 4, max: 0 },
  { valueSize: 0, max: 4 },
  { valueSize: 4, max: 4, keySize: 4 },
  { valueSize: 0x400001, max: 1 },
  { valueSize: 0x400000, max: 1 },
  { valueSize: 0x400001, max: 0, keySize: 4 },
  { valueSize: 4, max: 1 },
  { valueSize: 4, max: 9 },
  { valueSize: 4, max: 10 },
  { valueSize: 4, max: 100 },
  { valueSize: 4, max: 1000 },
  { valueSize: 4, max: 100000 },
  { valueSize: 4, max: 1000, numa: 0, flags: 4 },
  { valueSize: 4, max: 1000, numa: 1, flags: 4 },
  { valueSize: 4, max: 4, ifindex: 1 },
  { valueSize: 0x400001, max: 1, ifindex: 1 },
]) {
  t.create('made', BLOOM, attr)
  t.info('made')
}
for (let extra = 0; extra <= 17; extra++) t.create('made', BLOOM, { valueSize: 4, max: 1000, extra }).info('made')
t.create('made', BLOOM, { valueSize: 4, max: 1000, extra: 2 ** 40 })
for (let bit = 0; bit < 20; bit++) t.create('made', BLOOM, { valueSize: 8, max: 3, flags: 2 ** bit }).info('made')

// With a seed of zero, what was never added and is found all the same is the hash's doing.
for (const [valueSize, extra] of [
  [4, 0],
  [8, 1],
  [12, 3],
  [16, 15],
  [24, 2],
  [1, 4],
  [3, 5],
  [5, 1],
  [13, 2],
  [29, 7],
  [64, 3],
]) {
  const below = random(valueSize * 100 + extra)
  t.create('m', BLOOM, { valueSize, max: 12, extra, flags: ZERO_SEED })
  const value = () => Array.from({ length: valueSize }, () => le(below(256), 1)).join('')
  t.lookup('m', null, { value: value() })
  for (let i = 0; i < 14; i++) {
    const added = value()
    t.update('m', null, added).lookup('m', null, { value: added })
  }
  for (let i = 0; i < 40; i++) t.lookup('m', null, { value: value() })
}

t.create('m', BLOOM, { valueSize: 4, max: 3 })
for (const flags of [1, 2, 3, 4, 8]) t.update('m', null, le(1), flags).lookup('m', null, { value: le(1), flags })
t.update('m', null, le(1)).lookup('m', null, { value: le(1) })
t.update('m', '00000000', le(1))
  .delete('m', null)
  .delete('m', '')
  .next('m')
  .pop('m')
  .lookup('m', '', { value: le(1) })
t.freeze('m')
  .update('m', null, le(2))
  .lookup('m', null, { value: le(1) })
  .info('m')

export const steps = t.list
