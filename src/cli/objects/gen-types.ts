import { Btf, Kind } from '../../btf/btf.ts'
import { withoutBtf } from '../../libbpf/create-maps.ts'
import { InternalMap } from '../../libbpf/model.ts'
import { holdsIds, indexed, perCpu } from '../../library/map-kinds.ts'
import { TypeScript, comment, property } from '../../library/typescript.ts'
import { closeObject } from './object-file.ts'
import { sectionIdent } from './gen-names.ts'
import { openBytes, readObjectBytes } from './gen-open.ts'
import type { BpfMap, BpfObject } from '../../libbpf/model.ts'
import type { Command } from '../command.ts'

/** Names that the text has for itself. */
const taken = [
  ...['Programs', 'Maps', 'Globals', 'Shape', 'Skeleton', 'BpfMap', 'BpfObject', 'BpfProgram', 'Kernel', 'LoadOptions'],
  ...['ObjectSource', 'OpenOptions', 'Array', 'BigInt', 'DataView', 'Number', 'Object', 'Reflect', 'TextDecoder'],
  'Uint8Array',
]

/**
 * `gen types`: TypeScript that knows an object's programs, maps, global variables and structures, for programs that use
 * this package as a library.
 */
export function printTypes(cmd: Command, file: string, name: string): number {
  const obj = openBytes(cmd, readObjectBytes(cmd, file), name)
  try {
    cmd.out(typesOf(obj, name))
  } finally {
    closeObject(cmd, obj)
  }
  return 0
}

/** A section of global data: what it's called in the skeleton, and its variables. */
interface Section {
  ident: string
  variables: { name: string; type: string }[]
}

function typesOf(obj: BpfObject, name: string): string {
  const btf = obj.btf && Btf.parse(obj.btf.rawData())
  const sectionNames = new Map(obj.maps.filter(isGlobals).map((map) => [map, sectionOf(map)]))
  const types = btf && new TypeScript(btf, [...taken, ...[...sectionNames.values()].map(capital)])
  const maps = obj.maps
    .filter((map) => !map.isInternal)
    .map((map) => `  ${property(map.name)}: ${mapType(map, types)}\n`)
  const sections = [...sectionNames].map(([map, ident]) => ({ ident, variables: variablesOf(map, btf, types) }))
  for (const id of btf === undefined ? [] : structuresOf(obj, btf)) types?.typeOf(id)
  const programs = [...obj.entryPrograms()].map((program) => `  ${property(program.name)}: BpfProgram\n`)
  const used = ['BpfMap', 'BpfObject', 'BpfProgram', 'Kernel', 'LoadOptions', 'ObjectSource', 'OpenOptions']
    .filter((each) => (each !== 'BpfMap' || maps.length > 0) && (each !== 'BpfProgram' || programs.length > 0))
    .join(', ')
  const parts = [
    `// What ${comment(name)} holds, for TypeScript. Made by "bpftool gen types": make it anew rather than change it.\n` +
      `import type { ${used} } from 'bpftool-sim'\n`,
    types?.declarations ?? '',
    `export type Programs = {\n${programs.join('')}}\n`,
    `export type Maps = {\n${maps.join('')}}\n`,
    ...sections.map(sectionType),
    `/** All global variables, of whatever section. */\nexport type Globals = ${
      sections.map(({ ident }) => capital(ident)).join(' & ') || 'Record<never, never>'
    }\n`,
    `/** For \`kernel.load<Shape>(file)\`. */\nexport type Shape = { programs: Programs; maps: Maps; globals: Globals }\n`,
    skeletonText(sections),
    types?.readers ?? '',
  ]
  return parts.filter((part) => part !== '').join('\n')
}

function isGlobals(map: BpfMap): boolean {
  return map.internal === InternalMap.DATA || map.internal === InternalMap.BSS || map.internal === InternalMap.RODATA
}

/** `bss`, `data`, `rodata_str1_1`: as the C skeleton calls them. */
function sectionOf(map: BpfMap): string {
  return sectionIdent(map.realName ?? '') ?? 'data'
}

function capital(ident: string): string {
  return ident.charAt(0).toUpperCase() + ident.slice(1)
}

function sectionType({ ident, variables }: Section): string {
  const lines = variables.map(({ name, type }) => `  ${property(name)}: ${type}\n`)
  return `export type ${capital(ident)} = {\n${lines.join('')}}\n`
}

function variablesOf(map: BpfMap, btf: Btf | undefined, types: TypeScript | undefined): Section['variables'] {
  const section = map.btfValueTypeId
  if (btf === undefined || types === undefined || section === 0 || btf.kind(section) !== Kind.DATASEC) return []
  const found = new Map<string, string>()
  for (let i = 0; i < btf.vlen(section); i++) {
    const id = btf.secVarType(section, i)
    found.set(btf.name(id), types.typeOf(id) ?? 'Uint8Array')
  }
  return [...found].map(([name, type]) => ({ name, type }))
}

/** BpfMap of what its keys and values are once they're read. */
function mapType(map: BpfMap, types: TypeScript | undefined): string {
  const { type } = map.def
  if (map.isStructOps) return 'BpfMap'
  const typed = (id: number) => (withoutBtf.has(type) || id === 0 ? undefined : types?.typeOf(id))
  const key = typed(map.btfKeyTypeId) ?? (indexed.has(type) ? 'number' : 'Uint8Array')
  const value = holdsIds.has(type) ? 'number' : (typed(map.btfValueTypeId) ?? 'Uint8Array')
  return `BpfMap<${key}, ${perCpu.has(type) ? `(${value})[]` : value}>`
}

/** Named structures that may be events: all but the kernel's, which relocations tell of. */
function structuresOf(obj: BpfObject, btf: Btf): number[] {
  const kernels = new Set<number>()
  for (const { records, count } of obj.btfExt?.coreRelo.sections ?? []) {
    const view = new DataView(records.buffer, records.byteOffset, records.byteLength)
    const step = obj.btfExt?.coreRelo.recordSize ?? 0
    for (let i = 0; i < count; i++) kernels.add(btf.skipModsAndTypedefs(view.getUint32(i * step + 4, true)))
  }
  const found: number[] = []
  for (let id = 1; id < btf.typeCount; id++) {
    const kind = btf.kind(id)
    if ((kind !== Kind.STRUCT && kind !== Kind.UNION) || btf.name(id) === '' || kernels.has(id)) continue
    if (btf.vlen(id) > 0) found.push(id)
  }
  return found
}

function skeletonText(sections: readonly Section[]): string {
  const line = (text: (section: Section) => string) => sections.map(text).join('')
  return `/** The loaded object, and its programs, maps and global variables by their sections. */
export interface Skeleton {
  object: BpfObject<Shape>
  programs: Programs
  maps: Maps
${line(({ ident }) => `  ${ident}: ${capital(ident)}\n`)}}

export function load(kernel: Kernel, source: ObjectSource, options: OpenOptions & LoadOptions = {}): Skeleton {
  return skeleton(kernel.load<Shape>(source, options))
}

export function skeleton(object: BpfObject<Shape>): Skeleton {
  return {
    object,
    programs: object.programs,
    maps: object.maps,
${line(({ ident, variables }) => `    ${ident}: section<${capital(ident)}>(object.globals, [${names(variables)}]),\n`)}  }
}
${
  sections.length === 0
    ? ''
    : `
/** Some of the global variables, read and written in place. */
function section<T extends object>(globals: object, names: readonly (string & keyof T)[]): T {
  const found = {}
  for (const name of names) {
    Object.defineProperty(found, name, {
      enumerable: true,
      get: (): unknown => Reflect.get(globals, name),
      set: (value: unknown) => Reflect.set(globals, name, value),
    })
  }
  return found as T
}
`
}`
}

function names(variables: Section['variables']): string {
  return variables.map(({ name }) => `'${name.replaceAll(/['\\]/g, '\\$&')}'`).join(', ')
}
