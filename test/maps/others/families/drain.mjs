// bpf_user_ringbuf_drain. The kernel lets only compiled programs call back.
import { add, call, count, exit, load, loadFunc, loadMap, mov, movReg, store, storeImm } from '../asm.mjs'
import { BtfBuilder } from '../btf.mjs'
import { Steps, le } from '../steps.mjs'

const XDP = 6
const DRAIN = 209
const PACKET = '00'.repeat(64)
const t = new Steps()
t.create('results', 2, { keySize: 4, valueSize: 256, max: 1 })

// User ring buffers: a function is called for each sample, with a dynptr, and says 0 to go on.
const b = new BtfBuilder()
const int = b.int('int', 4, 1)
const pointer = b.pointer(int)
const main = b.func('main', b.proto(int, [['ctx', pointer]]), 1)
const each = b.func(
  'each',
  b.proto(int, [
    ['sample', pointer],
    ['total', pointer],
  ]),
)
t.btf('types', b.hex())
for (const [name, verdict] of [
  ['all', 0],
  ['one', 1],
]) {
  // each(sample, &total): *total += 1, and its first 8 bytes by bpf_dynptr_read to the results.
  const READ = 201
  const callback =
    movReg(6, 2) +
    movReg(3, 1) +
    movReg(1, 10) +
    add(1, -8) +
    mov(2, 4) +
    mov(4, 0) +
    mov(5, 0) +
    storeImm(10, -8, 0) +
    call(READ) +
    load(1, 6, 0) +
    add(1, 1) +
    store(6, 0, 1) +
    load(1, 10, -8) +
    load(2, 6, 8) +
    '0f12000000000000' +
    store(6, 8, 2) +
    mov(0, verdict) +
    exit()
  const parts = (flags) => {
    const after =
      store(9, 0, 0) + load(0, 10, -16) + store(9, 8, 0) + load(0, 10, -8) + store(9, 16, 0) + mov(0, 0) + exit()
    const before = `18290000@results;0000000000000000` + storeImm(10, -16, 0) + storeImm(10, -8, 0)
    const tail = loadMap(1, 'u') + call(DRAIN) + after
    return before + movReg(3, 10) + add(3, -16) + mov(4, flags) + loadFunc(2, 1 + count(tail)) + tail
  }
  t.create('u', 31, { max: 4096 })
  for (const flags of [0, 1, 2, 4]) {
    const code = parts(flags)
    t.load(`${name}${flags}`, XDP, code + callback, {
      btf: 'types',
      funcInfo: le(0) + le(main) + le(count(code)) + le(each),
    })
    t.run(`${name}${flags}`, { data: PACKET }).lookup('results', le(0))
  }
  const sample = (length, ...words) => le(length) + le(0) + words.map((word) => le(word)).join('')
  t.ring('u', 16, sample(8, 5, 6))
  t.run(`${name}0`, { data: PACKET }).lookup('results', le(0)).ring('u')
  t.ring(
    'u',
    16 + 24 + 16 + 16,
    sample(8, 5, 6) + sample(12, 7, 8, 9, 0) + sample(0x40000008, 1, 1) + sample(4, 100, 0),
  )
  t.run(`${name}1`, { data: PACKET }).lookup('results', le(0)).ring('u')
  t.run(`${name}1`, { data: PACKET }).lookup('results', le(0)).ring('u')
  t.run(`${name}1`, { data: PACKET }).lookup('results', le(0)).ring('u')
  t.ring('u', 73).run(`${name}0`, { data: PACKET }).lookup('results', le(0)).ring('u')
  t.ring('u', 80, '00'.repeat(72) + sample(100, 1))
    .run(`${name}0`, { data: PACKET })
    .ring('u')
  t.ring('u', 88, '00'.repeat(72) + sample(0x80000008, 1, 2))
    .run(`${name}0`, { data: PACKET })
    .ring('u')
  t.ring('u', 88, '00'.repeat(72) + sample(0xc0000008, 1, 2))
    .run(`${name}0`, { data: PACKET })
    .ring('u')
  t.ring('u', 80000, '00'.repeat(88) + sample(5000, 1, 2))
    .run(`${name}0`, { data: PACKET })
    .ring('u')
}

export const steps = t.list
