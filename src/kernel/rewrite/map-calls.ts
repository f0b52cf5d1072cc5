import { Alu, Jmp, Size } from '../../isa/opcode.ts'
import { MapType as M } from '../../uapi/map-type.ts'
import { Func, idOf } from '../verifier/func-ids.ts'
import type { VerifierMap } from '../verifier/input.ts'
import type { Code } from './code.ts'
import type { Program } from './program.ts'
import { member } from './structs.ts'
import { callDistance } from './symbols.ts'

/** Calls on a map that is known: its own functions, and look-ups without a call. */

/** struct bpf_map_ops: what each helper calls, in this order; `-` for what a type hasn't. */
const operations = [
  'lookup',
  'update',
  'delete',
  'push',
  'pop',
  'peek',
  'redirect',
  'for_each',
  'lookup_percpu',
] as const

const helperOperations: Readonly<Record<number, (typeof operations)[number]>> = {
  [Func.MAP_LOOKUP_ELEM]: 'lookup',
  [Func.MAP_UPDATE_ELEM]: 'update',
  [Func.MAP_DELETE_ELEM]: 'delete',
  [Func.MAP_PUSH_ELEM]: 'push',
  [Func.MAP_POP_ELEM]: 'pop',
  [Func.MAP_PEEK_ELEM]: 'peek',
  [idOf('redirect_map')]: 'redirect',
  [Func.FOR_EACH_MAP_ELEM]: 'for_each',
  [idOf('map_lookup_percpu_elem')]: 'lookup_percpu',
}

/** Names that several types share the scheme of: PREFIX_lookup_elem and so on. */
function named(prefix: string): string {
  return `${prefix}_lookup_elem ${prefix}_update_elem ${prefix}_delete_elem`
}

const FD_ARRAY = 'fd_array_map_lookup_elem - fd_array_map_delete_elem'
const QUEUE = named('queue_stack_map') + ' queue_stack_map_push_elem'
const EACH_ARRAY = '- - - - bpf_for_each_array_elem'
const EACH_HASH = '- - - - bpf_for_each_hash_elem'

const functions: Readonly<Record<number, string>> = {
  [M.ARRAY]: `${named('array_map')} ${EACH_ARRAY}`,
  [M.PERCPU_ARRAY]: `percpu_array_map_lookup_elem array_map_update_elem array_map_delete_elem ${EACH_ARRAY} percpu_array_map_lookup_percpu_elem`,
  [M.PROG_ARRAY]: FD_ARRAY,
  [M.PERF_EVENT_ARRAY]: FD_ARRAY,
  [M.CGROUP_ARRAY]: FD_ARRAY,
  [M.CGRP_STORAGE]: named('bpf_cgrp_storage'),
  [M.CGROUP_STORAGE]: named('cgroup_storage'),
  [M.PERCPU_CGROUP_STORAGE]: named('cgroup_storage'),
  [M.HASH]: `${named('htab_map')} ${EACH_HASH}`,
  [M.PERCPU_HASH]: `htab_percpu_map_lookup_elem htab_percpu_map_update_elem htab_map_delete_elem ${EACH_HASH} htab_percpu_map_lookup_percpu_elem`,
  [M.LRU_HASH]: `${named('htab_lru_map')} ${EACH_HASH}`,
  [M.LRU_PERCPU_HASH]: `htab_lru_percpu_map_lookup_elem htab_lru_percpu_map_update_elem htab_lru_map_delete_elem ${EACH_HASH} htab_lru_percpu_map_lookup_percpu_elem`,
  [M.LPM_TRIE]: named('trie'),
  [M.STACK_TRACE]: named('stack_map'),
  [M.ARRAY_OF_MAPS]: 'array_of_map_lookup_elem - fd_array_map_delete_elem',
  [M.HASH_OF_MAPS]: 'htab_of_map_lookup_elem - htab_map_delete_elem',
  [M.INODE_STORAGE]: named('bpf_fd_inode_storage'),
  [M.TASK_STORAGE]: named('bpf_pid_task_storage'),
  [M.SK_STORAGE]: named('bpf_fd_sk_storage'),
  [M.DEVMAP]: `${named('dev_map')} - - - dev_map_redirect`,
  [M.DEVMAP_HASH]: `${named('dev_map_hash')} - - - dev_hash_map_redirect`,
  [M.CPUMAP]: `${named('cpu_map')} - - - cpu_map_redirect`,
  [M.XSKMAP]: `${named('xsk_map')} - - - xsk_map_redirect`,
  [M.SOCKMAP]: 'sock_map_lookup sock_map_update_elem sock_map_delete_elem',
  [M.SOCKHASH]: 'sock_hash_lookup sock_map_update_elem sock_hash_delete_elem',
  [M.REUSEPORT_SOCKARRAY]: 'reuseport_array_lookup_elem - reuseport_array_delete_elem',
  [M.QUEUE]: `${QUEUE} queue_map_pop_elem queue_map_peek_elem`,
  [M.STACK]: `${QUEUE} stack_map_pop_elem stack_map_peek_elem`,
  [M.STRUCT_OPS]: named('bpf_struct_ops_map'),
  [M.RINGBUF]: named('ringbuf_map'),
  [M.USER_RINGBUF]: named('ringbuf_map'),
  [M.BLOOM_FILTER]: `${named('bloom_map')} bloom_map_push_elem bloom_map_pop_elem bloom_map_peek_elem`,
  [M.ARENA]: `${named('arena_map')} arena_map_push_elem arena_map_pop_elem arena_map_peek_elem`,
}

export function callsMap(helper: number): boolean {
  return helperOperations[helper] !== undefined
}

/** The kernel's function that a helper calls for a map. */
export function mapFunction(helper: number, map: VerifierMap): string | undefined {
  const operation = helperOperations[helper]
  const name = operation && functions[map.type]?.split(' ')[operations.indexOf(operation)]
  return name === '-' ? undefined : name
}

/** BPF_F_INNER_MAP: an inner map may be replaced by one of another size. */
const INNER_MAP = 1 << 12

/** map_gen_lookup: a look-up without a call. @returns false for maps that have none. */
export function inlineLookup(program: Program, map: VerifierMap, out: Code): boolean {
  const write = lookups[map.type]
  if (!write || ((map.type === M.ARRAY || map.type === M.PERCPU_ARRAY) && map.mapFlags & INNER_MAP)) return false
  write(program, map, out)
  return true
}

type WriteLookup = (program: Program, map: VerifierMap, out: Code) => void

function offsetOf({ env }: Program, path: string): number {
  return member(env, path).offset
}

/** array->index_mask. */
export function indexMask({ maxEntries }: VerifierMap): number {
  return maxEntries > 1 ? -1 >>> Math.clz32(maxEntries - 1) : 0
}

/** A jump over `rest` instructions for an index in r0 that is too large; the processor may be told twice. */
function checkIndex(map: VerifierMap, rest: number, out: Code): void {
  out.jumpImm(Jmp.JGE, 0, map.maxEntries, map.bypassSpecV1 ? rest : rest + 1)
  if (!map.bypassSpecV1) out.alu32Imm(Alu.AND, 0, indexMask(map))
}

/** The element's address in r0, or a jump over `rest` instructions and the last three. */
function arrayElement(program: Program, map: VerifierMap, rest: number, out: Code): void {
  const size = Math.ceil(map.valueSize / 8) * 8
  out.aluImm(Alu.ADD, 1, offsetOf(program, 'bpf_array.value'))
  out.load(Size.W, 0, 2, 0)
  checkIndex(map, rest, out)
  if ((size & (size - 1)) === 0) out.aluImm(Alu.LSH, 0, 31 - Math.clz32(size))
  else out.aluImm(Alu.MUL, 0, size)
  out.alu(Alu.ADD, 0, 1)
}

/** __htab_map_lookup_elem gives the element: its value is behind the key. */
function hashElement(program: Program, rest: number, out: Code): void {
  out.call(callDistance(program, '__htab_map_lookup_elem') ?? 0)
  out.jumpImm(Jmp.JEQ, 0, 0, rest)
}

function toHashValue(program: Program, { keySize }: VerifierMap, out: Code): void {
  out.aluImm(Alu.ADD, 0, offsetOf(program, 'htab_elem.key') + Math.ceil(keySize / 8) * 8)
}

const lookups: Readonly<Record<number, WriteLookup>> = {
  [M.ARRAY](program, map, out) {
    arrayElement(program, map, 3, out)
    out.ja(1)
    out.movImm(0, 0)
  },
  [M.PERCPU_ARRAY](program, map, out) {
    out.aluImm(Alu.ADD, 1, offsetOf(program, 'bpf_array.pptrs'))
    out.load(Size.W, 0, 2, 0)
    checkIndex(map, 5, out)
    out.aluImm(Alu.LSH, 0, 3)
    out.alu(Alu.ADD, 0, 1)
    out.load(Size.DW, 0, 0, 0)
    out.movPercpu(0, 0)
    out.ja(1)
    out.movImm(0, 0)
  },
  [M.ARRAY_OF_MAPS](program, map, out) {
    arrayElement(program, map, 5, out)
    out.load(Size.DW, 0, 0, 0)
    out.jumpImm(Jmp.JEQ, 0, 0, 1)
    out.ja(1)
    out.movImm(0, 0)
  },
  [M.HASH](program, map, out) {
    hashElement(program, 1, out)
    toHashValue(program, map, out)
  },
  [M.LRU_HASH](program, map, out) {
    const used = offsetOf(program, 'htab_elem.lru_node') + offsetOf(program, 'bpf_lru_node.ref')
    hashElement(program, 4, out)
    out.load(Size.B, 1, 0, used)
    out.jumpImm(Jmp.JNE, 1, 0, 1)
    out.storeImm(Size.B, 0, used, 1)
    toHashValue(program, map, out)
  },
  [M.PERCPU_HASH](program, map, out) {
    hashElement(program, 3, out)
    toHashValue(program, map, out)
    out.load(Size.DW, 0, 0, 0)
    out.movPercpu(0, 0)
  },
  [M.HASH_OF_MAPS](program, map, out) {
    hashElement(program, 2, out)
    toHashValue(program, map, out)
    out.load(Size.DW, 0, 0, 0)
  },
  [M.XSKMAP](program, map, out) {
    out.load(Size.W, 0, 2, 0)
    out.jumpImm(Jmp.JGE, 0, map.maxEntries, 5)
    out.aluImm(Alu.LSH, 0, 3)
    out.aluImm(Alu.ADD, 1, offsetOf(program, 'xsk_map.xsk_map'))
    out.alu(Alu.ADD, 0, 1)
    out.load(Size.DW, 0, 0, 0)
    out.ja(1)
    out.movImm(0, 0)
  },
}
