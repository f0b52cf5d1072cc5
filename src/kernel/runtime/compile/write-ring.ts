import { WasmType } from '../../../isa/wasm.ts'
import type { WasmName } from '../../../isa/wasm.ts'
import { BpfFunc } from '../../../uapi/helper-names.ts'
import { MapType } from '../../../uapi/map-type.ts'
import { MAP_HI } from '../../helpers/impl/address.ts'
import { GRANT_BOTH, GRANT_READ } from '../../helpers/impl/grants.ts'
import { RingLayout, recordLength } from '../../maps/ringbuf.ts'
import { ringBlock } from '../../maps/ring-data.ts'
import { RunArea } from '../../memory/run-area.ts'
import type { MapRecord } from '../../objects/records.ts'
import { WasmCode } from '../wasm/code.ts'
import type { FunctionWriter } from './function-writer.ts'
import type { Imports } from './imports.ts'
import type { State } from './state.ts'
import { numberOf } from './values.ts'
import { accessOf, pushOffset, toAddressOrNull } from './write-memory.ts'

/**
 * Ring buffers inside of compiled programs: records whose size is known, in the block of the ring that is in memory and
 * written to already. All else is asked of the map.
 */

const { I32, I64 } = WasmType
const { CONSUMER, PRODUCER, PENDING, BLOCK_START, BLOCK_AT, HEADER, BUSY, LENGTH_MASK, META_PAGES, PAGE_SHIFT } =
  RingLayout

/** Samples that are copied, and made accessible, here: what is larger costs enough by itself. */
const MAX_SIZE = 256
/** BPF_RB_NO_WAKEUP and BPF_RB_FORCE_WAKEUP. */
const WAKEUP_FLAGS = 3

/** The ring buffer that a call is of. */
function ringOf(state: State, map: (id: number) => MapRecord | undefined): MapRecord | undefined {
  const value = state.reg(1)
  const record = value.kind === 'const' && value.hi === MAP_HI ? map(value.lo) : undefined
  return record?.type === MapType.RINGBUF ? record : undefined
}

/** What bpf_ringbuf_reserve gives: a ring buffer's sample, of a size that is known; undefined for another. */
export function reserved(
  state: State,
  map: (id: number) => MapRecord | undefined,
): { mapId: number; size: number } | undefined {
  const record = ringOf(state, map)
  const size = numberOf(state.reg(2))
  if (!record || size === undefined || size < 1 || size > MAX_SIZE || numberOf(state.reg(3)) !== 0) return undefined
  return { mapId: record.id, size }
}

/** bpf_ringbuf_output, _reserve, _submit and _discard. @returns whether it was written. */
export function writeRing(w: FunctionWriter, id: number): boolean {
  switch (id) {
    case BpfFunc['ringbuf_output']:
      return writeOutput(w)
    case BpfFunc['ringbuf_reserve']:
      return writeReserve(w)
    case BpfFunc['ringbuf_submit']:
      return writeCommit(w, false)
    case BpfFunc['ringbuf_discard']:
      return writeCommit(w, true)
  }
  return false
}

function writeReserve(w: FunctionWriter): boolean {
  const { program, input } = w
  const sample = reserved(w.state, (id) => input.map(id))
  const record = sample && input.map(sample.mapId)
  if (!sample || !record) return false
  const { size } = sample
  const { imports } = program
  w.code.call(program.shared(`reserve ${record.id} ${size}`, [], () => reserveFunction(record, size, imports)))
  toAddressOrNull(w)
  w.set(0)
  return true
}

function writeOutput(w: FunctionWriter): boolean {
  const { program, input, code } = w
  const record = ringOf(w.state, (id) => input.map(id))
  const size = numberOf(w.state.reg(3))
  const flags = numberOf(w.state.reg(4)) ?? -1
  if (!record || size === undefined || size < 1 || size > MAX_SIZE || flags < 0 || flags > WAKEUP_FLAGS) return false
  const access = accessOf(w, 2, 0, size, GRANT_READ)
  if (access.kind !== 'frame' && access.kind !== 'plain') return false
  const offset = pushOffset(w, access, 2, 0)
  if (offset !== 0) {
    code.i32(offset)
    code.op('i32.add')
  }
  const { imports } = program
  code.call(program.shared(`output ${record.id} ${size}`, [I32], () => outputFunction(record, size, imports)))
  code.op('i64.extend_i32_s')
  w.set(0)
  return true
}

/** Of a sample that is known to be one: its header says whether it's still held. */
function writeCommit(w: FunctionWriter, discard: boolean): boolean {
  const { code } = w
  const value = w.state.reg(1)
  if (value.kind !== 'value' || value.size === undefined || value.id !== 0 || value.off !== 0 || value.span !== 0) {
    return false
  }
  const { mapId, size } = value
  const { imports } = w.program
  const record = w.input.map(mapId)
  if (!record) return false
  w.getLow(1)
  code.i32(discard ? 1 : 0)
  code.call(w.program.shared(`commit ${mapId} ${size}`, [I32, I32], () => commitFunction(record, size, imports)))
  code.op('i64.extend_i32_s')
  w.set(0)
  return true
}

/** Locals of the functions behind their parameters. */
interface Locals {
  /** Where the ring's own words are. */
  readonly ring: number
  /** Where the record is; before that, how far in the block. */
  readonly at: number
  readonly away: number
  readonly word: number
  readonly producer: number
  readonly pending: number
}

const localTypes = [I32, I32, I32, I32, I64, I64]

function localsAfter(params: number): Locals {
  return {
    ring: params,
    at: params + 1,
    away: params + 2,
    word: params + 3,
    producer: params + 4,
    pending: params + 5,
  }
}

/**
 * Takes room for a record, and writes its header; inside of a block that is left where the map has to be asked
 * (__bpf_ringbuf_reserve).
 */
function writeTake(code: WasmCode, record: MapRecord, size: number, flags: number, l: Locals, imports: Imports): void {
  const length = recordLength(size)
  code.global(imports.table(record.id))
  code.tee(l.ring)
  code.memory('i32.load', BLOCK_AT)
  code.op('i32.eqz')
  code.branch('br_if', 0)
  code.get(l.ring)
  code.memory('i64.load', PRODUCER)
  code.tee(l.producer)
  code.op('i32.wrap_i64')
  code.get(l.ring)
  code.memory('i32.load', BLOCK_START)
  code.op('i32.sub')
  code.tee(l.at)
  code.i32(ringBlock(record.maxEntries) - length)
  code.op('i32.gt_u')
  code.branch('br_if', 0)
  writePassCommitted(code, ringBlock(record.maxEntries), l)
  // end < consumer, end - consumer >= the ring's size, end - pending >= that: there may be no room.
  code.get(l.producer)
  code.i64(length, 0)
  code.op('i64.add')
  code.tee(l.producer)
  code.get(l.ring)
  code.memory('i64.load', CONSUMER)
  code.op('i64.sub')
  code.i64(record.maxEntries | 0, 0)
  code.op('i64.ge_u')
  code.branch('br_if', 0)
  code.get(l.producer)
  code.get(l.pending)
  code.op('i64.sub')
  code.i64(record.maxEntries | 0, 0)
  code.op('i64.ge_u')
  code.branch('br_if', 0)
  code.get(l.ring)
  code.get(l.producer)
  code.memory('i64.store', PRODUCER)
  code.get(l.ring)
  code.memory('i32.load', BLOCK_AT)
  code.get(l.at)
  code.op('i32.add')
  code.tee(l.at)
  code.i32(size | flags)
  code.memory('i32.store', 0)
  code.get(l.at)
  code.get(l.producer)
  code.op('i32.wrap_i64')
  code.i32(length)
  code.op('i32.sub')
  code.i32((record.maxEntries - 1) | 0)
  code.op('i32.and')
  code.i32(PAGE_SHIFT)
  code.op('i32.shr_u')
  code.i32(META_PAGES)
  code.op('i32.add')
  code.memory('i32.store', 4)
}

/** Moves the position of what is pending behind the records that are committed. */
function writePassCommitted(code: WasmCode, block: number, l: Locals): void {
  code.get(l.ring)
  code.memory('i64.load', PENDING)
  code.set(l.pending)
  code.open('block')
  code.open('loop')
  code.get(l.pending)
  code.get(l.producer)
  code.op('i64.ge_u')
  code.branch('br_if', 1)
  code.get(l.pending)
  code.op('i32.wrap_i64')
  code.get(l.ring)
  code.memory('i32.load', BLOCK_START)
  code.op('i32.sub')
  code.tee(l.away)
  code.i32(block)
  code.op('i32.ge_u')
  // In another block: to the map.
  code.branch('br_if', 2)
  code.get(l.ring)
  code.memory('i32.load', BLOCK_AT)
  code.get(l.away)
  code.op('i32.add')
  code.memory('i32.load', 0)
  code.tee(l.word)
  code.i32(0)
  code.op('i32.lt_s')
  code.branch('br_if', 1)
  code.get(l.pending)
  code.get(l.word)
  code.i32(LENGTH_MASK)
  code.op('i32.and')
  code.i32(HEADER + 7)
  code.op('i32.add')
  code.i32(-8)
  code.op('i32.and')
  code.op('i64.extend_i32_u')
  code.op('i64.add')
  code.set(l.pending)
  code.branch('br', 0)
  code.op('end')
  code.op('end')
  code.get(l.ring)
  code.get(l.pending)
  code.memory('i64.store', PENDING)
}

/** Sets the rights of a sample, which the local holds the place of. */
function writeRights(code: WasmCode, at: number, size: number, rights: number): void {
  const granules = Math.ceil(size / 8)
  for (let done = 0; done < granules;) {
    const left = granules - done
    const width = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1
    code.get(at)
    code.i32(3)
    code.op('i32.shr_u')
    code.i32(0)
    code.memory('i32.load', RunArea.GRANTS)
    code.op('i32.add')
    const word = rights * 0x01010101
    if (width === 8) code.i64(word, word)
    else code.i32(word)
    const name: WasmName =
      width === 8 ? 'i64.store' : width === 4 ? 'i32.store' : width === 2 ? 'i32.store16' : 'i32.store8'
    code.memory(name, done)
    done += width
  }
}

/** Leaves the block where the table of rights doesn't reach the block of the ring. */
function writeInTable(code: WasmCode, at: number, size: number): void {
  code.get(at)
  code.i32(size)
  code.op('i32.add')
  code.i32(0)
  code.memory('i32.load', RunArea.GRANTS_LIMIT)
  code.op('i32.ge_u')
  code.branch('br_if', 0)
}

function reserveFunction(record: MapRecord, size: number, imports: Imports) {
  const code = new WasmCode()
  const l = localsAfter(0)
  code.open('block')
  code.global(imports.table(record.id))
  code.memory('i32.load', BLOCK_AT)
  code.set(l.at)
  writeInTable(code, l.at, ringBlock(record.maxEntries))
  writeTake(code, record, size, BUSY, l, imports)
  code.get(l.at)
  code.i32(HEADER)
  code.op('i32.add')
  code.set(l.at)
  writeRights(code, l.at, size, GRANT_BOTH)
  code.get(l.at)
  code.op('return')
  code.op('end')
  code.i32(size)
  code.call(imports.ring('reserve', record.id))
  return { code, locals: localTypes }
}

function outputFunction(record: MapRecord, size: number, imports: Imports) {
  const code = new WasmCode()
  const l = localsAfter(1)
  code.open('block')
  writeTake(code, record, size, 0, l, imports)
  for (let done = 0; done < size;) {
    const left = size - done
    const width = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1
    const load: WasmName =
      width === 8 ? 'i64.load' : width === 4 ? 'i32.load' : width === 2 ? 'i32.load16_u' : 'i32.load8_u'
    const store: WasmName =
      width === 8 ? 'i64.store' : width === 4 ? 'i32.store' : width === 2 ? 'i32.store16' : 'i32.store8'
    code.get(l.at)
    code.get(0)
    code.memory(load, done)
    code.memory(store, HEADER + done)
    done += width
  }
  code.i32(0)
  code.op('return')
  code.op('end')
  code.get(0)
  code.i32(size)
  code.call(imports.ring('output', record.id))
  return { code, locals: localTypes }
}

/** Takes a sample's place, and whether it's discarded; returns 0. */
function commitFunction(record: MapRecord, size: number, imports: Imports) {
  const mapId = record.id
  const code = new WasmCode()
  const away = 2
  code.open('block')
  code.global(imports.table(mapId))
  code.memory('i32.load', BLOCK_AT)
  code.tee(away)
  code.op('i32.eqz')
  code.branch('br_if', 0)
  // In the block, and held.
  code.get(0)
  code.i32(HEADER)
  code.op('i32.sub')
  code.get(away)
  code.op('i32.sub')
  code.i32(ringBlock(record.maxEntries) - HEADER)
  code.op('i32.ge_u')
  code.branch('br_if', 0)
  writeInTable(code, 0, size)
  code.get(0)
  code.i32(HEADER)
  code.op('i32.sub')
  code.memory('i32.load', 0)
  code.i32(size | BUSY)
  code.op('i32.ne')
  code.branch('br_if', 0)
  code.get(0)
  code.i32(HEADER)
  code.op('i32.sub')
  code.i32(size)
  code.get(1)
  code.i32(30)
  code.op('i32.shl')
  code.op('i32.or')
  code.memory('i32.store', 0)
  writeRights(code, 0, size, 0)
  code.i32(0)
  code.op('return')
  code.op('end')
  code.get(0)
  code.get(1)
  code.call(imports.ring('commit', mapId))
  return { code, locals: [I32] }
}
