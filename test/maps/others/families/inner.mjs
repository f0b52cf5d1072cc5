// Which of these maps may be in a map of maps, and which are alike.
import { BtfBuilder } from '../btf.mjs'
import { Steps, le } from '../steps.mjs'
import { structs } from '../vmlinux.mjs'

const t = new Steps()
const b = new BtfBuilder()
const int = b.int('int', 4, 1)
t.btf('types', b.hex())

const storage = { keySize: 4, valueSize: 4, flags: 1, btf: 'types', btfKey: int, btfValue: int }
const tcp = structs.get('bpf_struct_ops_tcp_congestion_ops')
const maps = [
  [7, { keySize: 4, valueSize: 8, max: 4 }],
  [11, { keySize: 8, valueSize: 4, max: 4, flags: 1 }],
  [14, { keySize: 4, valueSize: 4, max: 4 }],
  [15, { keySize: 4, valueSize: 4, max: 4 }],
  [16, { keySize: 4, valueSize: 4, max: 4 }],
  [17, { keySize: 4, valueSize: 4, max: 4 }],
  [18, { keySize: 4, valueSize: 4, max: 4 }],
  [19, { keySize: 16, valueSize: 4 }],
  [20, { keySize: 4, valueSize: 4, max: 4 }],
  [21, { keySize: 16, valueSize: 4 }],
  [22, { valueSize: 4, max: 4 }],
  [23, { valueSize: 4, max: 4 }],
  [24, storage],
  [25, { keySize: 4, valueSize: 4, max: 4 }],
  [26, { keySize: 4, valueSize: tcp.size, max: 1, btf: 'types', btfVmlinux: tcp.id }],
  [27, { max: 4096 }],
  [28, storage],
  [29, storage],
  [30, { valueSize: 4, max: 4 }],
  [31, { max: 4096 }],
  [32, storage],
  [33, { max: 4, flags: 1024 }],
]
for (const [type, attr] of maps) {
  t.create('inner', type, attr)
  for (const outer of [12, 13]) {
    t.create('outer', outer, { keySize: 4, valueSize: 4, max: 2, inner: 'inner' })
    t.update('outer', le(0), '@inner;')
    for (const change of [
      {},
      { max: (attr.max ?? 0) * 2 },
      ...(attr.btf ? [] : [{ valueSize: (attr.valueSize ?? 0) * 2 }]),
      { keySize: (attr.keySize ?? 0) * 2 },
      { flags: (attr.flags ?? 0) + 8 },
      { flags: (attr.flags ?? 0) + 128 },
    ]) {
      t.create('other', type, { ...attr, ...change }).update('outer', le(1), '@other;')
    }
  }
}

export const steps = t.list
