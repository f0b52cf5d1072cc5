import { Errno } from '../../uapi/errno.ts'
import { helperNames } from '../../uapi/helper-names.ts'
import { MAP_HI } from '../helpers/impl/address.ts'
import { helperImpls } from '../helpers/impl/index.ts'
import { progRights } from '../helpers/impl/maps.ts'
import type { HelperImpl, Run } from '../helpers/impl/run.ts'
import { fault } from '../helpers/impl/run.ts'
import { commitSample, reserveSample } from '../helpers/impl/ringbuf.ts'
import { kfuncByNumber } from '../helpers/kfuncs/index.ts'
import { helperTraits } from '../helpers/traits.ts'
import { ringBlock } from '../maps/ring-data.ts'
import { RingbufMap } from '../maps/ringbuf.ts'
import { RunArea } from '../memory/run-area.ts'
import { faults } from './compile/imports.ts'
import type { RuntimeImport } from './compile/imports.ts'
import { noHelper, noKfunc, runaway } from './failures.ts'
import { MAX_TAIL_CALLS } from './limits.ts'
import { loadAbs } from './load-abs.ts'
import { mayGotoAgain } from './may-goto.ts'

type Words = (...words: number[]) => number
/** Finds a program of a program array: where in the table it is, or -1. @throws KernelError for another kind of map. */
export type FindProgram = (mapId: number, index: number) => number

/** Bytes for the linker's own use. */
const SPARE_SIZE = 256
/** Registers are pairs of words in Run.regs; this pair is no register. */
const SPARE = 22

/**
 * What compiled code imports, for one run. Values come and go in halves: a result's high half is left in
 * RunArea.R0_HI.
 */
export class RuntimeImports {
  readonly #run: Run
  readonly #probes: boolean
  readonly #findProgram: FindProgram
  /** Where the answers for program arrays are kept. */
  readonly #tailSlots = new Map<number, number>()
  /** Memory for small ones. */
  #spare: number
  #spareSize = SPARE_SIZE
  readonly run: Readonly<Record<RuntimeImport, Words>>

  /** @param probes whether loads of bad addresses give 0 (BPF_PROBE_MEM). */
  constructor(run: Run, probes: boolean, findProgram: FindProgram) {
    this.#run = run
    this.#probes = probes
    this.#findProgram = findProgram
    this.#spare = run.alloc(SPARE_SIZE, 0)
    this.run = {
      load: (lo, hi, size) => this.#load(lo as number, hi as number, size as number),
      store: (lo, hi, size, valueLo, valueHi) => {
        if (!run.storeObject(lo as number, hi as number, size as number, valueLo as number, valueHi as number)) {
          throw fault(`a store of ${size} bytes`)
        }
        return 0
      },
      place: (lo, hi, size) => run.place(lo as number, hi as number, size as number),
      packet: (off, size) => {
        if (!loadAbs(run, -1, size as number, off as number)) return 0
        this.#leave(run.regs[0] as number)
        return 1
      },
      again: (since) => mayGotoAgain(since as number),
      tail_call: (lo, hi, index) => this.#tailCall(lo as number, hi as number, (index as number) >>> 0),
      tail_slot: (mapId, index) => this.#tailSlot(mapId as number, (index as number) >>> 0),
      runaway: () => {
        throw runaway()
      },
      fault: (which) => {
        throw fault(faults[which as number] ?? '')
      },
    }
  }

  #leave(hi: number): void {
    this.#run.memory.i32[RunArea.R0_HI >> 2] = hi
  }

  #load(lo: number, hi: number, size: number): number {
    const run = this.#run
    const { regs } = run
    if (!run.loadObject(SPARE, lo, hi, size)) {
      if (!this.#probes) throw fault(`a load of ${size} bytes`)
      regs[SPARE] = 0
      regs[SPARE + 1] = 0
    }
    this.#leave(regs[SPARE + 1] as number)
    return regs[SPARE] as number
  }

  #tailCall(mapLo: number, mapHi: number, index: number): number {
    const run = this.#run
    if (mapHi !== MAP_HI) throw fault('a tail call without a program array')
    if (run.tailCalls >= MAX_TAIL_CALLS) return 0
    const at = this.#findProgram(mapLo, index)
    if (at < 0) return 0
    run.tailCalls++
    return at + 1
  }

  #tailSlot(mapId: number, index: number): number {
    const word = this.#findProgram(mapId, index) + 2
    this.#run.memory.i32[(this.tailSlots(mapId) >> 2) + index] = word
    return word
  }

  /** Offset of a word for each slot of a program array, which the program can't touch. */
  tailSlots(mapId: number): number {
    let at = this.#tailSlots.get(mapId)
    if (at === undefined) {
      const size = this.#run.kernel.mapById(mapId).record.maxEntries * 4
      at = this.#spareSize >= size ? this.#spare : this.#run.alloc(size, 0)
      if (at === this.#spare) {
        this.#spare += size
        this.#spareSize -= size
      }
      this.#tailSlots.set(mapId, at)
    }
    return at
  }

  /** A helper, or what stands for one that isn't simulated. @param callback calls a function of the program that calls. */
  helper(name: string, callback: Run['callback']): Words {
    const id = helperNames.indexOf(name)
    const impl = id < 0 ? undefined : helperImpls[id]
    if (!impl) return () => fail(name)
    return this.#wrap(helperTraits(id).callsBack ? callsBack(impl, callback) : impl)
  }

  /** A kernel function by its number. */
  kfunc(name: string, callback: Run['callback']): Words {
    const number = Number(name)
    const found = kfuncByNumber(number)
    if (!found) {
      return () => {
        throw noKfunc(number)
      }
    }
    return this.#wrap(found.callsBack ? callsBack(found.impl, callback) : found.impl)
  }

  /** A lookup in one map: the offset of a key for that of a value, which the program may use from now on. */
  lookup(mapId: number): (key: number) => number {
    const { kernel, grants } = this.#run
    const map = kernel.mapById(mapId)
    const { valueSize } = map.record
    const rights = progRights(map.record)
    return (key) => {
      const at = map.lookup(key >>> 0)
      if (at !== 0) grants.grant(at, valueSize, rights)
      return at
    }
  }

  /** An update of an element of one map, where compiled code doesn't do it by itself. */
  update(mapId: number): Words {
    const map = this.#run.kernel.mapById(mapId)
    return (key = 0, value = 0, flags = 0) => {
      if (map.updateAndLend) return map.updateAndLend(key >>> 0, value >>> 0, flags)
      return map.update(key >>> 0, value >>> 0, flags)
    }
  }

  /** What a ring buffer is asked by compiled code: see Imports.ring. */
  ring(name: string): Words {
    const run = this.#run
    const [what, id] = name.split(' ')
    const map = run.kernel.mapById(Number(id))
    if (!(map instanceof RingbufMap)) throw fault('a ring buffer')
    run.rings.add(map)
    let block = 0
    const noteBlock = () => {
      if (map.block === block) return
      block = map.block
      if (block !== 0) run.grants.note(block, ringBlock(map.record.maxEntries))
    }
    noteBlock()
    if (what === 'reserve') {
      return (size = 0) => {
        const at = reserveSample(run, map, size)
        noteBlock()
        return at
      }
    }
    if (what === 'output') return (from = 0, size = 0) => (map.output(from >>> 0, size) ? 0 : -Errno.EAGAIN)
    return (at = 0, discard = 0) => {
      commitSample(run, at >>> 0, discard !== 0)
      return 0
    }
  }

  #wrap(impl: HelperImpl): Words {
    const run = this.#run
    const { memory } = run
    return (a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0, j = 0) => {
      const { regs } = run
      regs[2] = a
      regs[3] = b
      regs[4] = c
      regs[5] = d
      regs[6] = e
      regs[7] = f
      regs[8] = g
      regs[9] = h
      regs[10] = i
      regs[11] = j
      impl(run)
      memory.i32[RunArea.R0_HI >> 2] = regs[1] as number
      return regs[0] as number
    }
  }
}

/** A helper that calls functions of the program it's called from, which another program may be interrupted for. */
function callsBack(impl: HelperImpl, callback: Run['callback']): HelperImpl {
  return (run) => {
    const before = run.callback
    run.callback = callback
    try {
      impl(run)
    } finally {
      run.callback = before
    }
  }
}

function fail(name: string): never {
  throw noHelper(name)
}
