import { Kind } from '../../src/btf/kinds.ts'
import { MapFlag } from '../../src/uapi/flags.ts'
import { MapType } from '../../src/uapi/map-type.ts'
import { BtfBuilder } from '../btf-check/builder.ts'
import type { Step } from '../steps/step.ts'

/** Maps with types of all sorts for their keys and values. What isn't about the types is always right. */

export interface MapCase {
  name: string
  btf: Uint8Array
  map: { type: number; keySize: number; valueSize: number; maxEntries: number; mapFlags: number }
  keyId: number
  valueId: number
}

interface Typed {
  id: number
  size: number
}

/** The types, by name, and their sizes. */
function library(): { btf: Uint8Array; types: Readonly<Record<string, Typed>> } {
  const b = new BtfBuilder()
  const types: Record<string, Typed> = { none: { id: 0, size: 4 } }
  const put = (name: string, id: number, size = b.sizeOf(id)) => (types[name] = { id, size })
  const id = (name: string) => types[name]?.id ?? 0
  put('int', b.int('int', 4, 1))
  put('long', b.int('long', 8))
  put('char', b.int('char', 1))
  put('int31', b.int('int31', 4, 0, 31))
  put('int128', b.int('wide', 16))
  put('typedef', b.ref(Kind.TYPEDEF, id('int'), 'u32'))
  put('const', b.ref(Kind.CONST, id('typedef')))
  put('enum', b.add('e', Kind.ENUM, 0, 4))
  put('float', b.add('f', Kind.FLOAT, 0, 4))
  put('pointer', b.ref(Kind.PTR, id('int')))
  put('array', b.array(id('int'), id('int'), 1))
  put('array4', b.array(id('char'), id('int'), 4))
  put('struct4', b.struct('s4', 4, [['a', id('int'), 0]]))
  put('struct8', b.struct('s8', 8, [['a', id('long'), 0]]))
  put('union8', b.struct('u8', 8, [['a', id('long'), 0]], true))
  put('lpm', b.struct('lpm', 8, [['prefixlen', id('int'), 0], ['data', id('array4'), 32]])) // prettier-ignore
  put('forward', b.add('fwd', Kind.FWD, 0, 0), 4)
  put('function', b.add('fn', Kind.FUNC, 0, b.add('', Kind.FUNC_PROTO, 0, 0)), 4)
  put('void', b.ref(Kind.CONST, 0), 4)
  put('missing', 0xffff, 4)
  const pair = (name: string, first: number, second: number, at: number, size: number) =>
    put(name, b.struct(name, size, [['a', first, 0], ['b', second, at]])) // prettier-ignore
  pair('cgroupKey', id('long'), id('int'), 64, 16)
  pair('cgroupKeyTypedef', id('long'), id('const'), 64, 16)
  pair('cgroupKeyWrong', id('int'), id('long'), 64, 16)
  pair('cgroupKeyWide', id('long'), id('long'), 64, 16)
  pair('cgroupKeyEnum', id('long'), id('enum'), 64, 16)
  put('cgroupKeyOne', b.struct('one', 16, [['a', id('long'), 0]]))
  const flagged = [b.name('a'), id('long'), 0, b.name('b'), id('int'), 64]
  put('cgroupKeyFlag', b.add('flag', Kind.STRUCT, 2, 16, flagged, true))
  put('cgroupKeyBits', b.add('bits', Kind.STRUCT, 2, 16, [...flagged.slice(0, 5), (20 << 24) | 64], true))

  const lock = b.struct('bpf_spin_lock', 4, [['val', id('int'), 0]])
  const resLock = b.struct('bpf_res_spin_lock', 4, [['val', id('int'), 0]])
  const opaque = (name: string, size: number) => b.struct(name, size, [['o', id('long'), 0]])
  const timer = opaque('bpf_timer', 16)
  const wq = opaque('bpf_wq', 16)
  const taskWork = opaque('bpf_task_work', 8)
  const head = opaque('bpf_list_head', 16)
  const node = opaque('bpf_list_node', 24)
  const root = opaque('bpf_rb_root', 16)
  const rbNode = opaque('bpf_rb_node', 32)
  const refcount = b.struct('bpf_refcount', 4, [['val', id('int'), 0]])
  const task = b.struct('task_struct', 8, [['x', id('int'), 0]])
  const mine = b.struct('only_mine', 8, [['x', id('int'), 0]])
  const page = b.struct('whole_page', 4096, [['x', id('int'), 0]])
  const twoPages = b.struct('more_than_a_page', 4097, [['x', id('int'), 0]])
  const empty = b.struct('empty', 0, [])
  const pointer = (tag: string, to: number) => b.ref(Kind.PTR, b.ref(Kind.TYPE_TAG, to, tag))
  const kptr = pointer('kptr', task)
  const untrusted = pointer('kptr_untrusted', task)
  const percpu = pointer('percpu_kptr', mine)
  const local = pointer('kptr', mine)
  const uptr = pointer('uptr', mine)

  /** A struct with these members one behind the other. */
  const value = (name: string, members: readonly number[], more = 0) => {
    let at = 0
    const placed = members.map((member, i): [string, number, number] => {
      const size = b.sizeOf(member)
      at = Math.ceil(at / Math.min(size, 8)) * Math.min(size, 8)
      at += size
      return [`m${i}`, member, (at - size) * 8]
    })
    return put(name, b.struct(`value_${name}`, Math.ceil(at / 8) * 8 + more, placed)).id
  }
  value('lock', [lock, id('int')])
  value('resLock', [resLock, id('int')])
  value('twoResLocks', [resLock, resLock])
  value('timer', [timer, id('long')])
  value('lockTimer', [lock, timer])
  value('wq', [wq])
  value('taskWork', [taskWork])
  value('kptr', [kptr, id('long')])
  value('untrusted', [untrusted])
  value('percpu', [percpu])
  value('local', [local])
  value('refcount', [refcount, id('int')])
  value('node', [node])
  value('rbNode', [rbNode])
  value('uptr', [uptr])
  value('uptrPage', [pointer('uptr', page)])
  value('uptrTwoPages', [pointer('uptr', twoPages)])
  value('uptrEmpty', [pointer('uptr', empty)])
  value('uptrKernel', [pointer('uptr', task)])
  value('tag', [pointer('user', mine)])
  value('kptrs', [b.array(kptr, id('int'), 11)])
  value('tooManyKptrs', [b.array(kptr, id('int'), 12)])
  value('timers', [b.array(timer, id('int'), 2)])
  value('nested', [id('long'), value('inner', [kptr, untrusted])])
  value('nestedArray', [b.array(id('inner'), id('int'), 3)])
  const element = value('element', [node, id('long')])
  const treeElement = value('treeElement', [rbNode])
  const list = value('list', [lock, head])
  b.tag('contains:value_element:m0', list, 1)
  const tree = value('tree', [lock, root])
  b.tag('contains:value_treeElement:m0', tree, 1)
  const resList = value('resList', [resLock, head])
  b.tag('contains:value_element:m0', resList, 1)
  // What is wrong with a list in an array of structs isn't seen before there's a map of them.
  const hidden = (name: string, struct: number) => value(name, [resLock, b.array(struct, id('int'), 1)])
  hidden('listOfNothing', value('nothing', [b.array(head, id('int'), 1)]))
  const wrongTag = value('wrongTag', [b.array(head, id('int'), 2)])
  b.tag('contains:value_element:m1', wrongTag, 0)
  hidden('listWrongTag', wrongTag)
  const otherNode = value('otherNode', [b.array(head, id('int'), 2)])
  b.tag('contains:value_treeElement:m0', otherNode, 0)
  hidden('listOfTree', otherNode)
  const unlocked = value('unlocked', [b.array(head, id('int'), 2)])
  b.tag('contains:value_element:m0', unlocked, 0)
  hidden('lists', unlocked)
  void element
  void treeElement

  const section = (name: string, variable: number, size: number) =>
    put(name, b.add(name, Kind.DATASEC, 1, size, [b.add('v', Kind.VAR, 0, variable, [1]), 0, size]), size)
  section('.data', id('int'), 4)
  section('.bss', id('lock'), 8)
  section('.bigger', id('int'), 16)
  section('.timer', id('timer'), 24)
  put('unionLock', b.struct('union_lock', 8, [['a', id('lock'), 0]], true))
  put('modifiedLock', b.ref(Kind.VOLATILE, id('lock')))
  return { btf: b.build(), types }
}

const keyed: readonly (readonly [
  type: keyof typeof MapType,
  key: number | undefined,
  value?: number | undefined,
  flags?: number,
])[] = [
  ['HASH', undefined],
  ['PERCPU_HASH', undefined],
  ['LRU_HASH', undefined],
  ['LRU_PERCPU_HASH', undefined],
  ['ARRAY', 4],
  ['PERCPU_ARRAY', 4],
  ['PROG_ARRAY', 4, 4],
  ['PERF_EVENT_ARRAY', 4, 4],
  ['CGROUP_ARRAY', 4, 4],
  ['STACK_TRACE', 4, 8],
  ['LPM_TRIE', 8, undefined, MapFlag.NO_PREALLOC],
  ['DEVMAP', 4, 4],
  ['DEVMAP_HASH', 4, 4],
  ['CPUMAP', 4, 4],
  ['XSKMAP', 4, 4],
  ['SOCKMAP', 4, 4],
  ['SOCKHASH', 4, 4],
  ['REUSEPORT_SOCKARRAY', 4, 4],
  ['CGROUP_STORAGE', 8],
  ['CGROUP_STORAGE', 16],
  ['PERCPU_CGROUP_STORAGE', 8],
  ['SK_STORAGE', 4, undefined, MapFlag.NO_PREALLOC],
  ['INODE_STORAGE', 4, undefined, MapFlag.NO_PREALLOC],
  ['TASK_STORAGE', 4, undefined, MapFlag.NO_PREALLOC],
  ['CGRP_STORAGE', 4, undefined, MapFlag.NO_PREALLOC],
  ['QUEUE', 0],
  ['STACK', 0],
  ['BLOOM_FILTER', 0],
  ['RINGBUF', 0, 0],
  ['USER_RINGBUF', 0, 0],
  ['ARENA', 0, 0, MapFlag.MMAPABLE],
]

/** Maps with neither keys nor elements of their own count. */
function entries(type: string): number {
  if (type === 'RINGBUF' || type === 'USER_RINGBUF') return 4096
  return type.endsWith('STORAGE') ? 0 : 1
}

export function mapCases(): MapCase[] {
  const { btf, types } = library()
  const cases = new Map<string, MapCase>()
  for (const [type, fixedKey, fixedValue, flags = 0] of keyed) {
    const add = (key: string, value: string, more: number, wrong = 0, maxEntries = entries(type)) => {
      const [keyType, valueType] = [types[key], types[value]]
      if (!keyType || !valueType) throw new Error(`${key} ${value}`)
      const keySize = fixedKey ?? keyType.size
      const valueSize = (fixedValue ?? valueType.size) + wrong
      const name = `${type} ${fixedKey ?? ''} ${key} ${value}${more ? ` flags ${more}` : ''}${wrong ? ' wrong' : ''} ${maxEntries}`
      cases.set(name, {
        name,
        btf,
        map: { type: MapType[type], keySize, valueSize, maxEntries, mapFlags: flags | more },
        keyId: keyType.id,
        valueId: valueType.id,
      })
    }
    const key =
      fixedKey === 8
        ? type === 'LPM_TRIE'
          ? 'lpm'
          : 'long'
        : fixedKey === 16
          ? 'cgroupKey'
          : fixedKey === 0
            ? 'none'
            : 'int'
    for (const each of Object.keys(types)) add(each, fixedValue === 8 ? 'long' : 'int', 0)
    for (const each of Object.keys(types)) add(key, each, 0)
    for (const each of ['.data', '.bss', '.timer', 'lock', 'int']) add('none', each, 0)
    add(key, 'int', 0, 4)
    add('none', '.data', 0, 0, entries(type) * 2)
    // Local storages have no such flags.
    if (fixedKey === 4 && type.endsWith('STORAGE')) continue
    for (const each of ['int', 'lock', 'kptr', 'uptrTwoPages', 'unlocked']) {
      add(key, each, MapFlag.RDONLY_PROG)
      add(key, each, MapFlag.WRONLY_PROG)
    }
  }
  return [...cases.values()]
}

/** The map without its types, and with them: only where the first is made does the second say something of them. */
export function mapSteps({ btf, map, keyId, valueId }: MapCase): Step[] {
  const attr = { ...map, mapType: map.type }
  return [
    { op: 'btfLoad', attr: { btf }, as: 'btf' },
    { op: 'mapCreate', attr },
    { op: 'mapCreate', attr: { ...attr, btfKeyTypeId: keyId, btfValueTypeId: valueId }, fds: { btfFd: 'btf' } },
  ]
}
