import { forEachId, kindOf, vlenOf } from '../../btf/fields.ts'
import { Kind } from '../../btf/kinds.ts'
import { Errno } from '../../uapi/errno.ts'
import type { Log } from '../log.ts'
import { sizeOfType } from './compare-maps.ts'
import type { DestinationSection, SourceObject, SourceSection, SourceTypes } from './model.ts'
import { refuse } from './refuse.ts'
import type { LinkState } from './state.ts'
import { isNonStatic } from './symbol-types.ts'

/** linker_append_btf. @throws LibbpfError. */
export function appendTypes(state: LinkState, object: SourceObject, log: Log): void {
  const { types } = object
  if (types === undefined) return
  const first = state.types.typeCount
  copyTypes(state, object, types)
  remap(state, object, first, log)
  rewriteGlobals(state, object)
  for (const source of object.sections) {
    if (source.typeId === 0 || source.skipped) continue
    const section = source.destination
    if (section === undefined) continue
    section.hasTypes = true
    appendVariables(state, object, types, source, section, log)
  }
}

/** All but DATASECs; globals that are there already stay as they are. */
function copyTypes(state: LinkState, object: SourceObject, types: SourceTypes): void {
  const { words, offsets } = types
  for (let id = 1; id < types.typeCount; id++) {
    const at = offsets[id] as number
    if (kindOf(words[at + 1] as number) === Kind.DATASEC) continue
    const global = isNonStatic(types, id) ? state.globals.get(types.textAt(words[at] as number)) : undefined
    if (isNonStatic(types, id)) {
      // Variables of sections that were left out, such as license.
      if (global === undefined) continue
      if (global.underlying === 0) global.underlying = -(words[at + 2] as number)
      if (global.typeId !== 0) {
        object.typeMap[id] = global.typeId
        continue
      }
    }
    const added = state.types.copy(types, id)
    object.typeMap[id] = added
    if (global !== undefined) {
      global.typeId = added
      global.underlying = -(words[at + 2] as number)
    }
  }
}

function remap(state: LinkState, object: SourceObject, first: number, log: Log): void {
  const { words, offsets, typeCount } = state.types
  for (let id = first; id < typeCount; id++) {
    forEachId(words, offsets[id] as number, (i) => {
      const old = words[i] as number
      const found = object.typeMap[old] as number
      if (found === 0 && old !== 0) {
        refuse(log, Errno.EINVAL, `failed to find new ID mapping for original BTF type ID ${old}`)
      }
      words[i] = found
    })
  }
}

/** What this object defines, its types say best. */
function rewriteGlobals(state: LinkState, object: SourceObject): void {
  const { words, offsets } = state.types
  for (const global of state.globalList) {
    if (global.underlying >= 0) continue
    global.underlying = object.typeMap[-global.underlying] as number
    words[(offsets[global.typeId] as number) + 2] = global.underlying
  }
}

function appendVariables(
  state: LinkState,
  object: SourceObject,
  types: SourceTypes,
  source: SourceSection,
  section: DestinationSection,
  log: Log,
): void {
  const at = types.offsets[source.typeId] as number
  const end = at + 3 + vlenOf(types.words[at + 1] as number) * 3
  const ours = state.types
  for (let i = at + 3; i < end; i += 3) {
    const id = object.typeMap[types.words[i] as number] as number
    const info = ours.words[(ours.offsets[id] as number) + 1] as number
    const name = ours.textAt(ours.words[ours.offsets[id] as number] as number)
    const global = isNonStatic(ours, id) ? state.globals.get(name) : undefined
    if (global !== undefined && global.sectionId !== section.id) {
      refuse(log, Errno.EINVAL, `global '${name}': section mismatch ${global.sectionId} vs ${section.id}`)
    }
    if (global !== undefined && global.variable >= 0) {
      if (kindOf(info) === Kind.FUNC) continue
      const size = sizeOfType(ours, global.underlying)
      if (size < 0) {
        refuse(log, Errno.EINVAL, `global '${name}': failed to resolve size of underlying type: ${size}`)
      }
      section.variables[global.variable * 3 + 2] = size
      continue
    }
    const offset = (source.destinationOffset + (types.words[i + 1] as number)) >>> 0
    section.variables.push(id, offset, types.words[i + 2] as number)
    if (global !== undefined) global.variable = section.variables.length / 3 - 1
  }
}
