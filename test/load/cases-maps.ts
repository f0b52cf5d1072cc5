import type { MapCreateAttr } from '../../src/uapi/attr.ts'
import { MapFlag } from '../../src/uapi/flags.ts'
import { MapType } from '../../src/uapi/map-type.ts'
import { ProgType } from '../../src/uapi/prog-type.ts'
import { BtfBuilder } from '../btf-check/builder.ts'
import type { Step } from '../steps/step.ts'
import type { Case } from './program.ts'
import { attrOf, btfStep, code, exit, load64, loadOf, zero } from './program.ts'

/** Maps in instructions: which programs may use which, and what is addressed in them. */

function map(as: string, mapType: number, more: Partial<MapCreateAttr> = {}, fds?: Record<string, string>): Step {
  const attr = { mapType, keySize: 4, valueSize: 8, maxEntries: 1, ...more }
  return { op: 'mapCreate', attr, as, ...(fds && { fds }) }
}

/** A program that names a map by its descriptor. */
function use(name: string, src: number, off: number, more: Partial<ReturnType<typeof attrOf>> = {}): Step {
  const attr = attrOf(code(load64(src, 0, off), zero, exit, exit), more)
  return { op: 'progLoad', attr, insnFds: [[0, name]] }
}

function values(): Case[] {
  const maps: [string, Step][] = [
    ['array', map('m', MapType.ARRAY)],
    ['array of two', map('m', MapType.ARRAY, { maxEntries: 2 })],
    ['per-CPU array', map('m', MapType.PERCPU_ARRAY)],
    ['hash', map('m', MapType.HASH)],
    ['ring buffer', map('m', MapType.RINGBUF, { keySize: 0, valueSize: 0, maxEntries: 4096 })],
    ['frozen-to-be array', map('m', MapType.ARRAY, { mapFlags: MapFlag.RDONLY_PROG })],
  ]
  const offs = [0, 1, 7, 8, 9, 0x1fffffff, 0x20000000, 0x7fffffff, -1]
  return maps.flatMap(([name, step]) => [
    ...offs.map((off): Case => [`value of ${name} at ${off}`, [step, use('m', 2, off)]]),
    [`${name} and an offset`, [step, use('m', 1, 1)]],
    [`${name} and none`, [step, use('m', 1, 0)]],
  ])
}

function byIndex(): Case[] {
  const steps = (index: number, src: number, fdArray: string[] | undefined, off = 0): Step[] => {
    const [step] = loadOf([load64(src, index, off), zero, exit, exit])
    return step?.op === 'progLoad' ? [map('m', MapType.ARRAY), fdArray ? { ...step, fdArray } : step] : []
  }
  return [
    ['map by index, no descriptors', steps(0, 5, undefined)],
    ['value by index, no descriptors', steps(0, 6, undefined)],
    ['map by index', steps(0, 5, ['m'])],
    ['map by index, and an offset', steps(0, 5, ['m'], 4)],
    ['value by index', steps(1, 6, ['m', 'm'], 4)],
    ['value by index, too far', steps(1, 6, ['m', 'm'], 8)],
    ["map by index that isn't one", steps(1, 5, ['m', 'nothing'])],
  ]
}

const flag = { mapFlags: MapFlag.NO_PREALLOC }
const storage = { maxEntries: 0, valueSize: 4, ...flag, btfKeyTypeId: 1, btfValueTypeId: 1 }

/** One of each type that can be made from nothing. */
function eachType(): [string, Step[]][] {
  const b = new BtfBuilder()
  b.int('int', 4, 1)
  const btf: Step = { op: 'btfLoad', attr: { btf: b.build() }, as: 'btf' }
  const inner = map('inner', MapType.ARRAY)
  const withInner = (type: number): Step[] => [inner, map('m', type, { valueSize: 4 }, { innerMapFd: 'inner' })]
  const plain = (type: keyof typeof MapType, more: Partial<MapCreateAttr> = {}): [string, Step[]] => [
    type,
    [map('m', MapType[type], more)],
  ]
  const stored = (type: keyof typeof MapType): [string, Step[]] => [
    type,
    [btf, map('m', MapType[type], storage, { btfFd: 'btf' })],
  ]
  return [
    plain('HASH'),
    plain('ARRAY'),
    plain('PROG_ARRAY', { valueSize: 4 }),
    plain('PERF_EVENT_ARRAY', { valueSize: 4 }),
    plain('PERCPU_HASH'),
    plain('PERCPU_ARRAY'),
    plain('STACK_TRACE'),
    plain('CGROUP_ARRAY', { valueSize: 4 }),
    plain('LRU_HASH'),
    plain('LRU_PERCPU_HASH'),
    plain('LPM_TRIE', { keySize: 8, ...flag }),
    ['ARRAY_OF_MAPS', withInner(MapType.ARRAY_OF_MAPS)],
    ['HASH_OF_MAPS', withInner(MapType.HASH_OF_MAPS)],
    plain('DEVMAP', { valueSize: 4 }),
    plain('DEVMAP_HASH', { valueSize: 4 }),
    plain('CPUMAP', { valueSize: 4 }),
    plain('XSKMAP', { valueSize: 4 }),
    plain('SOCKMAP', { valueSize: 4 }),
    plain('SOCKHASH', { valueSize: 4 }),
    plain('REUSEPORT_SOCKARRAY', { valueSize: 4 }),
    plain('QUEUE', { keySize: 0 }),
    plain('STACK', { keySize: 0 }),
    plain('BLOOM_FILTER', { keySize: 0 }),
    plain('RINGBUF', { keySize: 0, valueSize: 0, maxEntries: 4096 }),
    plain('USER_RINGBUF', { keySize: 0, valueSize: 0, maxEntries: 4096 }),
    plain('ARENA', { keySize: 0, valueSize: 0, mapFlags: MapFlag.MMAPABLE }),
    plain('CGROUP_STORAGE', { keySize: 8, maxEntries: 0 }),
    plain('PERCPU_CGROUP_STORAGE', { keySize: 8, maxEntries: 0 }),
    stored('SK_STORAGE'),
    stored('INODE_STORAGE'),
    stored('TASK_STORAGE'),
    stored('CGRP_STORAGE'),
  ]
}

/** Programs that may sleep use only some maps; others of a type have their turn too. */
function types(): Case[] {
  const sleepable = { progType: ProgType.SYSCALL, progFlags: 1 << 4 }
  return eachType().flatMap(([type, steps]) => [
    [`${type} in a program that may sleep`, [...steps, use('m', 1, 0, sleepable)]],
    [`${type} in a socket filter`, [...steps, use('m', 1, 0)]],
    [`value of ${type}`, [...steps, use('m', 2, 0)]],
    [`value of ${type}, far away`, [...steps, use('m', 2, 1 << 20)]],
  ])
}

function fields(): Case[] {
  const b = new BtfBuilder()
  const int = b.int('int', 4, 1)
  const long = b.int('long', 8)
  const names = { bpf_spin_lock: 4, bpf_res_spin_lock: 4, bpf_timer: 16, bpf_wq: 16, bpf_task_work: 8 }
  const kinds: [string, number, number][] = []
  for (const [name, size] of Object.entries(names)) {
    const field = b.struct(name, size, [['o', size === 4 ? int : long, 0]])
    kinds.push([name, b.struct(`v_${name}`, size + 8, [['f', field, 0]]), size + 8])
  }
  const node = b.struct('bpf_list_node', 24, [['o', long, 0]])
  const head = b.struct('bpf_list_head', 16, [['o', long, 0]])
  b.struct('item', 24, [['n', node, 0]])
  const list = b.struct('v_list', 24, [
    ['l', 3, 0],
    ['h', head, 64],
  ])
  b.tag('contains:item:n', list, 1)
  kinds.push(['list', list, 24])
  const btf: Step = { op: 'btfLoad', attr: { btf: b.build() }, as: 'btf' }
  const progs: number[] = [
    ProgType.SOCKET_FILTER,
    ProgType.KPROBE,
    ProgType.TRACEPOINT,
    ProgType.PERF_EVENT,
    ProgType.XDP,
  ]
  progs.push(ProgType.RAW_TRACEPOINT, ProgType.RAW_TRACEPOINT_WRITABLE)
  return kinds.flatMap(([name, id, valueSize]) =>
    progs.map((progType): Case => {
      const attr = { valueSize, btfKeyTypeId: int, btfValueTypeId: id }
      return [
        `${name} in ${progType}`,
        [btf, map('m', MapType.ARRAY, attr, { btfFd: 'btf' }), use('m', 1, 0, { progType })],
      ]
    }),
  )
}

function several(): Case[] {
  const many = (count: number, type: number, more: Partial<MapCreateAttr> = {}): Step[] => {
    const names = Array.from({ length: count }, (_, i) => `m${i}`)
    const insns = [...names.map(() => load64(1, 0)), zero, exit, exit]
    const step: Step = { op: 'progLoad', attr: attrOf(code(...insns)), insnFds: names.map((name, i) => [i * 2, name]) }
    return [...names.map((name) => map(name, type, more)), step]
  }
  const cgroup = { keySize: 8, maxEntries: 0 }
  return [
    ['64 maps', many(64, MapType.ARRAY)],
    ['65 maps', many(65, MapType.ARRAY)],
    ['two storages of cgroups', many(2, MapType.CGROUP_STORAGE, cgroup)],
    ['two storages of cgroups, per CPU', many(2, MapType.PERCPU_CGROUP_STORAGE, cgroup)],
    ['a BTF for a map', [btfStep(), use('btf', 1, 0)]],
    ['a program for a map', [progStep(), use('prog', 1, 0)]],
    ['a map twice', [map('m', MapType.ARRAY), twice()]],
  ]
}

function progStep(): Step {
  return { op: 'progLoad', attr: attrOf(code(zero, exit)), as: 'prog' }
}

function twice(): Step {
  const insns = code(load64(1, 0), load64(1, 0), zero, exit, exit)
  return { op: 'progLoad', attr: attrOf(insns), insnFds: [[0, 'm'], [2, 'm']] } // prettier-ignore
}

export function mapUseCases(): Case[] {
  return [...values(), ...byIndex(), ...types(), ...fields(), ...several()]
}
