import { Steps, le } from '../steps.mjs'

const RINGBUF = 27
const USER_RINGBUF = 31

const t = new Steps()
for (const type of [RINGBUF, USER_RINGBUF]) {
  for (const attr of [
    { max: 0 },
    { max: 1 },
    { max: 100 },
    { max: 2048 },
    { max: 4096 },
    { max: 8192 },
    { max: 12288 },
    { max: 65536 },
    { max: 1 << 20 },
    { max: 4096, keySize: 4 },
    { max: 4096, valueSize: 4 },
    { max: 4096, extra: 1 },
    { max: 4096, flags: 4, numa: 0 },
    { max: 4096, flags: 4, numa: 1 },
    { max: 4096, ifindex: 1 },
  ]) {
    t.create('made', type, attr)
    t.info('made')
  }
  for (let bit = 0; bit < 20; bit++) t.create('made', type, { max: 4096, flags: 2 ** bit }).info('made')
  t.create('m', type, { max: 4096 })
  for (const flags of [0, 1, 2, 4]) t.update('m', null, le(1), flags)
  t.lookup('m', null).lookup('m', '').lookup('m', null, { flags: 4 }).delete('m', null).delete('m', '').next('m')
  t.next('m', '').pop('m').pop('m', '').ring('m').freeze('m').update('m', null, le(1)).delete('m', null).info('m')
}

export const steps = t.list
