import { Errno } from '../../uapi/errno.ts'
import { MapType } from '../../uapi/map-type.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { KernelError } from '../error.ts'
import { progRights } from '../helpers/impl/maps.ts'
import type { RunKernel } from '../helpers/impl/run-kernel.ts'
import { Run, fault } from '../helpers/impl/run.ts'
import type { ProgRecord } from '../objects/records.ts'
import type { Code } from './decode.ts'
import { decode } from './decode.ts'
import { Interpreter } from './interpreter.ts'

/** Program types whose loads of bad addresses give 0 (BPF_PROBE_MEM): they follow the kernel's own pointers. */
const probing: ReadonlySet<number> = new Set([ProgType.TRACING, ProgType.LSM, ProgType.STRUCT_OPS, ProgType.NETFILTER])

/** A program made ready to be run any number of times: `end` gives its memory back. */
export class Engine {
  readonly run: Run
  readonly #kernel: RunKernel
  readonly #interpreter: Interpreter
  readonly #code: Code
  readonly #codes = new Map<number, Code>()
  /** A key and a value of four bytes each. */
  readonly #scratch: number

  constructor(kernel: RunKernel, prog: ProgRecord) {
    this.#kernel = kernel
    this.run = new Run(kernel, prog)
    try {
      const code = this.#load(prog.id)
      if (!code) throw new KernelError(Errno.ENOENT)
      this.#code = code
      this.#scratch = this.run.alloc(8, 0)
      const probes = probing.has(prog.type)
      this.#interpreter = new Interpreter(this.run, probes, (mapId, index) => this.#tailCall(mapId, index))
    } catch (error) {
      this.run.end()
      throw error
    }
  }

  /** Runs the program once. @param lo @param hi its argument. @returns r0's low word. */
  start(lo: number, hi: number): number {
    this.#interpreter.start(this.#code, lo, hi)
    return (this.run.regs[0] as number) >>> 0
  }

  end(): void {
    this.run.end()
  }

  /** A program's code, with the addresses of map values filled in. */
  #load(id: number): Code | undefined {
    const known = this.#codes.get(id)
    if (known) return known
    const prog = this.#kernel.progById(id)
    if (!prog) return undefined
    const code = decode(prog.run)
    for (const { constant, mapId, off } of code.mapValues) {
      const map = this.#kernel.mapById(mapId)
      const at = map.directValueAddr(off)
      if (at === undefined) throw fault('the value of a map that has no address')
      this.run.grants.grant(at - off, map.record.valueSize, progRights(map.record))
      code.regs[constant] = at
    }
    this.#codes.set(id, code)
    return code
  }

  #tailCall(mapId: number, index: number): Code | undefined {
    const map = this.#kernel.mapById(mapId)
    if (map.record.type !== MapType.PROG_ARRAY) throw fault('a tail call without a program array')
    if (index >= map.record.maxEntries) return undefined
    const { view } = this.run.memory
    view.setInt32(this.#scratch, index, true)
    if (map.copyValue(this.#scratch, this.#scratch + 4, 0) !== 0) return undefined
    return this.#load(this.run.memory.view.getUint32(this.#scratch + 4, true))
  }
}
