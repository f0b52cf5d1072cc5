import { WasmType } from '../../../isa/wasm.ts'
import { MapType } from '../../../uapi/map-type.ts'
import { MAP_HI } from '../../helpers/impl/address.ts'
import { GRANT_READ } from '../../helpers/impl/grants.ts'
import { progRights } from '../../helpers/impl/maps.ts'
import { arrayLayout, flatBytes } from '../../maps/array.ts'
import { chunkShift } from '../../maps/array-store.ts'
import { RunArea } from '../../memory/run-area.ts'
import type { MapRecord } from '../../objects/records.ts'
import { givesValues } from './access.ts'
import type { FunctionWriter } from './function-writer.ts'
import { hashLookup, isHashLookup } from './write-hash-lookup.ts'
import { accessOf, pushOffset, pushRights, toAddressOrNull } from './write-memory.ts'

/**
 * bpf_map_lookup_elem of a map that is known, with a key that is known to be there: in arrays and hashes by what
 * is in memory, else by the map itself. @returns whether it's such a one.
 */
export function writeLookup(w: FunctionWriter): boolean {
  const { code } = w
  const map = w.state.reg(1)
  if (map.kind !== 'const' || map.hi !== MAP_HI) return false
  const record = w.input.map(map.lo)
  if (!givesValues(record)) return false
  const access = accessOf(w, 2, 0, record.keySize, GRANT_READ)
  if (access.kind !== 'frame' && access.kind !== 'plain') return false
  const offset = pushOffset(w, access, 2, 0)
  if (offset !== 0) {
    code.i32(offset)
    code.op('i32.add')
  }
  if (record.type === MapType.ARRAY || record.type === MapType.PERCPU_ARRAY) {
    if (flatBytes(record, w.input.possibleCpus) !== undefined) {
      writeFlatLookup(w, record)
      return true
    }
    code.set(w.local('key'))
    writeArrayLookup(w, record)
  } else if (isHashLookup(record)) {
    const make = () => hashLookup(record, w.input.possibleCpus, w.program.imports)
    code.call(w.program.shared(`lookup ${record.id}`, [WasmType.I32], make))
  } else {
    code.call(w.program.imports.lookup(record.id))
  }
  toAddressOrNull(w)
  w.set(0)
  return true
}

/** A lookup in a small array, whose elements lie side by side: the key's offset is on the stack. */
function writeFlatLookup(w: FunctionWriter, record: MapRecord): void {
  const { code } = w
  const { elemSize, stride } = arrayLayout(record, w.input.possibleCpus)
  const index = w.local('count')
  code.memory('i32.load', 0)
  code.set(index)
  code.get(index)
  code.i32(stride)
  code.op('i32.mul')
  code.global(w.program.imports.elements(record.id))
  code.op('i32.add')
  if (stride !== elemSize) {
    w.getWord(RunArea.CPU)
    code.i32(elemSize)
    code.op('i32.mul')
    code.op('i32.add')
  }
  w.toAddress()
  code.i64(0, 0)
  code.get(index)
  code.i32(record.maxEntries)
  code.op('i32.lt_u')
  code.op('select')
  w.set(0)
}

/**
 * Pushes where an array's element is, whose index the local `key` says where it is: array_map_lookup_elem. The map is
 * asked for elements that aren't in memory yet, or that the program has not had before.
 */
function writeArrayLookup(w: FunctionWriter, record: MapRecord): void {
  const { code } = w
  const { possibleCpus } = w.input
  const { elemSize, stride } = arrayLayout(record, possibleCpus)
  const shift = chunkShift(stride)
  const key = w.local('key')
  const at = w.local('at')
  const count = w.local('count')
  code.open('block')
  code.open('block')
  code.i32(0)
  code.set(at)
  code.get(key)
  code.memory('i32.load', 0)
  code.tee(count)
  code.i32(record.maxEntries)
  code.op('i32.ge_u')
  code.branch('br_if', 1)
  code.global(w.program.imports.table(record.id))
  code.get(count)
  code.i32(shift)
  code.op('i32.shr_u')
  code.i32(2)
  code.op('i32.shl')
  code.op('i32.add')
  code.memory('i32.load', 0)
  code.tee(at)
  code.op('i32.eqz')
  code.branch('br_if', 0)
  code.get(count)
  code.i32((1 << shift) - 1)
  code.op('i32.and')
  code.i32(stride)
  code.op('i32.mul')
  code.get(at)
  code.op('i32.add')
  if (stride !== elemSize) {
    w.getWord(RunArea.CPU)
    code.i32(elemSize)
    code.op('i32.mul')
    code.op('i32.add')
  }
  code.tee(at)
  w.getWord(RunArea.GRANTS_LIMIT)
  code.op('i32.ge_u')
  code.branch('br_if', 0)
  code.get(at)
  pushRights(w)
  code.i32(progRights(record))
  code.op('i32.eq')
  code.branch('br_if', 1)
  code.op('end')
  code.get(key)
  code.call(w.program.imports.lookup(record.id))
  code.set(at)
  code.op('end')
  code.get(at)
}
