// Map types that came after 6.18.
import { Steps, le } from '../steps.mjs'

export const kernel = '7.2'

const INSN_ARRAY = 34
const RHASH = 35
const NO_PREALLOC = 1

const t = new Steps()
for (const attr of [
  { max: 0 },
  { max: 1 },
  { max: 7 },
  { max: 1000 },
  { keySize: 8 },
  { valueSize: 8 },
  { valueSize: 12 },
  { valueSize: 24 },
  { extra: 1 },
  { ifindex: 1 },
  { flags: 4, numa: 0 },
]) {
  t.create('made', INSN_ARRAY, { keySize: 4, valueSize: 16, max: 4, ...attr }).info('made')
}
for (let bit = 0; bit < 20; bit++) {
  t.create('made', INSN_ARRAY, { keySize: 4, valueSize: 16, max: 4, flags: 2 ** bit }).info('made')
}
t.create('m', INSN_ARRAY, { keySize: 4, valueSize: 16, max: 4 })
t.next('m').next('m', le(0)).next('m', le(3)).next('m', le(4)).next('m', le(-1))
t.lookup('m', le(0)).lookup('m', le(4)).delete('m', le(0)).delete('m', le(4)).pop('m', le(0)).lookup('m', null)
for (const flags of [0, 1, 2, 3, 4, 8, 16]) {
  t.update('m', le(1), le(flags) + '00'.repeat(12), flags)
    .update('m', le(4), '00'.repeat(16), flags)
    .lookup('m', le(1))
}
for (const value of [le(5) + le(1) + le(0) + le(0), le(5) + le(0) + le(1) + le(0), le(6) + le(0) + le(0) + le(9)]) {
  t.update('m', le(2), value).lookup('m', le(2))
}
t.update('m', le(3), le(-1) + '00'.repeat(12))
  .lookup('m', le(3))
  .lookup('m', le(3), { flags: 4 })
  .freeze('m')
t.update('m', le(3), '00'.repeat(16)).lookup('m', le(3)).info('m')

for (const attr of [
  { max: 0 },
  { max: 1 },
  { max: 1000 },
  { flags: 0 },
  { keySize: 0 },
  { valueSize: 0 },
  { keySize: 3, valueSize: 5 },
  { keySize: 65535 },
  { keySize: 65536 },
  { valueSize: 0x400000 },
  { extra: 1 },
  { extra: 8 },
  { extra: 9 },
  { max: 70000, extra: 65535 },
  { max: 70000, extra: 65536 },
  { extra: 2 ** 32 },
  { ifindex: 1 },
  { flags: NO_PREALLOC + 4, numa: 0 },
  { flags: NO_PREALLOC + 0x180 },
]) {
  t.create('made', RHASH, { keySize: 4, valueSize: 8, max: 8, flags: NO_PREALLOC, ...attr }).info('made')
}
for (let bit = 1; bit < 20; bit++) {
  t.create('made', RHASH, { keySize: 4, valueSize: 8, max: 8, flags: NO_PREALLOC + 2 ** bit }).info('made')
}
for (const keySize of [4, 8, 12]) {
  // Their order is chance: one element at a time is walked.
  const key = (number) => le(number, keySize)
  t.create('m', RHASH, { keySize, valueSize: 8, max: 3, flags: NO_PREALLOC })
  t.next('m').next('m', key(1)).lookup('m', key(1)).delete('m', key(1)).pop('m', key(1)).lookup('m', null)
  t.update('m', key(1), le(1, 8), 2)
  for (const flags of [0, 0, 1, 2, 3, 4, 8, 16]) t.update('m', key(1), le(10 + flags, 8), flags).lookup('m', key(1))
  t.next('m').next('m', key(1)).next('m', key(2)).info('m')
  t.update('m', key(2), le(2, 8), 1).update('m', key(3), le(3, 8)).update('m', key(4), le(4, 8)).info('m')
  t.update('m', key(3), le(33, 8))
    .lookup('m', key(3))
    .lookup('m', key(3), { flags: 4 })
    .pop('m', key(3), 4)
    .pop('m', key(3))
  t.pop('m', key(3)).delete('m', key(2)).delete('m', key(2)).info('m').next('m').next('m', key(1))
  t.freeze('m').update('m', key(1), le(1, 8)).delete('m', key(1)).pop('m', key(1)).lookup('m', key(1))
}
for (const type of [36, 37]) t.create('made', type, { keySize: 4, valueSize: 8, max: 4 })

export const steps = t.list
