import { MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import type { BpfMap, BpfObject } from '../../libbpf/model.ts'

const MAX_OBJ_NAME_LEN = 64
const PAGE_SIZE = 4096

/** A word of the command line as C sees it: a character is a byte. */
export function byteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** sanitize_identifier. */
export function identifier(name: string): string {
  return name.replace(/[^0-9A-Za-z_]/g, '_')
}

/** The object's name as the user gives it. */
export function givenName(word: string): string {
  return byteString(word).slice(0, MAX_OBJ_NAME_LEN - 1)
}

/** get_obj_name: the file's name without `.o`. */
export function nameOfFile(file: string): string {
  const base = byteString(file.replace(/\/+$/, '').replace(/^.*\//, '')).slice(0, MAX_OBJ_NAME_LEN - 1)
  return identifier(base.endsWith('.o') ? base.slice(0, -2) : base)
}

/** get_header_guard. */
export function headerGuard(name: string, suffix: string): string {
  return `__${name}_${suffix}__`.replace(/[a-z]/g, (letter) => letter.toUpperCase())
}

const dataPrefixes = ['.data', '.rodata', '.bss', '.kconfig']

/** get_map_ident: what the skeleton calls a map; undefined for global data of a kind that it doesn't know. */
export function mapIdent(map: BpfMap): string | undefined {
  const name = map.shownName
  if (!map.isInternal) return name
  for (const prefix of dataPrefixes) {
    const at = name.indexOf(prefix)
    if (at >= 0) return identifier(name.slice(at + 1))
  }
  return undefined
}

/** get_datasec_ident. */
export function sectionIdent(section: string): string | undefined {
  if (section === '.addr_space.1') return 'arena'
  return dataPrefixes.some((prefix) => section.startsWith(prefix)) ? identifier(section.slice(1)) : undefined
}

/** is_mmapable_map: its identifier where user space sees the map's bytes as a struct. */
export function mmapIdent(obj: BpfObject, map: BpfMap): string | undefined {
  if (map.def.type === MapType.ARENA && obj.arenaData !== undefined) return 'arena'
  return map.isInternal && map.def.mapFlags & MapFlag.MMAPABLE ? mapIdent(map) : undefined
}

/** bpf_map_mmap_sz. */
export function mmapSize({ def }: BpfMap): number {
  return Math.ceil((Math.ceil(def.valueSize / 8) * 8 * def.maxEntries) / PAGE_SIZE) * PAGE_SIZE
}

/** bpf_map__initial_value of a map of mmapIdent's. */
export function initialValue(obj: BpfObject, map: BpfMap): Uint8Array {
  if (map.def.type === MapType.ARENA) return obj.arenaData ?? new Uint8Array(0)
  if (map.content?.length === map.def.valueSize) return map.content
  const value = new Uint8Array(map.def.valueSize)
  if (map.content !== undefined) value.set(map.content.subarray(0, value.length))
  return value
}
