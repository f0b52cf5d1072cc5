import type { Btf } from '../btf/btf.ts'
import type { Candidate } from '../btf/core/resolve.ts'
import { kindsAreCompatible } from '../btf/core/types.ts'
import type { Log } from './log.ts'
import { essentialNameLength } from './names.ts'
import { kindName } from './object-btf.ts'
import type { ObjectBtf } from './object-btf.ts'

/** Types of a kernel by their names without flavours. */
export class EssentialNames {
  readonly #log: Log
  readonly #known = new Map<Btf, Map<string, number[]>>()

  constructor(log: Log) {
    this.#log = log
  }

  /** bpf_core_add_cands. */
  add(found: Candidate[], local: ObjectBtf, localId: number, target: Btf, targetName: string): void {
    const name = local.name(localId)
    const kind = local.kind(localId)
    for (const id of this.#named(target, name.slice(0, essentialNameLength(name)))) {
      if (!kindsAreCompatible(target.kind(id), kind)) continue
      this.#log.debug(
        () =>
          `CO-RE relocating [${localId}] ${kindName(kind)} ${name}: found target candidate [${id}] ` +
          `${kindName(target.kind(id))} ${target.name(id)} in [${targetName}]`,
      )
      found.push({ btf: target, id })
    }
  }

  #named(target: Btf, essential: string): readonly number[] {
    let names = this.#known.get(target)
    if (names === undefined) {
      names = new Map()
      for (let id = target.startId; id < target.typeCount; id++) {
        const full = target.name(id)
        if (full === '') continue
        const name = full.includes('___') ? full.slice(0, essentialNameLength(full)) : full
        const ids = names.get(name)
        if (ids === undefined) names.set(name, [id])
        else ids.push(id)
      }
      this.#known.set(target, names)
    }
    return names.get(essential) ?? []
  }
}
