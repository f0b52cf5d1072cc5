import { Steps, le, random } from '../steps.mjs'

const QUEUE = 22
const STACK = 23

const t = new Steps()

// Which attributes a queue or stack may have.
for (const type of [QUEUE, STACK]) {
  for (const attr of [
    { valueSize: 4, max: 0 },
    { valueSize: 0, max: 4 },
    { valueSize: 4, max: 4, keySize: 4 },
    { valueSize: 4, max: 4, keySize: 1 },
    { valueSize: 4, max: 4, extra: 1 },
    { valueSize: 0x400001, max: 1 },
    { valueSize: 0xffffffff, max: 1 },
    { valueSize: 4, max: 4, numa: 1, flags: 4 },
    { valueSize: 4, max: 4, numa: 0, flags: 4 },
    { valueSize: 4, max: 4, numa: 1 },
    { valueSize: 4, max: 4, ifindex: 1 },
    { valueSize: 1, max: 1 },
    { valueSize: 7, max: 100 },
    { valueSize: 4096, max: 33 },
    { valueSize: 0x400000, max: 2 },
  ]) {
    t.create('made', type, attr)
    t.info('made')
  }
  for (let bit = 0; bit < 20; bit++) t.create('made', type, { valueSize: 8, max: 3, flags: 2 ** bit }).info('made')
  t.create('made', type, { valueSize: 8, max: 3, flags: 0x180 })
  t.create('made', type, { valueSize: 8, max: 3, flags: 0x18 })
}

// Elements, by each command and with each flag.
for (const type of [QUEUE, STACK]) {
  t.create('m', type, { valueSize: 4, max: 3 })
  t.lookup('m', null).pop('m').next('m').next('m', '').delete('m', null)
  t.update('m', null, le(1)).update('m', null, le(2)).lookup('m', null).lookup('m', null)
  t.update('m', null, le(3)).update('m', null, le(4)).lookup('m', null)
  for (const flags of [1, 2, 3, 4, 5, 8, 16, 2 ** 32]) t.update('m', null, le(0x100 + flags), flags)
  t.pop('m').update('m', null, le(5)).lookup('m', null)
  for (const flags of [1, 2, 4, 8]) t.lookup('m', null, { flags }).pop('m', null, flags)
  t.update('m', '', le(6)).lookup('m', '').pop('m', '').update('m', '00000000', le(6))
  t.delete('m', '').next('m').info('m')
  t.pop('m').pop('m').pop('m').pop('m').lookup('m', null)
  for (let i = 0; i < 20; i++) t.update('m', null, le(1000 + i), 2)
  for (let i = 0; i < 4; i++) t.pop('m')
  t.update('m', null, le(7)).freeze('m').update('m', null, le(8)).lookup('m', null).pop('m').freeze('m').info('m')
  t.create('ro', type, { valueSize: 12, max: 2, flags: 8 })
  t.update('ro', null, '000102030405060708090a0b').pop('ro').lookup('ro', null)
  t.create('wo', type, { valueSize: 12, max: 2, flags: 16 })
  t.update('wo', null, '000102030405060708090a0b').pop('wo').lookup('wo', null)
  t.lookup('none', null).update('none', null, '00').pop('none')
}

// A longer life.
const below = random(7)
for (const type of [QUEUE, STACK]) {
  t.create('m', type, { valueSize: 9, max: 5 })
  for (let i = 0; i < 150; i++) {
    const what = below(8)
    if (what < 3) t.update('m', null, le(i, 9))
    else if (what < 4) t.update('m', null, le(i, 9), 2)
    else if (what < 7) t.pop('m')
    else t.lookup('m', null)
  }
}

export const steps = t.list
