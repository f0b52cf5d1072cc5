// What programs do with these maps: helpers' results by an array, and what bpf(2) sees after.
import {
  add,
  call,
  callMap,
  count,
  exit,
  load,
  loadImm64,
  loadMap,
  loadWord,
  mov,
  movReg,
  onStack,
  reporting,
  skipIfZero,
  storeImm,
  storeWord,
} from '../asm.mjs'
import { Steps, le } from '../steps.mjs'

const XDP = 6
const SYSCALL = 31
const LOOKUP = 1
const UPDATE = 2
const DELETE = 3
const REDIRECT_MAP = 51
const PUSH = 87
const POP = 88
const PEEK = 89
const OUTPUT = 130
const RESERVE = 131
const SUBMIT = 132
const DISCARD = 133
const QUERY = 134

const PACKET = '00'.repeat(64)
const t = new Steps()
t.create('results', 2, { keySize: 4, valueSize: 256, max: 1 })

/** Loads and runs a program that reports, and looks at what it reported. */
function report(parts, runs = 1) {
  t.load('p', XDP, reporting('results', parts))
  t.update('results', le(0), '00'.repeat(256))
  for (let i = 0; i < runs; i++) t.run('p', { data: PACKET }).lookup('results', le(0))
}

// Queues and stacks.
const popped = load(0, 10, -8)
for (const type of [22, 23]) {
  t.create('m', type, { valueSize: 8, max: 3 })
  const push = (value, flags) => storeImm(10, -8, value) + callMap(PUSH, 'm', 'stack -8', flags)
  report([
    callMap(POP, 'm', 'stack -8'),
    popped,
    callMap(PEEK, 'm', 'stack -8'),
    push(1, 0),
    push(2, 2),
    push(3, 0),
    push(4, 0),
    push(5, 1),
    push(6, 3),
    push(7, 4),
    callMap(PEEK, 'm', 'stack -8'),
    popped,
    push(8, 2),
    callMap(POP, 'm', 'stack -8'),
    popped,
    callMap(PEEK, 'm', 'stack -8'),
    popped,
  ])
  t.lookup('m', null).pop('m').pop('m').pop('m').update('m', null, le(9, 8))
  report([callMap(POP, 'm', 'stack -8'), popped, callMap(POP, 'm', 'stack -8'), popped], 2)
  report([push(11, 2), push(12, 2)], 3)
  t.pop('m').pop('m').pop('m').pop('m').info('m')
}

// Bloom filters.
t.create('m', 30, { valueSize: 8, max: 10, flags: 64 })
const bloom = (helper, value, ...flags) => storeImm(10, -8, value) + callMap(helper, 'm', 'stack -8', ...flags)
report([bloom(PEEK, 1), bloom(PUSH, 1, 0), bloom(PEEK, 1), bloom(PUSH, 2, 1), bloom(PUSH, 2, 2), bloom(PEEK, 2)])
report(Array.from({ length: 20 }, (_, i) => bloom(i % 3 === 0 ? PUSH : PEEK, i * 1001, ...(i % 3 === 0 ? [0] : []))))
for (let i = 0; i < 20; i++) t.lookup('m', null, { value: le(i * 1001, 8) })

// Tries: values are written through the pointer, too.
t.create('m', 11, { keySize: 8, valueSize: 8, max: 4, flags: 1 })
const key = (length, address) => onStack(-8, [length, address])
const put = (length, address, value, flags) =>
  key(length, address) + storeImm(10, -16, value) + callMap(UPDATE, 'm', 'stack -8', 'stack -16', flags)
const find = (length, address) => {
  const read = load(0, 0, 0)
  return key(length, address) + callMap(LOOKUP, 'm', 'stack -8') + skipIfZero(0, count(read)) + read
}
const change = (length, address, value) => {
  const write = storeImm(0, 0, value) + mov(0, 1)
  return key(length, address) + callMap(LOOKUP, 'm', 'stack -8') + skipIfZero(0, count(write)) + write
}
const drop = (length, address) => key(length, address) + callMap(DELETE, 'm', 'stack -8')
report([
  find(32, 0x0100000a),
  put(8, 0x0000000a, 8, 0),
  put(16, 0x0000010a, 16, 1),
  put(16, 0x0000010a, 17, 1),
  put(24, 0x0002010a, 24, 2),
  put(33, 0, 24, 0),
  put(24, 0x0002010a, 24, 4),
  find(32, 0x0302010a),
  find(32, 0x0303020a),
  change(32, 0x0302010a, 99),
  find(16, 0x0000010a),
  change(9, 0x0000000a, 88),
  drop(8, 0x0100000a),
  find(32, 0x0303020a),
  drop(8, 0x0000000a),
  drop(40, 0x0000000a),
  put(8, 0x0000000b, 7, 0),
  change(32, 0x0000000b, 77),
  put(8, 0x0000000b, 70, 2),
  find(8, 0x0000000b),
])
t.lookup('m', le(32) + '0a010203')
  .lookup('m', le(32) + '0b010203')
  .next('m')
  .next('m', le(16) + '0a010000')
  .info('m')
report([change(32, 0x0000000b, 1), find(8, 0x0000000b), drop(8, 0x0000000b), put(8, 0x0000000b, 5, 0), find(8, 0xb)], 2)
t.lookup('m', le(32) + '0b010203')

// Devices and CPUs: verdicts of bpf_redirect_map.
for (const [type, valueSize, value] of [
  [14, 4, le(1)],
  [14, 8, le(1) + le(0)],
  [25, 8, le(1) + le(0)],
  [16, 4, le(64)],
  [17, 4, undefined],
]) {
  t.create('m', type, { keySize: 4, valueSize, max: 4 })
  if (value) t.update('m', le(1), value).update('m', le(2), value).delete('m', le(2))
  const redirect = (index, flags) => callMap(REDIRECT_MAP, 'm', index, flags)
  const flags = [0, 1, 2, 3, 4, 7, 8, 16, 24, 25, 11, 32]
  report(flags.map((flag) => redirect(1, flag)))
  report(flags.map((flag) => redirect(2, flag)))
  report(flags.map((flag) => redirect(9, flag)))
  if (type === 14 || type === 25) {
    const read = (index) => {
      const fields = loadWord(0, 0, 0)
      return storeWord(10, -8, index) + callMap(LOOKUP, 'm', 'stack -8') + skipIfZero(0, count(fields)) + fields
    }
    report([read(0), read(1), read(2), read(9)])
  }
}

// Ring buffers.
t.create('m', 27, { max: 4096 })
const reserved = (size, flags, release) => {
  // A sample's first 8 bytes are written, where it has so many.
  const fill = size >= 8 ? storeImm(0, 0, size) : ''
  const body = fill + movReg(1, 0) + mov(2, 0) + call(release) + mov(0, 1)
  return callMap(RESERVE, 'm', size, flags) + skipIfZero(0, count(body)) + body
}
const query = (what) => callMap(QUERY, 'm', what)
const output = (size, flags) =>
  onStack(-16, [0x11111111, 0x22222222, 0x33333333, 0x44444444]) + callMap(OUTPUT, 'm', 'stack -16', size, flags)
report([
  query(0),
  query(1),
  query(2),
  query(3),
  query(4),
  reserved(8, 0, SUBMIT),
  reserved(8, 1, SUBMIT),
  reserved(0, 0, SUBMIT),
  reserved(13, 0, DISCARD),
  reserved(4088, 0, SUBMIT),
  reserved(4089, 0, SUBMIT),
  reserved(0x3fffffff, 0, SUBMIT),
  reserved(0x40000000, 0, SUBMIT),
  output(16, 0),
  output(5, 1),
  output(0, 2),
  output(16, 3),
  output(16, 4),
  output(16, 8),
  query(0),
  query(2),
  query(3),
])
t.ring('m').info('m')
// Until it's full; then a reader goes on, and what was there before is still to be seen in samples that nobody fills.
report([reserved(600, 0, SUBMIT), reserved(601, 0, DISCARD), output(16, 0), query(0), query(3)], 6)
t.ring('m', 1200)
report([reserved(1000, 0, SUBMIT), query(0), query(2), query(3)], 2)
t.ring('m', 5000)
report([reserved(3000, 0, SUBMIT), query(0), query(3)], 2)
t.ring('m')
// Two samples at once, handed back in the other order, with a third in between that finds no room behind the first.
const twice =
  callMap(RESERVE, 'm', 100, 0) +
  movReg(6, 0) +
  callMap(RESERVE, 'm', 200, 0) +
  movReg(7, 0) +
  skipIfZero(7, 4) +
  (movReg(1, 7) + mov(2, 0) + call(SUBMIT) + mov(7, 1)) +
  callMap(RESERVE, 'm', 3900, 0) +
  movReg(8, 0) +
  skipIfZero(8, 4) +
  (movReg(1, 8) + mov(2, 0) + call(DISCARD) + mov(8, 1)) +
  skipIfZero(6, 4) +
  (movReg(1, 6) + mov(2, 0) + call(SUBMIT) + mov(6, 1)) +
  movReg(0, 8)
t.ring('m', 8192)
report([twice, query(3), twice, query(3)])
t.ring('m', 12000)
report([twice, query(0), query(3)])
t.ring('m')
const big = (1 << 16) - 8
t.create('m', 27, { max: 65536 })
report([reserved(big, 0, SUBMIT), reserved(big - 8, 0, DISCARD), query(3), reserved(100, 0, SUBMIT)], 2)
t.ring('m', 65536 - 16)
report([output(16, 0), output(13, 0), query(0)])
t.info('m')

// Programs that are no packet's.
t.create('m', 22, { valueSize: 4, max: 2 })
t.load(
  's',
  SYSCALL,
  storeWord(10, -4, 7) + movReg(2, 10) + add(2, -4) + mov(3, 0) + loadMap(1, 'm') + call(PUSH) + exit(),
  {
    flags: 1 << 4,
  },
)
t.run('s', { repeat: 0 }).run('s', { repeat: 0 }).run('s', { repeat: 0 }).pop('m').pop('m').pop('m')
t.create('m', 30, { valueSize: 4, max: 2 })
t.load('s', XDP, loadImm64(0, 5, 0) + exit()).run('s', { data: PACKET })

export const steps = t.list
