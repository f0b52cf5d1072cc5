import { kindOf, vlenOf } from '../../btf/fields.ts'
import { Kind, VarLinkage } from '../../btf/kinds.ts'
import { Errno } from '../../uapi/errno.ts'
import type { Log } from '../log.ts'
import { EXTERN_SECTION, STT } from './model.ts'
import type { SourceObject, SourceSection, SourceTypes } from './model.ts'
import { refuse } from './refuse.ts'

/**
 * linker_fixup_btf: compilers leave sizes and offsets in DATASECs zero; the ELF file knows them. Sections that only types
 * tell of (.kconfig, .ksyms) become ephemeral ones.
 * @throws LibbpfError.
 */
export function fixupTypes(object: SourceObject, log: Log): void {
  const { types } = object
  if (types === undefined) return
  const symbols = new ObjectSymbols(object)
  for (let id = 1; id < types.typeCount; id++) {
    const at = types.offsets[id] as number
    if (kindOf(types.words[at + 1] as number) !== Kind.DATASEC) continue
    const name = types.textAt(types.words[at] as number)
    let section = object.byName.get(name)
    if (section === undefined) {
      if (name === EXTERN_SECTION) continue
      section = ephemeralSection(name)
      object.sections.push(section)
      object.byName.set(name, section)
    } else if (section.header !== undefined) {
      types.words[at + 2] = section.size
    }
    section.typeId = id
    fixupVariables(types, id, section, symbols, log)
  }
}

function ephemeralSection(name: string): SourceSection {
  return {
    name,
    index: 0,
    header: undefined,
    size: 0,
    data: new Uint8Array(0),
    skipped: false,
    destination: undefined,
    destinationOffset: 0,
    typeId: 0,
  }
}

function fixupVariables(
  types: SourceTypes,
  id: number,
  section: SourceSection,
  symbols: ObjectSymbols,
  log: Log,
): void {
  const { words, offsets } = types
  const at = offsets[id] as number
  const end = at + 3 + vlenOf(words[at + 1] as number) * 3
  for (let i = at + 3; i < end; i += 3) {
    const variable = offsets[words[i] as number] as number
    if (kindOf(words[variable + 1] as number) !== Kind.VAR) continue
    if (words[variable + 3] !== VarLinkage.GLOBAL) continue
    const name = types.textAt(words[variable] as number)
    const value = symbols.find(section.index, name)
    if (value === undefined) {
      refuse(log, Errno.ENOENT, `failed to find symbol for variable '${name}' in section '${section.name}'`)
    }
    words[i + 1] = value
  }
}

/** find_sym_by_name among STT_OBJECT symbols: by section and name, where the first counts. */
class ObjectSymbols {
  readonly #object: SourceObject
  #found: Map<string, number> | undefined
  /** Sections with a symbol whose name can't be read: the search ends there. */
  readonly #broken = new Set<number>()

  constructor(object: SourceObject) {
    this.#object = object
  }

  /** The lower half of its value. */
  find(section: number, name: string): number | undefined {
    return (this.#found ??= this.#collect()).get(`${section} ${name}`)
  }

  #collect(): Map<string, number> {
    const found = new Map<string, number>()
    for (const { type, shndx, nameOff, value } of this.#object.symbols) {
      if (type !== STT.OBJECT || this.#broken.has(shndx)) continue
      const name = this.#object.nameOf(nameOff)
      if (name === undefined) {
        this.#broken.add(shndx)
        continue
      }
      const key = `${shndx} ${name}`
      if (!found.has(key)) found.set(key, Number(value & 0xffffffffn))
    }
    return found
  }
}
