import { Errno } from '../../../uapi/errno.ts'
import type { ArenaMemory } from '../../maps/arena-memory.ts'
import { arenaMemory } from '../../maps/arena.ts'
import type { HelperImpl, Run } from '../impl/run.ts'
import type { KfuncFamily } from './kfunc.ts'
import { kfunc } from './kfunc.ts'

const PAGE_SHIFT = 12
const PAGE_MASK = 0xfff

/** compute_pgoff of argument 2. */
function pageOf(run: Run, { userLo }: ArenaMemory): number {
  return ((run.lo(2) - userLo) >>> 0) >>> PAGE_SHIFT
}

const alloc: HelperImpl = (run) => {
  const arena = arenaMemory(run.map(1))
  const count = run.lo(3) >>> 0
  const isAligned = (run.lo(2) & PAGE_MASK) === 0
  const where = arena && !run.isNull(2) ? pageOf(run, arena) : -1
  const page = arena && isAligned && run.isNull(5) && count > 0 ? arena.allocPages(where, count) : -1
  if (!arena || page < 0) run.ret(0)
  else run.ret64((arena.userLo + (page << PAGE_SHIFT)) | 0, arena.userHi)
}

const free: HelperImpl = (run) => {
  const arena = arenaMemory(run.map(1))
  const count = run.lo(3) >>> 0
  if (arena && count > 0 && !run.isNull(2)) arena.freePages(pageOf(run, arena), count)
  run.ret(0)
}

const reserve: HelperImpl = (run) => {
  const arena = arenaMemory(run.map(1))
  const count = run.lo(3) >>> 0
  if (!arena) run.ret(-Errno.EINVAL)
  else if (count === 0 || (run.lo(2) & PAGE_MASK) !== 0) run.ret(0)
  else run.ret(arena.reservePages(pageOf(run, arena), count))
}

/** Pages of an arena. */
export const arenaKfuncs: KfuncFamily = {
  bpf_arena_alloc_pages: kfunc(5, alloc),
  bpf_arena_free_pages: kfunc(3, free),
  bpf_arena_reserve_pages: kfunc(3, reserve),
}
