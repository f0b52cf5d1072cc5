import { Steps, le } from '../steps.mjs'

const STACK_TRACE = 7

const t = new Steps()
for (const attr of [
  { keySize: 4, valueSize: 8, max: 0 },
  { keySize: 4, valueSize: 8, max: 1 },
  { keySize: 4, valueSize: 8, max: 3 },
  { keySize: 4, valueSize: 8, max: 4 },
  { keySize: 4, valueSize: 1016, max: 16 },
  { keySize: 4, valueSize: 1016, max: 10000 },
  { keySize: 4, valueSize: 1024, max: 16 },
  { keySize: 4, valueSize: 0, max: 1 },
  { keySize: 4, valueSize: 4, max: 1 },
  { keySize: 4, valueSize: 12, max: 1 },
  { keySize: 8, valueSize: 8, max: 1 },
  { keySize: 0, valueSize: 8, max: 1 },
  { keySize: 4, valueSize: 8, max: 1, extra: 1 },
  { keySize: 4, valueSize: 32, max: 5, flags: 32 },
  { keySize: 4, valueSize: 24, max: 5, flags: 32 },
  { keySize: 4, valueSize: 40, max: 5, flags: 32 },
  { keySize: 4, valueSize: 127 * 32, max: 5, flags: 32 },
  { keySize: 4, valueSize: 128 * 32, max: 5, flags: 32 },
  { keySize: 4, valueSize: 8, max: 0x80000001 },
  { keySize: 4, valueSize: 8, max: 5, flags: 4, numa: 0 },
  { keySize: 4, valueSize: 8, max: 5, flags: 4, numa: 1 },
]) {
  t.create('made', STACK_TRACE, attr)
  t.info('made')
}
for (let bit = 0; bit < 20; bit++)
  t.create('made', STACK_TRACE, { keySize: 4, valueSize: 64, max: 3, flags: 2 ** bit }).info('made')

t.create('m', STACK_TRACE, { keySize: 4, valueSize: 64, max: 5 })
t.next('m').next('m', le(0)).next('m', le(8))
for (const key of [0, 4, 5, 7, 8, 0xffffffff]) t.lookup('m', le(key)).delete('m', le(key)).pop('m', le(key))
for (const flags of [0, 1, 2, 3, 4]) t.update('m', le(0), '00'.repeat(64), flags)
t.lookup('m', le(0), { flags: 4 }).lookup('m', null).freeze('m').delete('m', le(0)).lookup('m', le(0)).pop('m', le(0))
t.create('ro', STACK_TRACE, { keySize: 4, valueSize: 64, max: 5, flags: 8 }).delete('ro', le(0)).next('ro')
t.create('wo', STACK_TRACE, { keySize: 4, valueSize: 64, max: 5, flags: 16 }).delete('wo', le(0)).next('wo')

export const steps = t.list
