import { kindOf, vlenOf } from '../../btf/fields.ts'
import { FuncLinkage, Kind, VarLinkage } from '../../btf/kinds.ts'
import { Errno } from '../../uapi/errno.ts'
import { LibbpfError } from '../error.ts'
import type { Log } from '../log.ts'
import { kindName } from '../object-btf.ts'
import { mapsMatch } from './compare-maps.ts'
import { typesMatch } from './compare-types.ts'
import { EXTERN_SECTION, JUMPTABLES_SECTION, MAPS_SECTION, SHN_LORESERVE, SHN_UNDEF, STB, STT } from './model.ts'
import type {
  DestinationSection,
  GlobalSymbol,
  LinkSymbol,
  LinkTypes,
  SourceObject,
  SourceSection,
  SourceTypes,
} from './model.ts'
import { refuse } from './refuse.ts'
import { SymbolTypes } from './symbol-types.ts'
import type { LinkState } from './state.ts'

/** linker_append_elf_syms. @throws LibbpfError. */
export function appendSymbols(state: LinkState, object: SourceObject, log: Log): void {
  const found = object.types && new SymbolTypes(object.types)
  object.symbols.forEach((symbol, i) => {
    if (i === 0) return
    const name = object.nameOf(symbol.nameOff)
    if (name === undefined) {
      return refuse(log, Errno.EINVAL, `can't fetch symbol name for symbol #${i} in '${object.path}'`)
    }
    appendSymbol(state, object, found, symbol, i, name, log)
  })
}

/** linker_append_elf_sym. */
function appendSymbol(
  state: LinkState,
  object: SourceObject,
  found: SymbolTypes | undefined,
  symbol: LinkSymbol,
  index: number,
  name: string,
  log: Log,
): void {
  const { type, bind, shndx } = symbol
  const isExtern = shndx === SHN_UNDEF
  let source: SourceSection | undefined
  let section: DestinationSection | undefined
  let plain = false
  if (isExtern) {
    if (object.types === undefined) refuse(log, Errno.ENOTSUP, 'externs without BTF info are not supported')
  } else if (shndx < SHN_LORESERVE) {
    source = object.sections[shndx]
    if (source === undefined || source.skipped) return
    section = source.destination
    if (type === STT.SECTION && section !== undefined && section.symbol !== 0) {
      object.symbolMap[index] = section.symbol
      return
    }
    plain = source.name === JUMPTABLES_SECTION
  }
  if (bind !== STB.LOCAL && !plain) {
    const { typeId, sectionTypeId } = typesOfSymbol(object, found, name, log)
    if (isExtern && sectionTypeId !== 0) {
      const sectionName = sectionNameOf(object.types, sectionTypeId)
      if (sectionName !== EXTERN_SECTION) {
        source = object.byName.get(sectionName)
        if (source === undefined) {
          refuse(log, Errno.ENOENT, `failed to find matching ELF sec '${sectionName}'`)
        }
        section = source.destination
      }
    }
    const known = state.globals.get(name)
    if (known !== undefined) {
      return resolve(state, object, known, { symbol, index, name, typeId, isExtern, source, section }, log)
    }
  }
  const { output } = state
  const nameOff = output.string(name)
  const isSection = type === STT.SECTION && section !== undefined
  const value = isSection ? 0n : BigInt(source?.destinationOffset ?? 0) + symbol.value
  const at = output.addSymbol({
    ...symbol,
    nameOff,
    shndx: section === undefined ? shndx : section.index,
    value: BigInt.asUintN(64, value),
  })
  object.symbolMap[index] = at
  if (isSection && section !== undefined) section.symbol = at
  if (bind === STB.LOCAL) return
  const added: GlobalSymbol = {
    symbol: at,
    sectionId: section?.id ?? 0,
    typeId: 0,
    underlying: 0,
    variable: -1,
    isExtern,
    isWeak: bind === STB.WEAK,
  }
  state.globalList.push(added)
  if (!state.globals.has(name)) state.globals.set(name, added)
}

function typesOfSymbol(object: SourceObject, found: SymbolTypes | undefined, name: string, log: Log) {
  if (found === undefined) {
    return refuse(log, Errno.EINVAL, `failed to find BTF info for object '${object.path}'`)
  }
  return found.find(name, log)
}

function sectionNameOf(types: SourceTypes | undefined, id: number): string {
  return types === undefined ? '' : types.textAt(types.words[types.offsets[id] as number] as number)
}

interface Newcomer {
  symbol: LinkSymbol
  index: number
  name: string
  typeId: number
  isExtern: boolean
  source: SourceSection | undefined
  section: DestinationSection | undefined
}

/** A global symbol of a name that is there: one of the two may be extern or weak, and they must mean the same. */
function resolve(state: LinkState, object: SourceObject, known: GlobalSymbol, added: Newcomer, log: Log): void {
  const { symbol, index, name, typeId, isExtern, source, section } = added
  const { bind, other, type, value, size } = symbol
  object.symbolMap[index] = known.symbol
  if (!isExtern && !known.isExtern && !known.isWeak && bind !== STB.WEAK) {
    refuse(log, Errno.EINVAL, `conflicting non-weak symbol #${index} (${name}) definition in '${object.path}'`)
  }
  if (!symbolsMatch(state, object, known, name, typeId, log)) throw new LibbpfError(Errno.EINVAL)
  const ours = state.output.symbols[known.symbol] as LinkSymbol
  if (bind === STB.GLOBAL) {
    ours.bind = STB.GLOBAL
    known.isWeak = false
  }
  // The stricter visibility counts, even an extern's.
  if ((other & 3) > (ours.other & 3)) ours.other = (ours.other & ~3) | (other & 3)
  if (isExtern) return
  if (!known.isExtern && bind === STB.WEAK) return
  ours.type = type
  ours.shndx = section?.index ?? 0
  ours.value = BigInt.asUintN(64, BigInt(source?.destinationOffset ?? 0) + value)
  ours.size = size
  known.sectionId = section?.id ?? 0
  known.isExtern = false
  if (object.types !== undefined) completeExtern(state, known.typeId, object.types, typeId)
  known.underlying = 0
}

/** glob_syms_match. */
function symbolsMatch(
  state: LinkState,
  object: SourceObject,
  known: GlobalSymbol,
  name: string,
  typeId: number,
  log: Log,
): boolean {
  const { types } = object
  if (known.typeId === 0 || typeId === 0 || types === undefined) {
    log.warn(`BTF info is missing for global symbol '${name}'`)
    return false
  }
  const kind = kindOf(types.words[(types.offsets[typeId] as number) + 1] as number)
  if (kind !== Kind.VAR && kind !== Kind.FUNC) {
    log.warn(`only extern variables and functions are supported, but got '${kindName(kind)}' for '${name}'`)
    return false
  }
  const compare = state.output.sections[known.sectionId]?.name === MAPS_SECTION ? mapsMatch : typesMatch
  return compare(name, log, state.types, known.typeId, types, typeId)
}

/** complete_extern_btf_info: what was extern is defined now; functions get the names of their parameters. */
function completeExtern(state: LinkState, id: number, types: LinkTypes, theirId: number): void {
  const { words, offsets } = state.types
  const at = offsets[id] as number
  if (kindOf(words[at + 1] as number) === Kind.VAR) {
    words[at + 3] = VarLinkage.GLOBAL
    return
  }
  words[at + 1] = (Kind.FUNC << 24) | FuncLinkage.GLOBAL
  const proto = offsets[words[at + 2] as number] as number
  const theirs = types.offsets[types.words[(types.offsets[theirId] as number) + 2] as number] as number
  for (let i = 0; i < vlenOf(words[proto + 1] as number); i++) {
    const nameOff = types.words[theirs + 3 + i * 2] as number
    if (nameOff !== 0) words[proto + 3 + i * 2] = state.types.text(types.textAt(nameOff))
  }
}
