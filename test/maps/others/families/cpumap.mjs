import { Steps, le } from '../steps.mjs'

const CPUMAP = 16
const XDP = 6
const XDP_DEVMAP = 33
const XDP_CPUMAP = 35
/** r0 = 2; exit */
const PASS = 'b700000002000000' + '9500000000000000'

const t = new Steps()
t.load('cpumap', XDP, PASS, { attach: XDP_CPUMAP })
t.load('devmap', XDP, PASS, { attach: XDP_DEVMAP })
t.load('frags', XDP, PASS, { attach: XDP_CPUMAP, flags: 1 << 5 })
t.load('filter', 1, PASS)
for (const attr of [
  { keySize: 4, valueSize: 4, max: 0 },
  { keySize: 4, valueSize: 4, max: 1 },
  { keySize: 4, valueSize: 8, max: 4 },
  { keySize: 4, valueSize: 8, max: 100 },
  { keySize: 4, valueSize: 8, max: 8192 },
  { keySize: 4, valueSize: 8, max: 8193 },
  { keySize: 4, valueSize: 8, max: 8193, ifindex: 1 },
  { keySize: 4, valueSize: 8, max: 0xffffffff },
  { keySize: 4, valueSize: 0, max: 1 },
  { keySize: 4, valueSize: 5, max: 1 },
  { keySize: 4, valueSize: 12, max: 1 },
  { keySize: 8, valueSize: 4, max: 1 },
  { keySize: 0, valueSize: 4, max: 1 },
  { keySize: 4, valueSize: 4, max: 1, extra: 1 },
  { keySize: 4, valueSize: 4, max: 1, flags: 4, numa: 0 },
  { keySize: 4, valueSize: 4, max: 1, flags: 4, numa: 1 },
]) {
  t.create('made', CPUMAP, attr)
  t.info('made')
}
for (let bit = 0; bit < 20; bit++)
  t.create('made', CPUMAP, { keySize: 4, valueSize: 4, max: 3, flags: 2 ** bit }).info('made')

t.create('m', CPUMAP, { keySize: 4, valueSize: 4, max: 6 })
t.next('m').next('m', le(0)).next('m', le(4)).next('m', le(5)).next('m', le(6)).next('m', le(0xffffffff))
t.lookup('m', le(0)).lookup('m', le(6)).delete('m', le(0)).delete('m', le(6)).info('m')
for (const flags of [0, 1, 2, 3, 4]) t.update('m', le(0), le(128), flags).update('m', le(6), le(128), flags)
for (const size of [1, 16384, 16385, 0xffffffff, 0]) t.update('m', le(1), le(size)).lookup('m', le(1))
for (const cpu of [0, 1, 2, 3, 4, 5]) t.update('m', le(cpu), le(64 + cpu)).lookup('m', le(cpu))
t.update('m', le(5), le(0)).delete('m', le(3)).lookup('m', le(3)).delete('m', le(3)).info('m')
t.lookup('m', le(0), { flags: 4 }).pop('m', le(0)).lookup('m', null)
t.freeze('m').update('m', le(0), le(1)).delete('m', le(0)).lookup('m', le(0))

t.create('p', CPUMAP, { keySize: 4, valueSize: 8, max: 4 })
for (const prog of ['cpumap', 'devmap', 'filter', 'nothing', 'p']) {
  t.update('p', le(1), `${le(8)}@${prog};`).lookup('p', le(1), { ids: { 4: 'cpumap' } })
}
t.update('p', le(2), le(8) + le(0))
  .lookup('p', le(2))
  .update('p', le(2), le(8) + le(-1))
  .lookup('p', le(2))
t.update('p', le(2), le(0) + '@cpumap;')
  .lookup('p', le(2))
  .update('p', le(3), le(20000) + '@cpumap;')
t.update('p', le(3), `${le(1)}@frags;`).lookup('p', le(3), { ids: { 4: 'frags' } })
t.close('cpumap')
  .update('p', le(1), le(8) + le(0))
  .lookup('p', le(1))
  .info('p')

export const steps = t.list
