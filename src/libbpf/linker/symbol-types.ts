import { kindOf, vlenOf } from '../../btf/fields.ts'
import { FuncLinkage, Kind, VarLinkage } from '../../btf/kinds.ts'
import { Errno } from '../../uapi/errno.ts'
import type { Log } from '../log.ts'
import type { LinkTypes } from './model.ts'
import { refuse } from './refuse.ts'

/** btf_is_non_static: a VAR or FUNC that other objects can name. */
export function isNonStatic({ words, offsets }: LinkTypes, id: number): boolean {
  const at = offsets[id] as number
  const info = words[at + 1] as number
  const kind = kindOf(info)
  if (kind === Kind.VAR) return words[at + 3] !== VarLinkage.STATIC
  return kind === Kind.FUNC && vlenOf(info) !== FuncLinkage.STATIC
}

/** find_glob_sym_btf, for all names at once: the VAR or FUNC of a global symbol, and the DATASEC that it's in. */
export class SymbolTypes {
  readonly #types: LinkTypes
  /** By name, VARs and FUNCs that aren't static, in order. */
  readonly #globals = new Map<string, number[]>()
  /** By name, the first place in a DATASEC: its id and the VAR's. */
  readonly #placed = new Map<string, { sectionTypeId: number; typeId: number }>()

  constructor(types: LinkTypes) {
    this.#types = types
    for (let id = 1; id < types.typeCount; id++) {
      const at = types.offsets[id] as number
      if (isNonStatic(types, id)) {
        const name = this.#nameOf(id)
        const ids = this.#globals.get(name)
        if (ids === undefined) this.#globals.set(name, [id])
        else ids.push(id)
      } else if (kindOf(types.words[at + 1] as number) === Kind.DATASEC) {
        this.#take(id, at)
      }
    }
  }

  #nameOf(id: number): string {
    return this.#types.textAt(this.#types.words[this.#types.offsets[id] as number] as number)
  }

  #take(sectionTypeId: number, at: number): void {
    const types = this.#types
    const end = at + 3 + vlenOf(types.words[at + 1] as number) * 3
    for (let i = at + 3; i < end; i += 3) {
      const typeId = types.words[i] as number
      const kind = kindOf(types.words[(types.offsets[typeId] as number) + 1] as number)
      if ((kind === Kind.VAR || kind === Kind.FUNC) && !isNonStatic(types, typeId)) continue
      const name = this.#nameOf(typeId)
      if (!this.#placed.has(name)) this.#placed.set(name, { sectionTypeId, typeId })
    }
  }

  /** @returns ids, 0 for no DATASEC. @throws LibbpfError after saying why. */
  find(name: string, log: Log): { typeId: number; sectionTypeId: number } {
    const ids = this.#globals.get(name) ?? []
    const placed = this.#placed.get(name)
    if (placed !== undefined) {
      const before = ids.filter((id) => id < placed.sectionTypeId).at(-1)
      if (before === undefined || before === placed.typeId) return placed
      const both = `both types #${before} and #${placed.typeId} match`
      return refuse(log, Errno.EINVAL, `global/extern '${name}' BTF is ambiguous: ${both}`)
    }
    const last = ids.at(-1)
    if (last !== undefined) return { typeId: last, sectionTypeId: 0 }
    return refuse(log, Errno.ENOENT, `failed to find BTF info for global/extern symbol '${name}'`)
  }
}
