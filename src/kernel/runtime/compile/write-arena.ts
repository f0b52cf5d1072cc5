import { MapType } from '../../../uapi/map-type.ts'
import { WasmType } from '../../../isa/wasm.ts'
import { MEM_HI } from '../../helpers/impl/address.ts'
import { ArenaLayout, arenaStart } from '../../maps/arena.ts'
import type { MapRecord } from '../../objects/records.ts'
import { WasmCode } from '../wasm/code.ts'
import type { FunctionWriter, SharedFunction } from './function-writer.ts'
import type { Imports } from './imports.ts'

/** Arenas inside of compiled programs: pages that the program has looked at already. All else is asked of the arena. */

const { I32 } = WasmType
const { PAGE_SHIFT, LENT } = ArenaLayout
const PAGE_SIZE = 1 << PAGE_SHIFT

/** The arena that a program names. */
function arenaOf({ input }: FunctionWriter): MapRecord | undefined {
  for (const id of input.code.mapIds) {
    const record = input.map(id)
    if (record?.type === MapType.ARENA) return record
  }
  return undefined
}

/**
 * In a program with an arena: puts into the local `at` where so many bytes are whose address lies `wide` beyond MEM_HI, and
 * pushes it too, 0 for what isn't known. @returns whether there's an arena.
 */
export function writeArenaPlace(w: FunctionWriter, size: number): boolean {
  const { code, program } = w
  const arena = arenaOf(w)
  if (!arena) return false
  const wide = w.local('wide')
  code.get(wide)
  code.op('i32.wrap_i64')
  code.get(wide)
  code.i64(32, 0)
  code.op('i64.shr_u')
  code.op('i32.wrap_i64')
  code.i32(MEM_HI)
  code.op('i32.add')
  code.call(program.shared(`arena ${arena.id} ${size}`, [I32, I32], () => place(arena, size, program.imports)))
  code.tee(w.local('at'))
  return true
}

/** A function that finds bytes of an arena by the words of their address; 0 where the arena must be asked. */
function place(arena: MapRecord, size: number, imports: Imports): SharedFunction {
  const { id, maxEntries } = arena
  const start = arenaStart(arena)
  const high = Number(start >> 32n) | 0
  const code = new WasmCode()
  const low = 0
  const hi = 1
  const page = 2
  const at = 3
  const table = imports.table(id)
  code.open('block')
  code.get(hi)
  code.op('i32.eqz')
  code.get(hi)
  code.i32(high)
  code.op('i32.eq')
  code.op('i32.or')
  code.op('i32.eqz')
  code.branch('br_if', 0)
  code.get(low)
  code.i32(Number(start & 0xffffffffn) | 0)
  code.op('i32.sub')
  code.tee(low)
  code.i32(PAGE_SHIFT)
  code.op('i32.shr_u')
  code.tee(page)
  code.i32(maxEntries)
  code.op('i32.ge_u')
  code.branch('br_if', 0)
  code.get(low)
  code.i32(PAGE_SIZE - 1)
  code.op('i32.and')
  code.tee(low)
  code.i32(PAGE_SIZE - size)
  code.op('i32.gt_u')
  code.branch('br_if', 0)
  // What stands of the page behind all pages.
  code.global(table)
  code.get(page)
  code.i32(PAGE_SHIFT)
  code.op('i32.shr_u')
  code.i32(2)
  code.op('i32.shl')
  code.op('i32.add')
  code.memory('i32.load', maxEntries * 4)
  code.tee(at)
  code.op('i32.eqz')
  code.branch('br_if', 0)
  code.get(at)
  code.get(page)
  code.i32(PAGE_SIZE - 1)
  code.op('i32.and')
  code.op('i32.add')
  code.memory('i32.load8_u', 0)
  code.i32(LENT)
  code.op('i32.ne')
  code.branch('br_if', 0)
  code.global(table)
  code.get(page)
  code.i32(2)
  code.op('i32.shl')
  code.op('i32.add')
  code.memory('i32.load', 0)
  code.get(low)
  code.op('i32.add')
  code.op('return')
  code.op('end')
  code.i32(0)
  return { code, locals: [I32, I32] }
}
