import { Steps, le } from '../steps.mjs'

const ARENA = 33
const MMAPABLE = 1024
/** What maps of the next kernels are to this one. */
const INSN_ARRAY = 34
const RHASH = 35

const t = new Steps()
for (const attr of [
  { max: 0, flags: MMAPABLE },
  { max: 1, flags: 0 },
  { max: 1, flags: MMAPABLE },
  { max: 100, flags: MMAPABLE },
  { max: 1, flags: MMAPABLE, keySize: 4 },
  { max: 1, flags: MMAPABLE, valueSize: 4 },
  { max: 1 << 20, flags: MMAPABLE },
  { max: (1 << 20) + 1, flags: MMAPABLE },
  { max: (1 << 20) + 1, flags: MMAPABLE, ifindex: 1 },
  { max: 0xffffffff, flags: MMAPABLE },
  { max: 1, flags: MMAPABLE, extra: 1 },
  { max: 1, flags: MMAPABLE, extra: 2048 },
  { max: 1, flags: MMAPABLE, extra: 4096 },
  { max: 2, flags: MMAPABLE, extra: 2 ** 32 - 4096 },
  { max: 1, flags: MMAPABLE, extra: 2 ** 32 - 4096 },
  { max: 1 << 20, flags: MMAPABLE, extra: 2 ** 32 },
  { max: 1 << 20, flags: MMAPABLE, extra: 2 ** 32 + 4096 },
  { max: 4, flags: MMAPABLE, extra: 2 ** 44 },
  { max: 1, flags: MMAPABLE, extra: 2 ** 52 },
  { max: 1, flags: MMAPABLE + 4, numa: 0 },
  { max: 1, flags: MMAPABLE, ifindex: 1 },
]) {
  t.create('made', ARENA, attr)
  t.info('made')
}
for (let bit = 0; bit < 21; bit++) t.create('made', ARENA, { max: 3, flags: MMAPABLE + 2 ** bit }).info('made')
t.create('m', ARENA, { max: 10, flags: MMAPABLE })
for (const flags of [0, 1, 2, 4]) t.update('m', null, le(1), flags)
t.lookup('m', null).lookup('m', '').lookup('m', null, { flags: 4 }).delete('m', null).delete('m', '').next('m')
t.next('m', '').pop('m').pop('m', '').freeze('m').update('m', null, le(1)).delete('m', null).lookup('m', null).info('m')

for (const type of [0, INSN_ARRAY, RHASH, 36, 37, 1000, 0x7fffffff, 0xffffffff]) {
  t.create('made', type, { keySize: 4, valueSize: 8, max: 4 })
  t.create('made', type, { keySize: 4, valueSize: 16, max: 4 })
  t.create('made', type, { keySize: 4, valueSize: 16, max: 4, flags: 1 })
}

export const steps = t.list
