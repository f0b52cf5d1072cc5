import { KernelError } from '../kernel/error.ts'
import { LibbpfError } from '../libbpf/error.ts'
import { InternalMap } from '../libbpf/model.ts'
import { Log } from '../libbpf/log.ts'
import { loadObject } from '../libbpf/load.ts'
import { pinMaps, pinPrograms } from '../libbpf/pin.ts'
import { progTypeBySection } from '../libbpf/sections.ts'
import { reuseMapFd } from '../libbpf/reuse.ts'
import { Btf } from '../btf/btf.ts'
import { mapTypeName } from '../uapi/map-type.ts'
import { progTypeName } from '../uapi/prog-type.ts'
import { attempt } from './attempt.ts'
import { LoadError } from './error.ts'
import { BpfMap } from './map.ts'
import { BpfProgram } from './program.ts'
import { Codecs, decode, encode } from './codec.ts'
import type { BpfMap as FileMap, BpfObject as FileObject } from '../libbpf/model.ts'
import type { Host } from './host.ts'
import type { MapHandle } from './map.ts'
import type { Value } from './value.ts'
import type { Variable } from './codec.ts'

/** What is set before an object is loaded. */
export interface LoadOptions {
  /** First values of global variables, constant ones among them. */
  globals?: Readonly<Record<string, unknown>>
  /** Maps that take the place of the object's own, or how many elements its own have room for. */
  maps?: Readonly<Record<string, MapHandle | { maxEntries: number }>>
  /** The programs to load; all that the object does not switch off unless given. */
  programs?: readonly string[]
  /** Types of programs, where a section's name does not tell: as in `bpftool prog load ... type`. */
  types?: Readonly<Record<string, string>>
}

/** A program of an object that is not loaded. */
export interface ObjectProgram {
  readonly name: string
  readonly section: string
  /** As bpftool has it; `unspec` where the section's name does not tell. */
  readonly type: string
}

/** A map of an object that is not loaded. */
export interface ObjectMap {
  readonly name: string
  readonly type: string
  readonly keySize: number
  readonly valueSize: number
  readonly maxEntries: number
}

/** The programs and maps of a loaded object, where a test wants its own names for them. */
export interface ObjectShape {
  programs?: Record<string, BpfProgram>
  maps?: Record<string, unknown>
  globals?: Record<string, unknown>
}

type Programs<S extends ObjectShape> = S extends { programs: infer P } ? P : Record<string, BpfProgram>
type Maps<S extends ObjectShape> = S extends { maps: infer M } ? M : Record<string, BpfMap>
type Globals<S extends ObjectShape> = S extends { globals: infer G } ? G : Record<string, Value>

/** The name that a program's source, or its section, gives a map. */
const nameOf = (map: FileMap): string => (map.isInternal ? (map.realName ?? map.name) : map.name)

/** @internal What libbpf says, kept for errors and handed on. */
export class Messages {
  readonly lines: string[] = []
  readonly #log: ((text: string) => void) | undefined

  constructor(log: ((text: string) => void) | undefined) {
    this.#log = log
  }

  /** libbpf_set_print's callback. */
  readonly print = (level: 'warn' | 'info' | 'debug', text: string): void => {
    if (level === 'warn') this.lines.push(text.replace(/^libbpf: /, '').trimEnd())
    this.#log?.(text)
  }

  /** Runs a step of libbpf's. @throws LoadError. */
  run<T>(what: string, step: () => T): T {
    try {
      return step()
    } catch (error) {
      if (error instanceof LibbpfError) throw new LoadError(error.errno, what, this.lines, error.refused)
      if (error instanceof KernelError) throw new LoadError(error.errno, what, this.lines)
      throw error
    }
  }
}

/** An object file that was read and can be loaded, once. */
export class ObjectFile {
  readonly name: string
  readonly license: string
  readonly programs: readonly ObjectProgram[]
  readonly maps: readonly ObjectMap[]
  readonly #host: Host
  readonly #file: FileObject
  readonly #messages: Messages

  /** @internal */
  constructor(host: Host, file: FileObject, messages: Messages) {
    this.#host = host
    this.#file = file
    this.#messages = messages
    this.name = file.name
    this.license = file.license
    this.programs = [...file.entryPrograms()].map(({ name, sectionName, type }) => ({
      name,
      section: sectionName,
      type: progTypeName(type) ?? `type ${type}`,
    }))
    this.maps = file.maps.map((map) => ({
      name: nameOf(map),
      type: mapTypeName(map.def.type) ?? `type ${map.def.type}`,
      keySize: map.def.keySize,
      valueSize: map.def.valueSize,
      maxEntries: map.def.maxEntries,
    }))
  }

  /** Creates the object's maps and loads its programs: all of them or, when something is refused, nothing. @throws LoadError. */
  load<S extends ObjectShape = ObjectShape>(options: LoadOptions = {}): BpfObject<S> {
    const what = `load ${this.name}`
    this.#setPrograms(options)
    this.#setMaps(options)
    this.#setGlobals(options.globals ?? {})
    this.#messages.run(what, () => {
      loadObject(this.#file, this.#host.system)
    })
    return new BpfObject<S>(this.#host, this.#file)
  }

  #setPrograms({ programs, types }: LoadOptions): void {
    const all = [...this.#file.entryPrograms()]
    const named = new Set([...(programs ?? []), ...Object.keys(types ?? {})])
    for (const name of named) find(`${this.name}: program`, all, name, (each) => each.name)
    for (const prog of all) {
      if (programs !== undefined) prog.autoload = programs.includes(prog.name)
      const type = types?.[prog.name]
      if (type === undefined) continue
      const kind = this.#messages.run(`${this.name}: type ${type}`, () => sectionKind(type))
      if (prog.type !== kind.progType) prog.secDef = undefined
      prog.type = kind.progType
      prog.expectedAttachType = kind.expectedAttachType
    }
  }

  #setMaps({ maps = {} }: LoadOptions): void {
    for (const [name, wanted] of Object.entries(maps)) {
      const map = find(`${this.name}: map`, this.#file.maps, name, nameOf)
      if ('maxEntries' in wanted) {
        map.def.maxEntries = wanted.maxEntries
        continue
      }
      const { system } = this.#host
      attempt(`${this.name}: map ${name}`, () => {
        reuseMapFd(system, map, system.bpf.getFdById('map', wanted.id))
      })
    }
  }

  #setGlobals(globals: Readonly<Record<string, unknown>>): void {
    const names = Object.entries(globals)
    if (names.length === 0) return
    const { btf, maps } = this.#file
    const codecs = btf && new Codecs(Btf.parse(btf.rawData()))
    const places = maps.flatMap((map) =>
      hasGlobals(map) && codecs !== undefined
        ? codecs.variables(map.btfValueTypeId).map((variable) => ({ map, variable }))
        : [],
    )
    for (const [name, value] of names) {
      const { map, variable } = find(`${this.name}: global variable`, places, name, (each) => each.variable.name)
      const content = new Uint8Array(map.def.valueSize)
      if (map.content !== undefined) content.set(map.content.subarray(0, content.length))
      content.set(encode(variable.codec, value, `${this.name}: ${name}`), variable.at)
      map.content = content
    }
  }
}

function sectionKind(type: string): ReturnType<typeof progTypeBySection> {
  const log = new Log(() => undefined, false)
  try {
    return progTypeBySection(type, log)
  } catch (error) {
    if (!(error instanceof LibbpfError)) throw error
    return progTypeBySection(`${type}/`, log)
  }
}

function hasGlobals(map: FileMap): boolean {
  return map.internal === InternalMap.DATA || map.internal === InternalMap.BSS || map.internal === InternalMap.RODATA
}

/** @throws TypeError that lists what there is. */
function find<T>(what: string, list: readonly T[], name: string, nameOf: (each: T) => string): T {
  const found = list.find((each) => nameOf(each) === name)
  if (found === undefined)
    throw new TypeError(`no ${what} '${name}': there is ${list.map(nameOf).join(', ') || 'none'}`)
  return found
}

/** A loaded object. */
export class BpfObject<S extends ObjectShape = ObjectShape> {
  readonly name: string
  /** By name. */
  readonly programs: Programs<S>
  /** By name; those of global data by their section, such as `.bss`. */
  readonly maps: Maps<S>
  /** Global variables, read and written where the programs have them. Constant ones can't be set any more. */
  readonly globals: Globals<S>
  readonly #host: Host
  readonly #file: FileObject
  readonly #all: { readonly programs: ReadonlyMap<string, BpfProgram>; readonly maps: ReadonlyMap<string, BpfMap> }

  /** @internal */
  constructor(host: Host, file: FileObject) {
    this.name = file.name
    this.#host = host
    this.#file = file
    const programs = [...file.entryPrograms()].filter(({ fd }) => fd >= 0)
    const maps = file.maps.filter(({ fd }) => fd >= 0)
    this.#all = {
      programs: new Map(programs.map(({ name, fd }) => [name, new BpfProgram(host, fd, name)])),
      maps: new Map(maps.map((map) => [nameOf(map), new BpfMap(host, map.fd)])),
    }
    this.programs = Object.fromEntries(this.#all.programs) as Programs<S>
    this.maps = Object.fromEntries(this.#all.maps) as Maps<S>
    this.globals = this.#globals() as Globals<S>
  }

  /** A program by name. @throws TypeError that lists those that there are. */
  program(name: string): BpfProgram {
    return find(`${this.name}: program`, [...this.#all.programs.values()], name, (each) => each.name)
  }

  /** A map by name. @throws TypeError that lists those that there are. */
  map<K = Value, V = Value>(name: string): BpfMap<K, V> {
    const [, map] = find(`${this.name}: map`, [...this.#all.maps], name, ([each]) => each)
    return map as unknown as BpfMap<K, V>
  }

  /** Pins all programs, each under its own name, in a directory of bpffs; `maps` does the same for the maps. */
  pin(directory: string, { maps }: { maps?: string } = {}): void {
    const { system } = this.#host
    attempt(`${this.name}: pin in ${directory}`, () => {
      system.atomically(() => {
        pinPrograms(this.#file, system, directory)
        if (maps !== undefined) pinMaps(this.#file, system, maps)
      })
    })
  }

  /** Lets go of all programs and maps; what nothing else holds is gone. */
  close(): void {
    for (const each of [...this.#all.programs.values(), ...this.#all.maps.values()]) each.close()
    if (this.#file.btfFd >= 0 && !this.#host.closed) this.#host.system.close(this.#file.btfFd)
    this.#file.btfFd = -1
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #globals(): object {
    const globals = {}
    for (const map of this.#file.maps) {
      const handle = this.#all.maps.get(nameOf(map))
      if (!hasGlobals(map) || handle === undefined) continue
      for (const variable of this.#variables(map)) {
        Object.defineProperty(globals, variable.name, {
          enumerable: true,
          configurable: true,
          get: () => readGlobal(handle, variable),
          set: (value: unknown) => {
            writeGlobal(handle, variable, value)
          },
        })
      }
    }
    return globals
  }

  #variables(map: FileMap): Variable[] {
    const { bpf } = this.#host.system
    const { btfId, btfValueTypeId } = bpf.mapInfo(map.fd)
    return btfId === 0 ? [] : this.#host.codecs(btfId).variables(btfValueTypeId)
  }
}

const first = new Uint8Array(4)

function section(map: BpfMap): Uint8Array {
  return map.bytes.get(first) ?? new Uint8Array(map.info.valueSize)
}

function readGlobal(map: BpfMap, { at, codec }: Variable): Value {
  return decode(codec, section(map).subarray(at, at + codec.size))
}

function writeGlobal(map: BpfMap, { name, at, codec }: Variable, value: unknown): void {
  const bytes = section(map)
  bytes.set(encode(codec, value, name), at)
  map.bytes.set(first, bytes)
}
