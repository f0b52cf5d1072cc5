import { Steps, le } from '../steps.mjs'

const SOCKMAP = 15
const XSKMAP = 17
const SOCKHASH = 18
const REUSEPORT = 20

const t = new Steps()
t.create('other', 2, { keySize: 4, valueSize: 4, max: 1 })
for (const type of [SOCKMAP, XSKMAP, SOCKHASH, REUSEPORT]) {
  for (const attr of [
    { keySize: 4, valueSize: 4, max: 0 },
    { keySize: 4, valueSize: 4, max: 1 },
    { keySize: 4, valueSize: 8, max: 3 },
    { keySize: 4, valueSize: 4, max: 5 },
    { keySize: 4, valueSize: 4, max: 1000 },
    { keySize: 4, valueSize: 0, max: 1 },
    { keySize: 4, valueSize: 6, max: 1 },
    { keySize: 0, valueSize: 4, max: 1 },
    { keySize: 2, valueSize: 4, max: 1 },
    { keySize: 8, valueSize: 8, max: 9 },
    { keySize: 512, valueSize: 8, max: 9 },
    { keySize: 513, valueSize: 8, max: 9 },
    { keySize: 513, valueSize: 8, max: 0 },
    { keySize: 513, valueSize: 8, max: 9, ifindex: 1 },
    { keySize: 4, valueSize: 4, max: 1, extra: 1 },
    { keySize: 4, valueSize: 4, max: 1, flags: 4, numa: 0 },
    { keySize: 4, valueSize: 4, max: 1, flags: 4, numa: 1 },
    { keySize: 4, valueSize: 4, max: 1, ifindex: 1 },
  ]) {
    t.create('made', type, attr)
    t.info('made')
  }
  if (type === SOCKHASH) t.create('made', type, { keySize: 4, valueSize: 4, max: 0x10000001 })
  for (let bit = 0; bit < 20; bit++) {
    t.create('made', type, { keySize: 4, valueSize: 4, max: 3, flags: 2 ** bit }).info('made')
  }
  for (const valueSize of type === XSKMAP ? [4] : [4, 8]) {
    t.create('m', type, { keySize: 4, valueSize, max: 4 })
    t.next('m').next('m', le(0)).next('m', le(3)).next('m', le(4)).next('m', le(0xffffffff))
    t.lookup('m', le(0)).lookup('m', le(4)).delete('m', le(0)).delete('m', le(4)).lookup('m', le(0), { flags: 4 })
    const rest = valueSize === 8 ? le(0) : ''
    for (const flags of [0, 1, 2, 3, 4, 8]) {
      t.update('m', le(0), le(998) + rest, flags).update('m', le(4), le(998) + rest, flags)
      t.update('m', le(0), '@other;' + rest, flags)
    }
    for (const fd of [0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff]) t.update('m', le(1), le(fd) + rest)
    if (valueSize === 8) t.update('m', le(1), le(3) + le(1)).update('m', le(1), le(-1, 8))
    t.pop('m', le(0))
      .lookup('m', null)
      .freeze('m')
      .update('m', le(0), le(1) + rest)
      .delete('m', le(0))
      .info('m')
  }
}

export const steps = t.list
