import { kindOf, vlenOf } from '../../btf/fields.ts'
import { Kind } from '../../btf/kinds.ts'
import { resolveSize } from '../../btf/resolve-size.ts'
import { LibbpfError } from '../error.ts'
import type { Log } from '../log.ts'
import { parseMapDefinition } from '../map-definition.ts'
import type { BtfMapDef, DefinitionTypes } from '../map-definition.ts'
import { skipModifiers, typesMatch } from './compare-types.ts'
import type { LinkTypes } from './model.ts'

/** glob_map_defs_match: two objects' definitions of one map, `ours` in the output so far. Says what differs. */
export function mapsMatch(
  symbol: string,
  log: Log,
  ours: LinkTypes,
  id: number,
  theirs: LinkTypes,
  theirId: number,
): boolean {
  const kind = kindOf(theirs.words[(theirs.offsets[theirId] as number) + 1] as number)
  if (kind !== Kind.VAR) {
    log.warn(`global '${symbol}': invalid map definition type [${theirId}]`)
    return false
  }
  const extra = definition(symbol, log, theirs, theirId)
  if (extra === undefined) {
    log.warn(`global '${symbol}': invalid map definition`)
    return false
  }
  const main = definition(symbol, log, ours, id)
  if (main === undefined) {
    log.warn(`global '${symbol}': invalid dst map definition`)
    return false
  }
  return definitionsMatch(symbol, log, ours, main, theirs, extra)
}

function definition(symbol: string, log: Log, types: LinkTypes, id: number): BtfMapDef | undefined {
  const variable = types.offsets[id] as number
  const type = skipModifiers(types, types.words[variable + 2] as number)
  try {
    return parseMapDefinition(symbol, new Definition(types), type, true, log)
  } catch (error) {
    if (!(error instanceof LibbpfError)) throw error
    return undefined
  }
}

/** map_defs_match. */
function definitionsMatch(
  symbol: string,
  log: Log,
  ours: LinkTypes,
  main: BtfMapDef,
  theirs: LinkTypes,
  extra: BtfMapDef,
): boolean {
  const number = (value: number | undefined) => value ?? 0
  const typeDiffers = (mine: number | undefined, other: number | undefined) =>
    mine !== undefined && !typesMatch(symbol, log, ours, mine, theirs, number(other))
  const reason = (): string | undefined => {
    if (main.mapType !== extra.mapType) return 'type'
    if (number(main.keySize) !== number(extra.keySize)) return 'key_size'
    if (!main.keyTypeId !== !extra.keyTypeId) return 'key type'
    if (typeDiffers(main.keyTypeId, extra.keyTypeId)) return 'key type'
    if (number(main.valueSize) !== number(extra.valueSize)) return 'value_size'
    if (!main.valueTypeId !== !extra.valueTypeId) return 'value type'
    if (typeDiffers(main.valueTypeId, extra.valueTypeId)) return 'key type'
    if (number(main.maxEntries) !== number(extra.maxEntries)) return 'max_entries'
    if (number(main.mapFlags) !== number(extra.mapFlags)) return 'map_flags'
    if (number(main.numaNode) !== number(extra.numaNode)) return 'numa_node'
    if (number(main.pinning) !== number(extra.pinning)) return 'pinning'
    if (!main.inner !== !extra.inner) return 'inner map'
    return undefined
  }
  const differs = reason()
  if (differs !== undefined) {
    log.warn(`global '${symbol}': map ${differs} mismatch`)
    return false
  }
  if (main.inner === undefined || extra.inner === undefined) return true
  return definitionsMatch(`${symbol}.inner`.slice(0, 127), log, ours, main.inner, theirs, extra.inner)
}

/** What of LinkTypes a map's definition is read with. */
class Definition implements DefinitionTypes {
  readonly #types: LinkTypes

  constructor(types: LinkTypes) {
    this.#types = types
  }

  #word(id: number, i: number): number {
    return this.#types.words[(this.#types.offsets[id] as number) + i] as number
  }

  kind(id: number): number {
    return kindOf(this.#word(id, 1))
  }

  vlen(id: number): number {
    return vlenOf(this.#word(id, 1))
  }

  size(id: number): number {
    return this.#word(id, 2)
  }

  type(id: number): number {
    return this.#word(id, 2)
  }

  memberName(id: number, i: number): string {
    return this.#types.textAt(this.#word(id, 3 + i * 3))
  }

  memberType(id: number, i: number): number {
    return this.#word(id, 4 + i * 3)
  }

  arrayElem(id: number): number {
    return this.#word(id, 3)
  }

  arrayLength(id: number): number {
    return this.#word(id, 5)
  }

  skipModsAndTypedefs(id: number): number {
    return skipModifiers(this.#types, id)
  }

  enumValue(id: number): bigint {
    const low = this.#word(id, 4)
    if (this.kind(id) === Kind.ENUM) return BigInt(low | 0)
    return (BigInt(this.#word(id, 5)) << 32n) | BigInt(low)
  }

  resolveSize(id: number): number {
    return resolveSize(this, id)
  }
}

/** btf__resolve_size: a size or a negative errno. */
export function sizeOfType(types: LinkTypes, id: number): number {
  return new Definition(types).resolveSize(id)
}
