import { KernelError } from '../error.ts'
import { MAP_HI, MEM_HI } from '../helpers/impl/address.ts'
import { grantValue } from '../helpers/impl/maps.ts'
import type { RunKernel } from '../helpers/impl/run-kernel.ts'
import type { KernelMap } from '../maps/map.ts'
import type { Deferred } from '../objects/deferred.ts'
import { Engine } from './engine.ts'

/** What is due within so many nanoseconds is done at once: on Linux, it would be by the time of the next command. */
const SOON = 1_000_000n
/** Calls at the end of one test run, at most: a timer may arm itself for ever. */
const MAX_CALLS = 1000

/**
 * Calls what timers and works that are due are to call, after a test run, in the order of their times. Nothing in this
 * machine happens by itself: what is due later is called after a later test run.
 */
export function callDeferred(kernel: RunKernel): void {
  for (let calls = 0; calls < MAX_CALLS; calls++) {
    const entry = kernel.deferred.due(kernel.now() + SOON)
    if (!entry) return
    entry.expires = ''
    if (!call(kernel, entry)) kernel.deferred.remove(entry.id)
  }
}

/** @returns false where the element or the program isn't there any more. */
function call(kernel: RunKernel, entry: Deferred): boolean {
  const map = mapOf(kernel, entry)
  const prog = kernel.progById(entry.progId)
  if (!map || !prog) return false
  const engine = new Engine(kernel, prog.record)
  try {
    const { run } = engine
    const key = run.alloc(Math.max(entry.key.length, 4))
    run.memory.u8.set(entry.key, key)
    const value = entry.key.length === map.record.keySize ? map.lookup(key) : 0
    if (value === 0 || run.memory.view.getUint32(value + entry.offset, true) !== entry.id) return false
    grantValue(run, map, value)
    run.servicing = entry.id
    const { regs } = run
    regs.fill(0, 2, 12)
    regs[2] = map.record.id
    regs[3] = MAP_HI
    regs[4] = key
    regs[5] = MEM_HI
    regs[6] = value
    regs[7] = MEM_HI
    engine.call(entry.slot)
    return true
  } finally {
    engine.end()
  }
}

function mapOf(kernel: RunKernel, { mapId }: Deferred): KernelMap | undefined {
  try {
    return kernel.mapById(mapId)
  } catch (error) {
    if (error instanceof KernelError) return undefined
    throw error
  }
}
