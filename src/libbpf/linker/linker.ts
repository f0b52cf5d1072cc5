import { BtfError } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import { LibbpfError, errstr } from '../error.ts'
import type { Log } from '../log.ts'
import { appendExt, finalizeExt, swapExt } from './ext.ts'
import { fixupTypes } from './fixup.ts'
import { appendRelocations } from './relocations.ts'
import { appendSections } from './sections.ts'
import { refuse } from './refuse.ts'
import { loadSource } from './source.ts'
import { LinkState } from './state.ts'
import { appendSymbols } from './symbols.ts'
import { appendTypes } from './types.ts'

/** libbpf's static linker (struct bpf_linker): object files become one. */
export class Linker {
  readonly #state = new LinkState()
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
  }

  /** bpf_linker__add_file. @throws LibbpfError after saying why; nothing can be done with the linker then. */
  add(bytes: Uint8Array, path: string): void {
    const log = this.#log
    const state = this.#state
    const { output } = state
    const object = loadSource(bytes, path, output.littleEndian, log)
    output.littleEndian = object.littleEndian
    fixupTypes(object, log)
    appendSections(output, object, log)
    appendSymbols(state, object, log)
    appendRelocations(output, object, log)
    appendTypes(state, object, log)
    appendExt(state, object, log)
  }

  /** bpf_linker__finalize: the linked object. @throws LibbpfError. */
  finalize(): Uint8Array {
    const { output, types } = this.#state
    if (types.typeCount > 1) this.#finalizeTypes()
    return output.bytes(this.#log)
  }

  /** finalize_btf. */
  #finalizeTypes(): void {
    const log = this.#log
    const { output, types } = this.#state
    for (const { name, size, hasTypes, variables } of output.sections.slice(1)) {
      if (!hasTypes) continue
      if (name === '') refuse(log, Errno.EINVAL, `failed to add consolidated BTF type for datasec '${name}': -22`)
      types.datasec(name, size, variables)
    }
    const ext = this.#finalizeExt()
    const ids = this.#dedup()
    const little = output.littleEndian ?? true
    output.addData('.BTF', types.bytes(little))
    if (ext === undefined) return
    const view = new DataView(ext.bytes.buffer)
    for (const at of ext.ids) view.setUint32(at, ids[view.getUint32(at, true)] as number, true)
    if (!little) swapExt(ext.bytes)
    output.addData('.BTF.ext', ext.bytes)
  }

  #finalizeExt() {
    try {
      return finalizeExt(this.#state, this.#log)
    } catch (error) {
      if (error instanceof LibbpfError) this.#log.warn(`.BTF.ext generation failed: ${errstr(error.errno)}`)
      throw error
    }
  }

  #dedup(): Uint32Array {
    const log = this.#log
    const trace = log.debugging
      ? (line: string) => {
          log.debug(() => line)
        }
      : undefined
    try {
      return this.#state.types.dedup(trace)
    } catch (error) {
      if (!(error instanceof BtfError)) throw error
      for (const { text } of error.lines) log.debug(() => text)
      return refuse(log, error.errno, `BTF dedup failed: ${errstr(error.errno)}`)
    }
  }
}
