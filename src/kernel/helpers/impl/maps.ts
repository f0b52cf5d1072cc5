import { Errno } from '../../../uapi/errno.ts'
import { MapFlag } from '../../../uapi/flags.ts'
import { MapType } from '../../../uapi/map-type.ts'
import { flatBytes } from '../../maps/array.ts'
import type { KernelMap } from '../../maps/map.ts'
import type { MapRecord } from '../../objects/records.ts'
import { MAP_HI, MEM_HI } from './address.ts'
import { callFunction, functionSlot } from './callback.ts'
import { GRANT_BOTH, GRANT_READ, GRANT_WRITE } from './grants.ts'
import type { HelperImpl, Run } from './run.ts'
import { fault } from './run.ts'

/** What programs may do with a map's values (bpf_map_flags_to_cap). */
export function progRights({ mapFlags }: MapRecord): number {
  if (mapFlags & MapFlag.RDONLY_PROG) return GRANT_READ
  return mapFlags & MapFlag.WRONLY_PROG ? GRANT_WRITE : GRANT_BOTH
}

/** Lets the program use a value from now on. */
export function grantValue(run: Run, map: KernelMap, at: number): void {
  run.grants.grant(at, map.record.valueSize, progRights(map.record))
}

/** Lets the program use all elements of a small array from now on. @returns where they are, 0 for another map. */
export function lendElements(run: Run, mapId: number): number {
  const map = run.kernel.mapById(mapId)
  const { record } = map
  const bytes = flatBytes(record, run.kernel.possibleCpus)
  const at = bytes === undefined ? 0 : (map.lendAll?.() ?? 0)
  if (at !== 0) run.grants.grant(at, bytes ?? 0, progRights(record))
  return at
}

/** Returns the address of a value. */
function returnValue(run: Run, map: KernelMap, at: number): void {
  if (at !== 0) grantValue(run, map, at)
  run.retAddress(at)
}

/** Lookups in maps of maps give the inner map itself. */
function lookupInner(run: Run, map: KernelMap, key: number): void {
  const id = map.lookupId?.(key) ?? 0
  if (id !== 0) run.ret64(id, MAP_HI)
  else run.ret(0)
}

const lookup: HelperImpl = (run) => {
  const map = run.map(1)
  const { record } = map
  const key = run.read(2, record.keySize)
  if (record.type === MapType.ARRAY_OF_MAPS || record.type === MapType.HASH_OF_MAPS) lookupInner(run, map, key)
  else returnValue(run, map, map.lookup(key))
}

/** A map whose per-CPU values can be had one by one; those that can't are asked as bpf(2) asks. */
interface PerCpuMap extends KernelMap {
  lookupPerCpu(key: number, cpu: number): number
}

const lookupPerCpu: HelperImpl = (run) => {
  const map = run.map(1) as Partial<PerCpuMap> & KernelMap
  const key = run.read(2, map.record.keySize)
  const cpu = run.lo(3) >>> 0
  if (cpu >= run.kernel.possibleCpus) run.ret(0)
  else if (map.lookupPerCpu) returnValue(run, map, map.lookupPerCpu(key, cpu))
  else if (cpu === run.kernel.cpu) returnValue(run, map, map.lookup(key))
  else throw fault('another CPU’s value of a map')
}

/** A key for a program's eyes, and one of the kernel's own. */
function walkKeys(run: Run, map: KernelMap, visit: (key: number, value: number) => boolean): number {
  const keySize = Math.max(map.record.keySize, 4)
  const key = run.alloc(keySize)
  const next = run.alloc(keySize)
  let count = 0
  let more = map.getNextKey(0, next) === 0
  while (more) {
    run.memory.u8.copyWithin(key, next, next + map.record.keySize)
    const value = map.lookup(key)
    // The callback may delete what it was called for, so that what's next is found out before.
    more = map.getNextKey(key, next) === 0
    if (value === 0) continue
    count++
    if (visit(key, value)) break
  }
  return count
}

const forEach: HelperImpl = (run) => {
  const map = run.map(1)
  const { record } = map
  const slot = functionSlot(run, 2)
  const contextLo = run.lo(3)
  const contextHi = run.hi(3)
  if (run.size(4) !== 0) {
    run.ret(-Errno.EINVAL)
    return
  }
  const shown = run.alloc(Math.max(record.keySize, 4), GRANT_READ)
  const visit = (key: number, value: number): boolean => {
    run.memory.u8.copyWithin(shown, key, key + record.keySize)
    grantValue(run, map, value)
    const { regs } = run
    regs[2] = record.id
    regs[3] = MAP_HI
    regs[4] = shown
    regs[5] = MEM_HI
    regs[6] = value
    regs[7] = MEM_HI
    regs[8] = contextLo
    regs[9] = contextHi
    return callFunction(run, slot)
  }
  run.ret(map.forEach ? map.forEach(visit) : walkKeys(run, map, visit))
}

/** Helpers that work on maps. */
export const mapHelpers: Readonly<Record<string, HelperImpl>> = {
  map_lookup_elem: lookup,
  map_lookup_percpu_elem: lookupPerCpu,
  map_update_elem: (run) => {
    const map = run.map(1)
    const { record } = map
    run.ret(map.update(run.read(2, record.keySize), run.read(3, record.valueSize), run.size(4)))
  },
  map_delete_elem: (run) => {
    const map = run.map(1)
    run.ret(map.delete(run.read(2, map.record.keySize)))
  },
  map_push_elem: (run) => {
    const map = run.map(1)
    run.ret(map.push(run.read(2, map.record.valueSize), run.size(3)))
  },
  map_pop_elem: (run) => {
    const map = run.map(1)
    run.ret(map.pop(run.write(2, map.record.valueSize)))
  },
  map_peek_elem: (run) => {
    const map = run.map(1)
    run.ret(map.peek(run.write(2, map.record.valueSize)))
  },
  for_each_map_elem: forEach,
}
