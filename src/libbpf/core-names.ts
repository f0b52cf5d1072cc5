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

  constructor(log: Log) {
    this.#log = log
  }

  /** bpf_core_add_cands. */
  add(found: Candidate[], local: ObjectBtf, localId: number, target: Btf, targetName: string): void {
    const name = local.name(localId)
    const kind = local.kind(localId)
    for (const id of target.idsOfEssentialName(name.slice(0, essentialNameLength(name)))) {
      if (!kindsAreCompatible(target.kind(id), kind)) continue
      this.#log.debug(
        () =>
          `CO-RE relocating [${localId}] ${kindName(kind)} ${name}: found target candidate [${id}] ` +
          `${kindName(target.kind(id))} ${target.name(id)} in [${targetName}]`,
      )
      found.push({ btf: target, id })
    }
  }
}
