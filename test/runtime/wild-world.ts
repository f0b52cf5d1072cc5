import type { MapRecord } from '../../src/kernel/objects/records.ts'
import { openMap } from '../../src/kernel/maps/index.ts'
import type { KernelMap, MapEnvironment } from '../../src/kernel/maps/map.ts'
import { KernelError } from '../../src/kernel/error.ts'
import { testRun } from '../../src/kernel/runtime/test-run.ts'
import { MemoryStore } from '../../src/kernel/store/memory.ts'
import { MapFlag } from '../../src/uapi/flags.ts'
import { MapType } from '../../src/uapi/map-type.ts'
import { addProgram, fakeKernel } from './fake-kernel.ts'
import type { FakeKernel } from './fake-kernel.ts'
import { FakeMap } from './fake-map.ts'
import { WILD_ENTRIES, WILD_VALUE, WildMap, wildProgram } from './wild-program.ts'

const none: Omit<MapRecord, 'id' | 'type' | 'maxEntries' | 'mapFlags'> = {
  name: '',
  keySize: 4,
  valueSize: WILD_VALUE,
  mapExtra: 0n,
  numaNode: 0,
  ifindex: 0,
  btfId: 0,
  btfKeyTypeId: 0,
  btfValueTypeId: 0,
  btfVmlinuxValueTypeId: 0,
  btfVmlinuxId: 0,
  frozen: false,
  bypassSpecV1: true,
  innerMap: undefined,
  seed: 0,
  owner: undefined,
  refs: 1,
  extra: {},
  fields: [],
}

const records: readonly Pick<MapRecord, 'id' | 'type' | 'maxEntries' | 'mapFlags'>[] = [
  { id: WildMap.ARRAY, type: MapType.ARRAY, maxEntries: WILD_ENTRIES, mapFlags: 0 },
  { id: WildMap.PERCPU, type: MapType.PERCPU_ARRAY, maxEntries: WILD_ENTRIES, mapFlags: 0 },
  { id: WildMap.HASH, type: MapType.HASH, maxEntries: WILD_ENTRIES, mapFlags: 0 },
  { id: WildMap.GLOBAL, type: MapType.ARRAY, maxEntries: 1, mapFlags: 0 },
  { id: WildMap.READ_ONLY, type: MapType.ARRAY, maxEntries: 1, mapFlags: MapFlag.RDONLY_PROG },
]

/** Adds a map of a real family to a kernel that isn't one. */
export function addMap(kernel: FakeKernel, store: MemoryStore, record: Partial<MapRecord> & { id: number }): KernelMap {
  const environment = {
    memory: kernel.memory,
    possibleCpus: kernel.possibleCpus,
    store,
    currentCpu: () => kernel.cpu,
    random: () => 0,
  } as unknown as MapEnvironment
  const map = openMap({ ...none, type: MapType.ARRAY, maxEntries: 1, mapFlags: 0, ...record, extra: {} }, environment)
  kernel.maps.set(record.id, map)
  return map
}

/** The maps that wild programs name. */
function addMaps(kernel: FakeKernel, store: MemoryStore): void {
  for (const record of records) addMap(kernel, store, record)
  const attr = { mapType: MapType.PROG_ARRAY, keySize: 4, valueSize: 4, maxEntries: 3 }
  kernel.maps.set(WildMap.PROGS, new FakeMap(kernel.memory, WildMap.PROGS, attr))
}

/** What a map holds. */
function contents({ memory }: FakeKernel, map: KernelMap): string {
  const key = memory.alloc(4)
  const next = memory.alloc(4)
  const value = memory.alloc(map.valueSizeOfSyscall)
  const found: string[] = []
  for (let at = 0; map.getNextKey(at, next) === 0; at = key) {
    memory.u8.copyWithin(key, next, next + 4)
    if (map.copyValue(key, value, 0) !== 0) continue
    const bytes = Buffer.from(memory.u8.slice(value, value + map.valueSizeOfSyscall)).toString('hex')
    found.push(`${memory.view.getUint32(key, true)}=${bytes}`)
  }
  return found.join(' ')
}

/** What becomes of a wild program, and of one that it may tail-call: result, packet and maps, or what went wrong. */
export function runWild(seed: number, engine: 'interpreter' | 'compiler'): Record<string, unknown> {
  const store = new MemoryStore()
  return store.write(() => runInWorld(store, seed, engine))
}

function runInWorld(store: MemoryStore, seed: number, engine: 'interpreter' | 'compiler'): Record<string, unknown> {
  const { type, insns, packet } = wildProgram(seed)
  const kernel = fakeKernel(engine)
  addMaps(kernel, store)
  const prog = addProgram(kernel, insns, type)
  const other = addProgram(kernel, wildProgram(seed + 1).insns, type)
  const progs = kernel.mapById(WildMap.PROGS)
  const scratch = kernel.memory.alloc(8)
  for (const [slot, id] of [prog.id, other.id].entries()) {
    kernel.memory.view.setUint32(scratch, slot, true)
    kernel.memory.view.setUint32(scratch + 4, id, true)
    progs.update(scratch, scratch + 4, 0)
  }
  const outcome: Record<string, unknown> = {}
  try {
    const { retval, dataOut } = testRun(kernel, prog, { dataIn: packet, dataSizeOut: 4096, repeat: 1 + (seed % 3) })
    outcome['retval'] = retval
    outcome['packet'] = Buffer.from(dataOut).toString('hex')
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    outcome['error'] = error.log === '' ? error.message : error.log
  }
  for (const { id } of records) outcome[`map ${id}`] = contents(kernel, kernel.mapById(id))
  return outcome
}
