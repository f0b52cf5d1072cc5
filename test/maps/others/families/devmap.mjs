import { Steps, le, random } from '../steps.mjs'

const DEVMAP = 14
const DEVMAP_HASH = 25
const XDP = 6
const SOCKET_FILTER = 1
/** expected_attach_type */
const XDP_DEVMAP = 33
const XDP_CPUMAP = 35
/** r0 = 2; exit */
const PASS = 'b700000002000000' + '9500000000000000'

const t = new Steps()
t.load('devmap', XDP, PASS, { attach: XDP_DEVMAP })
t.load('cpumap', XDP, PASS, { attach: XDP_CPUMAP })
t.load('xdp', XDP, PASS)
t.load('frags', XDP, PASS, { attach: XDP_DEVMAP, flags: 1 << 5 })
t.load('filter', SOCKET_FILTER, PASS)

for (const type of [DEVMAP, DEVMAP_HASH]) {
  for (const attr of [
    { keySize: 4, valueSize: 4, max: 0 },
    { keySize: 4, valueSize: 4, max: 1 },
    { keySize: 4, valueSize: 8, max: 3 },
    { keySize: 4, valueSize: 8, max: 4 },
    { keySize: 4, valueSize: 8, max: 1000 },
    { keySize: 4, valueSize: 0, max: 1 },
    { keySize: 4, valueSize: 5, max: 1 },
    { keySize: 4, valueSize: 12, max: 1 },
    { keySize: 8, valueSize: 4, max: 1 },
    { keySize: 4, valueSize: 4, max: 1, extra: 1 },
    { keySize: 4, valueSize: 4, max: 1, flags: 4, numa: 0 },
    { keySize: 4, valueSize: 4, max: 1, flags: 4, numa: 1 },
  ]) {
    t.create('made', type, attr)
    t.info('made')
  }
  if (type === DEVMAP_HASH) t.create('made', type, { keySize: 4, valueSize: 4, max: 0x80000001 })
  for (let bit = 0; bit < 20; bit++)
    t.create('made', type, { keySize: 4, valueSize: 4, max: 3, flags: 2 ** bit }).info('made')

  t.create('m', type, { keySize: 4, valueSize: 4, max: 4 })
  t.next('m').next('m', le(0)).next('m', le(3)).next('m', le(4)).next('m', le(0xffffffff))
  t.lookup('m', le(0)).lookup('m', le(4)).delete('m', le(0)).delete('m', le(4)).info('m')
  for (const flags of [0, 1, 2, 3, 4, 8]) t.update('m', le(0), le(1), flags).update('m', le(4), le(1), flags).info('m')
  t.update('m', le(1), le(2)).update('m', le(1), le(99)).update('m', le(1), le(0xffffffff)).info('m')
  t.update('m', le(2), le(0)).info('m').lookup('m', le(2)).update('m', le(2), le(1)).info('m').lookup('m', le(2))
  t.update('m', le(2), le(0)).info('m').lookup('m', le(2)).delete('m', le(2)).info('m').delete('m', le(2)).info('m')
  t.update('m', le(3), le(1))
    .update('m', le(3), le(1), 2)
    .lookup('m', le(3))
    .next('m')
    .next('m', le(3))
    .next('m', le(0))
  t.lookup('m', le(3), { flags: 4 }).pop('m', le(3)).lookup('m', null)
  t.freeze('m').update('m', le(3), le(1)).delete('m', le(3)).lookup('m', le(3))

  // Values with a program.
  t.create('p', type, { keySize: 4, valueSize: 8, max: 4 })
  for (const prog of ['devmap', 'cpumap', 'xdp', 'filter', 'nothing', 'p']) {
    t.update('p', le(1), `${le(1)}@${prog};`).lookup('p', le(1), { ids: { 4: 'devmap' } })
  }
  t.update('p', le(2), le(1) + le(0))
    .lookup('p', le(2))
    .update('p', le(2), le(1) + le(-1))
    .lookup('p', le(2))
  t.update('p', le(2), le(0) + '@devmap;')
    .update('p', le(2), le(7) + '@devmap;')
    .update('p', le(2), le(0) + le(0))
    .info('p')
  t.update('p', le(3), `${le(1)}@frags;`).lookup('p', le(3), { ids: { 4: 'frags' } })
  t.close('devmap')
    .lookup('p', le(1), { ids: { 4: 'devmap' } })
    .update('p', le(1), le(1) + le(0))
    .lookup('p', le(1))
  t.load('devmap', XDP, PASS, { attach: XDP_DEVMAP })
  t.create('p2', type, { keySize: 4, valueSize: 8, max: 4 })
  t.update('p2', le(3), `${le(1)}@frags;`)
    .update('p2', le(2), `${le(1)}@devmap;`)
    .next('p2')
    .next('p2', le(3))
  t.lookup('p2', le(3), { ids: { 4: 'frags' } }).info('p2')
}

// The order of a hash: its buckets, in each the newest first.
const below = random(3)
for (const max of [1, 4, 5, 30]) {
  t.create('m', DEVMAP_HASH, { keySize: 4, valueSize: 4, max })
  const keys = []
  for (let i = 0; i < max * 2; i++) {
    const key = below(2) ? below(max * 3) : below(0x7fffffff)
    keys.push(key)
    t.update('m', le(key), le(1), below(6) === 0 ? below(3) : 0)
    if (below(3) === 0) t.delete('m', le(keys[below(keys.length)]))
    t.next('m').next('m', le(keys[below(keys.length)]))
  }
  for (const key of keys) t.next('m', le(key)).lookup('m', le(key))
  t.info('m')
}

export const steps = t.list
