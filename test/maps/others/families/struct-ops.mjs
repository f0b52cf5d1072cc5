import { exit, mov } from '../asm.mjs'
import { BtfBuilder } from '../btf.mjs'
import { Steps, le } from '../steps.mjs'
import { structs } from '../vmlinux.mjs'

const STRUCT_OPS = 26
const LINK = 1 << 13
const VTYPE_BTF_OBJ_FD = 1 << 15

const t = new Steps()
const b = new BtfBuilder()
const int = b.int('int', 4, 1)
t.btf('types', b.hex())
t.create('other', 2, { keySize: 4, valueSize: 4, max: 1 })

const ops = (name) => structs.get(`bpf_struct_ops_${name}`)
const tcp = ops('tcp_congestion_ops')
const plain = { keySize: 4, valueSize: tcp.size, max: 1, btf: 'types', btfVmlinux: tcp.id }
for (const change of [
  {},
  { flags: LINK },
  { max: 0 },
  { max: 2 },
  { keySize: 8 },
  { keySize: 0 },
  { valueSize: 8 },
  { valueSize: 0 },
  { valueSize: tcp.size + 1 },
  { btfVmlinux: 0 },
  { btfVmlinux: 1 },
  { btfVmlinux: 0x7fffffff },
  { btfVmlinux: structs.get('tcp_congestion_ops').id },
  { btf: undefined },
  { btf: 'nothing' },
  { btf: 'other' },
  { btfKey: int, btfValue: int },
  { btfValue: int },
  { btfKey: int },
  { btfVmlinux: 0, btfKey: int, btfValue: int },
  { flags: VTYPE_BTF_OBJ_FD },
  { flags: VTYPE_BTF_OBJ_FD, module: 'types' },
  { flags: VTYPE_BTF_OBJ_FD, module: 'other' },
  { flags: VTYPE_BTF_OBJ_FD, module: 'nothing' },
  { module: 'types' },
  { extra: 1 },
  { ifindex: 1 },
  { flags: 4, numa: 0 },
]) {
  t.create('made', STRUCT_OPS, { ...plain, ...change })
  t.info('made')
}
for (let bit = 0; bit < 20; bit++) t.create('made', STRUCT_OPS, { ...plain, flags: 2 ** bit }).info('made')
for (const name of [...structs.keys()].filter((each) => each.startsWith('bpf_struct_ops_')).sort()) {
  const { id, size } = structs.get(name)
  t.create('made', STRUCT_OPS, { ...plain, valueSize: size, btfVmlinux: id }).info('made')
}

for (const flags of [0, LINK]) {
  t.create('m', STRUCT_OPS, { ...plain, flags })
  t.next('m')
    .next('m', le(0))
    .next('m', le(1))
    .lookup('m', le(0))
    .lookup('m', le(1))
    .delete('m', le(0))
    .delete('m', le(1))
  const zero = le(0, tcp.size)
  for (const flag of [0, 1, 2, 4]) t.update('m', le(0), zero, flag).lookup('m', le(0))
  t.update('m', le(1), zero)
    .update('m', le(0), le(1) + le(0, tcp.size - 4))
    .update('m', le(0), le(0) + le(1) + le(0, tcp.size - 8))
  t.update('m', le(0), le(0) + le(0) + le(1, tcp.size - 8)).lookup('m', le(0), { flags: 4 })
  t.pop('m', le(0)).lookup('m', null).freeze('m').delete('m', le(0)).info('m').close('m')
}

// Operations with programs: which must be for them, and which a subsystem wants.
const STRUCT_OPS_PROG = 27
const kernel = structs.get('tcp_congestion_ops')
const zero = mov(0, 0) + exit()
const function_ = (as, ops, member, more = {}) => {
  const { id, members } = structs.get(ops)
  t.load(as, STRUCT_OPS_PROG, zero, { attachBtfId: id, attach: members.get(member).i, ...more })
}
for (const member of ['ssthresh', 'undo_cwnd', 'cong_avoid', 'cong_control', 'set_state']) {
  function_(member, 'tcp_congestion_ops', member)
}
t.load('xdp', 6, zero)

/** A value of an operations struct: members with their bytes or programs. */
const valueOf = (ops, fields, common = le(0, 8)) => {
  const { size } = structs.get(`bpf_struct_ops_${ops}`)
  const { members } = structs.get(ops)
  const data = structs.get(`bpf_struct_ops_${ops}`).members.get('data').offset
  const parts = Object.entries(fields)
    .map(([name, bytes]) => ({ at: data + members.get(name).offset, bytes }))
    .sort((a, b) => a.at - b.at)
  let text = common
  let length = 8
  for (const { at, bytes } of parts) {
    text += '00'.repeat(at - length) + bytes
    length = at + bytes.replace(/@\w+;/g, '00000000').length / 2
  }
  return text + '00'.repeat(size - length)
}
const name = (text) => Buffer.from(text).toString('hex')
/** Where programs' ids are in values that are read. */
const ids = Object.fromEntries(
  ['ssthresh', 'undo_cwnd', 'cong_avoid'].map((each) => [64 + kernel.members.get(each).offset, each]),
)
const enough = { ssthresh: '@ssthresh;', undo_cwnd: '@undo_cwnd;', cong_avoid: '@cong_avoid;' }
for (const flags of [0, LINK]) {
  t.create('m', STRUCT_OPS, { ...plain, flags })
  for (const fields of [
    {},
    { name: name('a') },
    { ...enough },
    { ...enough, name: name('a b') },
    { ...enough, name: name('sixteen_letters_') },
    { ...enough, name: name('x'), flags: le(0x40000000) },
    { ...enough, name: name('x'), owner: le(1) },
    { ...enough, name: name('x'), key: le(1) },
    { ...enough, name: name('x'), set_state: '@cong_avoid;' },
    { ...enough, name: name('x'), set_state: '@xdp;' },
    { ...enough, name: name('x'), set_state: '@nothing;' },
    { ...enough, name: name('x'), set_state: '@m;' },
    { ...enough, name: name('x'), cong_avoid: le(0) },
    { ...enough, name: name('x'), ssthresh: le(0) },
    { ...enough, name: name('reno') },
    { ...enough, name: name('cubic') },
    { ...enough, name: name('mine'), flags: le(3) },
    { ...enough, name: name('mine') },
    { ...enough, name: name('other') },
  ]) {
    t.update('m', le(0), valueOf('tcp_congestion_ops', fields)).lookup('m', le(0), { ids })
  }
}
// One name is registered once, until it's taken back; a map that is done with is done with.
t.create('m', STRUCT_OPS, plain).create('n', STRUCT_OPS, plain)
const given = valueOf('tcp_congestion_ops', { ...enough, name: name('twice') })
t.update('m', le(0), given)
  .update('n', le(0), given)
  .update('m', le(0), given)
  .delete('n', le(0))
  .delete('m', le(0))
  .delete('m', le(0))
t.update('m', le(0), given).update('n', le(0), given).delete('n', le(0)).close('n')

t.create('q', STRUCT_OPS, { ...plain, valueSize: ops('Qdisc_ops').size, btfVmlinux: ops('Qdisc_ops').id })
for (const fields of [{}, { id: name('a') }, { id: name('a'), priv_size: le(1) }, { id: name('a'), flags: le(1) }]) {
  if (Object.keys(fields).every((each) => structs.get('Qdisc_ops').members.has(each)))
    t.update('q', le(0), valueOf('Qdisc_ops', fields))
}
t.create('d', STRUCT_OPS, { ...plain, valueSize: ops('bpf_dummy_ops').size, btfVmlinux: ops('bpf_dummy_ops').id })
t.update('d', le(0), valueOf('bpf_dummy_ops', {})).update('d', le(0), valueOf('bpf_dummy_ops', {}), 1)
for (const flags of [0, LINK]) {
  t.create('h', STRUCT_OPS, { ...plain, flags, valueSize: ops('hid_bpf_ops').size, btfVmlinux: ops('hid_bpf_ops').id })
  for (const fields of [{ flags: le(1) }, { flags: le(8), hid_id: le(5) }, { hid_id: le(0) }, {}]) {
    t.update('h', le(0), valueOf('hid_bpf_ops', fields)).lookup('h', le(0))
  }
}
for (let bit = 0; bit < 32; bit += bit < 8 ? 1 : 6) {
  t.create('f', STRUCT_OPS, { ...plain, flags: LINK })
  t.update('f', le(0), valueOf('tcp_congestion_ops', { ...enough, name: name('x'), flags: le(2 ** bit) }))
}
const scx = ops('sched_ext_ops')
t.create('s', STRUCT_OPS, { ...plain, flags: LINK, valueSize: scx.size, btfVmlinux: scx.id })
for (const fields of [
  {},
  { name: name('a'), flags: le(1 << 7, 8) },
  { name: name('a'), flags: le(2n ** 40n, 8) },
  { name: name('a'), flags: le(1 << 16, 8), timeout_ms: le(30001) },
  { name: name('a'), dispatch_max_batch: le(0x80000000) },
  {
    name: name('a'),
    exit_dump_len: le(7),
    hotplug_seq: le(9, 8),
    timeout_ms: le(30000),
    dispatch_max_batch: le(0x7fffffff),
  },
]) {
  t.update('s', le(0), valueOf('sched_ext_ops', fields)).lookup('s', le(0))
}

export const steps = t.list
