// Local storage of sockets, inodes, tasks and cgroups, by bpf(2) and by programs.
import {
  call,
  count,
  exit,
  load,
  loadMap,
  mov,
  movReg,
  skipIfZero,
  store,
  add,
  loadValue,
  skipUnlessZero,
} from '../asm.mjs'
import { BtfBuilder } from '../btf.mjs'
import { Steps, le } from '../steps.mjs'

const CGROUP_STORAGE = 19
const PERCPU_CGROUP_STORAGE = 21
const SK_STORAGE = 24
const INODE_STORAGE = 28
const TASK_STORAGE = 29
const CGRP_STORAGE = 32
const NO_PREALLOC = 1
const CLONE = 512

const t = new Steps()
const b = new BtfBuilder()
const int = b.int('int', 4, 1)
const u64 = b.int('unsigned long long', 8)
const u32 = b.int('unsigned int', 4)
const point = b.struct('point', 8, [
  ['x', int, 0],
  ['y', int, 32],
])
const cgroupKey = b.struct('bpf_cgroup_storage_key', 16, [
  ['cgroup_inode_id', u64, 0],
  ['attach_type', u32, 64],
])
const char = b.int('char', 1, 1)
const bytes = (length) => b.array(char, int, length)
const big = bytes(65407)
const bigger = bytes(65408)
t.btf('types', b.hex())
t.create('other', 2, { keySize: 4, valueSize: 4, max: 1 })

for (const type of [SK_STORAGE, INODE_STORAGE, TASK_STORAGE, CGRP_STORAGE]) {
  const plain = { keySize: 4, valueSize: 8, flags: NO_PREALLOC, btf: 'types', btfKey: int, btfValue: point }
  for (const change of [
    {},
    { flags: 0 },
    { flags: CLONE },
    { flags: NO_PREALLOC + CLONE },
    { max: 1 },
    { keySize: 8 },
    { keySize: 0 },
    { valueSize: 0 },
    { btfKey: 0 },
    { btfValue: 0 },
    { btfKey: 0, btfValue: 0 },
    { btf: undefined },
    { btf: 'nothing' },
    { btf: 'other' },
    { extra: 1 },
    { ifindex: 1 },
    { valueSize: 65407, btfValue: big },
    { valueSize: 65408, btfValue: bigger },
    { valueSize: 65408, btfKey: 0 },
    { btfVmlinux: 1 },
  ]) {
    t.create('made', type, { ...plain, ...change })
    t.info('made')
  }
  for (let bit = 0; bit < 20; bit++) t.create('made', type, { ...plain, flags: NO_PREALLOC + 2 ** bit }).info('made')

  t.create('m', type, plain)
  t.next('m').next('m', le(0)).pop('m', le(0)).lookup('m', null).lookup('m', le(0), { flags: 4 })
  for (const fd of ['@other;', '@types;', '@m;', '@nothing;', le(-1), le(500)]) {
    t.lookup('m', fd).delete('m', fd)
    for (const flags of [2, 0, 0, 1, 2, 3, 4, 8]) t.update('m', fd, le(5) + le(flags), flags).lookup('m', fd)
    t.lookup('m', '@other;').delete('m', fd).lookup('m', fd).delete('m', fd)
  }
  t.freeze('m').update('m', '@other;', le(5, 8)).delete('m', '@other;').lookup('m', '@other;').info('m')
}

for (const type of [CGROUP_STORAGE, PERCPU_CGROUP_STORAGE]) {
  for (const attr of [
    { keySize: 16, valueSize: 8 },
    { keySize: 8, valueSize: 8 },
    { keySize: 4, valueSize: 8 },
    { keySize: 12, valueSize: 8 },
    { keySize: 0, valueSize: 8 },
    { keySize: 16, valueSize: 0 },
    { keySize: 16, valueSize: 8, max: 1 },
    { keySize: 16, valueSize: 5 },
    { keySize: 16, valueSize: 32768 },
    { keySize: 16, valueSize: 32769 },
    { keySize: 16, valueSize: 65407 },
    { keySize: 16, valueSize: 65408 },
    { keySize: 16, valueSize: 65408, max: 1 },
    { keySize: 16, valueSize: 8, extra: 1 },
    { keySize: 16, valueSize: 8, flags: 4, numa: 0 },
    { keySize: 16, valueSize: 8, flags: 4, numa: 1 },
    { keySize: 16, valueSize: 8, ifindex: 1 },
    { keySize: 16, valueSize: 8, flags: 0x180 },
    { keySize: 16, valueSize: 8, btf: 'types', btfKey: cgroupKey, btfValue: point },
    { keySize: 8, valueSize: 8, btf: 'types', btfKey: u64, btfValue: point },
  ]) {
    t.create('made', type, attr)
    t.info('made')
  }
  for (let bit = 0; bit < 20; bit++) t.create('made', type, { keySize: 16, valueSize: 8, flags: 2 ** bit }).info('made')
  for (const keySize of [8, 16]) {
    t.create('m', type, { keySize, valueSize: 8 })
    const key = '01' + '00'.repeat(keySize - 1)
    t.next('m').next('m', key).lookup('m', key).delete('m', key).pop('m', key).lookup('m', null)
    for (const flags of [0, 1, 2, 3, 4, 6, 8]) t.update('m', key, '00'.repeat(32), flags)
    t.freeze('m').update('m', key, '00'.repeat(32)).delete('m', key).info('m')
  }
}

// What a test run's program keeps: with its task until the process ends, with its packet's socket and cgroup for the run.
const TASK_GET = 156
const TASK_DELETE = 157
const CURRENT_TASK = 158
const SK_GET = 107
const SK_DELETE = 108
const SK_FULLSOCK = 95
const GET_LOCAL = 81
const SYSCALL = 31
const SCHED_CLS = 3
const CGROUP_SKB = 8

t.create('results', 2, { keySize: 4, valueSize: 256, max: 1 })
t.create('initial', 2, { keySize: 4, valueSize: 8, max: 1 })
t.update('initial', le(0), le(1000, 8))
const storage = { keySize: 4, valueSize: 8, flags: NO_PREALLOC, btf: 'types', btfKey: int, btfValue: point }

/** r0 = the old value plus one, or 0 where there's none; r6 is the owner. */
const bump = (helper, map, flags, initial) => {
  const body = load(1, 0, 0) + add(1, 1) + store(0, 0, 1) + movReg(0, 1)
  const third = initial ? loadValue(3, 'initial') : mov(3, 0)
  return loadMap(1, map) + movReg(2, 6) + third + mov(4, flags) + call(helper) + skipIfZero(0, count(body)) + body
}
const drop = (helper, map) => loadMap(1, map) + movReg(2, 6) + call(helper)
const program = (owner, parts) => {
  const body = parts.map((part, i) => part + store(9, i * 8, 0)).join('')
  return owner + loadValue(9, 'results') + body + mov(0, 0) + exit()
}

t.create('task', TASK_STORAGE, storage)
t.create('task2', TASK_STORAGE, storage)
const current = call(CURRENT_TASK) + movReg(6, 0)
t.load(
  'p',
  SYSCALL,
  program(current, [
    bump(TASK_GET, 'task', 0),
    bump(TASK_GET, 'task', 2),
    bump(TASK_GET, 'task', 1),
    bump(TASK_GET, 'task', 1, true),
    bump(TASK_GET, 'task', 0),
    bump(TASK_GET, 'task2', 0),
    bump(TASK_GET, 'task2', 1, true),
    drop(TASK_DELETE, 'task2'),
    drop(TASK_DELETE, 'task2'),
    bump(TASK_GET, 'task2', 0),
  ]),
  { flags: 1 << 4 },
)
for (let i = 0; i < 3; i++) t.run('p', { repeat: 0 }).lookup('results', le(0))
t.load(
  'q',
  SYSCALL,
  program(current, [bump(TASK_GET, 'task', 0), drop(TASK_DELETE, 'task'), bump(TASK_GET, 'task', 0)]),
  { flags: 1 << 4 },
)
for (let i = 0; i < 2; i++) t.run('q', { repeat: 0 }).lookup('results', le(0))
t.load('n', SYSCALL, program(mov(6, 0), [bump(TASK_GET, 'task', 1), drop(TASK_DELETE, 'task')]), { flags: 1 << 4 })
t.run('n', { repeat: 0 }).lookup('results', le(0))

t.create('sock', SK_STORAGE, storage)
const socket =
  load(1, 1, 168) +
  skipUnlessZero(1, 2) +
  mov(0, 0) +
  exit() +
  call(SK_FULLSOCK) +
  skipUnlessZero(0, 2) +
  mov(0, 0) +
  exit() +
  movReg(6, 0)
t.load(
  'c',
  SCHED_CLS,
  program(socket, [
    bump(SK_GET, 'sock', 0),
    bump(SK_GET, 'sock', 2),
    bump(SK_GET, 'sock', 1, true),
    bump(SK_GET, 'sock', 1),
    drop(SK_DELETE, 'sock'),
    drop(SK_DELETE, 'sock'),
    bump(SK_GET, 'sock', 1),
  ]),
)
const PACKET = '00'.repeat(64)
for (const repeat of [1, 1, 3]) t.run('c', { data: PACKET, repeat }).lookup('results', le(0))

for (const type of [CGROUP_STORAGE, PERCPU_CGROUP_STORAGE]) {
  t.create('local', type, { keySize: 16, valueSize: 8 })
  const increment = load(1, 0, 0) + add(1, 1) + store(0, 0, 1)
  t.load(
    'l',
    CGROUP_SKB,
    movReg(6, 1) +
      loadMap(1, 'local') +
      mov(2, 0) +
      call(GET_LOCAL) +
      increment +
      loadValue(9, 'results') +
      store(9, 0, 1) +
      mov(0, 1) +
      exit(),
  )
  for (const repeat of [1, 1, 5]) t.run('l', { data: PACKET, repeat }).lookup('results', le(0))
  t.next('local')
}
export const steps = t.list
