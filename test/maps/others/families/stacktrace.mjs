import { add, call, exit, loadImm64, loadMap, loadValue, mov, movReg, store } from '../asm.mjs'
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

// What a program may ask; whatever else it asks, the answer is the stack that it was called on.
const RAW_TRACEPOINT = 17
const GET_STACKID = 27
const GET_STACK = 67
t.create('results', 2, { keySize: 4, valueSize: 256, max: 1 })
const stackId = (flags) => movReg(1, 6) + loadMap(2, 'm') + flags + call(GET_STACKID)
const stack = (size, flags) => movReg(1, 6) + movReg(2, 10) + add(2, -64) + mov(3, size) + flags + call(GET_STACK)
const parts = [
  stackId(mov(3, 1 << 11)),
  stackId(mov(3, -1)),
  stackId(loadImm64(3, 0, 1)),
  stack(64, mov(4, 1 << 9)),
  stack(64, mov(4, 1 << 11)),
  stack(12, mov(4, 0)),
  stack(24, mov(4, (1 << 8) | (1 << 11))),
  stack(64, loadImm64(4, 0, 1)),
]
const body = parts.map((part, i) => part + store(9, i * 8, 0)).join('')
t.load('p', RAW_TRACEPOINT, movReg(6, 1) + loadValue(9, 'results') + body + mov(0, 0) + exit())
t.run('p', { repeat: 0 }).lookup('results', le(0))

export const steps = t.list
