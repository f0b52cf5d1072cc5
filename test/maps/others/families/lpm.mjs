import { Steps, le, random } from '../steps.mjs'

const LPM = 11
const NO_PREALLOC = 1

const t = new Steps()
const ip = (length, ...data) => le(length) + data.map((byte) => le(byte, 1)).join('')

for (const attr of [
  { keySize: 8, valueSize: 4, max: 4, flags: 0 },
  { keySize: 8, valueSize: 4, max: 0, flags: 1 },
  { keySize: 8, valueSize: 0, max: 4, flags: 1 },
  { keySize: 4, valueSize: 4, max: 4, flags: 1 },
  { keySize: 5, valueSize: 4, max: 4, flags: 1 },
  { keySize: 3, valueSize: 4, max: 4, flags: 1 },
  { keySize: 260, valueSize: 1, max: 4, flags: 1 },
  { keySize: 261, valueSize: 1, max: 4, flags: 1 },
  { keySize: 8, valueSize: 0x400000, max: 4, flags: 1 },
  { keySize: 8, valueSize: 0x400000 - 256 - 24, max: 4, flags: 1 },
  { keySize: 8, valueSize: 0x400000 - 256 - 24 + 1, max: 4, flags: 1 },
  { keySize: 8, valueSize: 4, max: 0xffffffff, flags: 1 },
  { keySize: 8, valueSize: 4, max: 4, flags: 1, extra: 3 },
  { keySize: 8, valueSize: 4, max: 4, flags: 1 + 4, numa: 0 },
  { keySize: 8, valueSize: 4, max: 4, flags: 1 + 4, numa: 2 },
  { keySize: 8, valueSize: 4, max: 4, flags: 1, ifindex: 1 },
  { keySize: 8, valueSize: 4, max: 4, flags: 1 + 0x180 },
]) {
  t.create('made', LPM, attr)
  t.info('made')
}
for (let bit = 1; bit < 20; bit++)
  t.create('made', LPM, { keySize: 8, valueSize: 8, max: 3, flags: 1 + 2 ** bit }).info('made')

/** All keys in the map's order, from the start and once round. */
function walk(keys) {
  t.next('m')
  for (const key of keys) t.next('m', key)
}

t.create('m', LPM, { keySize: 8, valueSize: 4, max: 8, flags: NO_PREALLOC })
t.next('m')
  .lookup('m', ip(32, 1, 2, 3, 4))
  .delete('m', ip(32, 1, 2, 3, 4))
  .next('m', ip(32, 1, 2, 3, 4))
  .info('m')
for (const flags of [2, 3, 4, 8, 1]) t.update('m', ip(16, 192, 168, 0, 0), le(1), flags)
t.update('m', ip(33, 192, 168, 0, 0), le(1))
  .lookup('m', ip(33, 192, 168, 0, 0))
  .delete('m', ip(33, 192, 168, 0, 0))
t.lookup('m', ip(32, 192, 168, 0, 1))
  .lookup('m', ip(16, 192, 168, 0, 1))
  .lookup('m', ip(15, 192, 168, 0, 1))
t.lookup('m', ip(32, 192, 169, 0, 1)).lookup('m', ip(0, 0, 0, 0, 0))
t.update('m', ip(24, 192, 168, 0, 0), le(2)).update('m', ip(24, 192, 168, 128, 0), le(3))
t.update('m', ip(24, 192, 168, 1, 0), le(4)).info('m')
walk([
  ip(24, 192, 168, 0, 0),
  ip(24, 192, 168, 1, 0),
  ip(24, 192, 168, 128, 0),
  ip(16, 192, 168, 0, 0),
  ip(23, 192, 168, 0, 0),
  ip(33, 192, 168, 0, 0),
  ip(0, 0, 0, 0, 0),
])
// Bits behind the prefix stay as they were given last.
t.update('m', ip(24, 192, 168, 1, 77), le(5), 1).update('m', ip(24, 192, 168, 1, 77), le(5), 2)
t.next('m', ip(24, 192, 168, 0, 200)).lookup('m', ip(25, 192, 168, 1, 1))
t.update('m', ip(0, 1, 1, 1, 1), le(6))
  .lookup('m', ip(32, 8, 8, 8, 8))
  .next('m', ip(16, 192, 168, 0, 0))
t.update('m', ip(23, 192, 168, 0, 0), le(7), 2).update('m', ip(23, 192, 168, 0, 0), le(7), 1)
t.update('m', ip(23, 192, 168, 0, 0), le(8), 1)
  .lookup('m', ip(23, 192, 168, 1, 0))
  .info('m')
t.update('m', ip(32, 10, 0, 0, 1), le(9)).update('m', ip(31, 10, 0, 0, 0), le(10))
t.update('m', ip(32, 10, 0, 0, 0), le(11)).update('m', ip(32, 10, 0, 0, 0), le(11), 2)
t.update('m', ip(31, 10, 0, 0, 1), le(12)).info('m')
walk([ip(32, 10, 0, 0, 1), ip(31, 10, 0, 0, 0), ip(24, 192, 168, 0, 0), ip(24, 192, 168, 1, 0), ip(23, 192, 168, 0, 0)])
t.delete('m', ip(16, 192, 168, 0, 0))
  .delete('m', ip(16, 192, 168, 0, 0))
  .lookup('m', ip(24, 192, 168, 64, 0))
t.delete('m', ip(23, 192, 168, 0, 0))
  .next('m', ip(24, 192, 168, 1, 0))
  .delete('m', ip(24, 192, 168, 0, 0))
  .info('m')
t.delete('m', ip(0, 9, 9, 9, 9)).lookup('m', ip(32, 8, 8, 8, 8))
t.pop('m', ip(24, 192, 168, 1, 0)).lookup('m', ip(24, 192, 168, 1, 0), { flags: 4 })
t.lookup('m', ip(24, 192, 168, 1, 0), { flags: 1 })
  .update('m', null, le(1))
  .lookup('m', null)
t.freeze('m')
  .update('m', ip(8, 10, 0, 0, 0), le(1))
  .delete('m', ip(24, 192, 168, 1, 0))
  .next('m')
  .info('m')
t.create('ro', LPM, { keySize: 8, valueSize: 4, max: 8, flags: 9 })
  .update('ro', ip(8, 10, 0, 0, 0), le(1))
  .next('ro')
t.create('wo', LPM, { keySize: 8, valueSize: 4, max: 8, flags: 17 })
  .update('wo', ip(8, 10, 0, 0, 0), le(1))
  .next('wo')
t.lookup('wo', ip(8, 10, 0, 0, 0)).delete('wo', ip(8, 10, 0, 0, 0))

// Random prefixes of several widths: every key that is in the map, in its order, and lookups of others.
for (const [width, bits, count] of [
  [1, 8, 40],
  [2, 11, 40],
  [4, 32, 60],
  [5, 40, 30],
  [7, 56, 30],
  [8, 64, 40],
  [16, 128, 60],
  [256, 2048, 20],
]) {
  const below = random(width)
  const keys = []
  t.create('m', LPM, { keySize: 4 + width, valueSize: 4, max: count, flags: NO_PREALLOC })
  const key = () => {
    const near = keys.length > 0 && below(3) > 0 ? keys[below(keys.length)] : undefined
    const data = Array.from({ length: width }, (_, i) =>
      near && i < width / 2 ? near.data[i] : below(4) * 64 + below(2),
    )
    return { length: below(bits + 1), data }
  }
  const text = ({ length, data }) => ip(length, ...data)
  for (let i = 0; i < count + 5; i++) {
    const made = key()
    keys.push(made)
    t.update('m', text(made), le(i), below(4) === 0 ? below(3) : 0)
    if (below(4) === 0) t.delete('m', text(keys[below(keys.length)]))
    t.lookup('m', text(below(2) ? { ...made, length: bits } : key()))
  }
  t.next('m')
  for (const made of keys) t.next('m', text(made))
  for (const made of keys.slice(0, count / 2)) t.delete('m', text(made)).next('m', text(keys[below(keys.length)]))
  t.info('m')
}

export const steps = t.list
