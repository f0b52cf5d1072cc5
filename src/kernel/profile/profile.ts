import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Btf, Kind } from '../../btf/btf.ts'
import type * as Zlib from 'node:zlib'
import type { Place } from '../btf/members.ts'
import { findKernel } from './folders.ts'
import type { KernelPlace } from './folders.ts'
import type { ProfileMeta } from './meta.ts'
import { readMeta } from './meta.ts'
import { isAsked } from './asked-symbols.ts'
import { lateRequire } from './package-root.ts'
import { linuxVersion } from './release.ts'

/**
 * What one kernel is: recorded from a real boot of it (pack.ts), in a folder of its own. Its parts are unpacked when they
 * are asked for, once.
 */
export interface Profile {
  readonly name: string
  /** uname -r, -v and -m. */
  readonly release: string
  readonly version: string
  readonly machine: string
  /** The version of Linux that it's built from, such as `6.1.176`. */
  readonly linux: string
  readonly vmlinuxBtfSize: number
  /** CPUs that it could have where it was imported from. */
  readonly cpus: number | undefined
  /** What wasn't told when it was imported, and is another kernel's: parts, or `release`. */
  readonly borrowed: readonly string[]
  /** Of a version between two recorded ones: the nearest older one, whose types, symbols, config and sysctls it has. */
  readonly nearest: string | undefined
  /** /boot/config-RELEASE. */
  config(): Uint8Array
  /** A build option's value, such as `y` of CONFIG_BPF_LSM; undefined where it is not set. */
  option(name: string): string | undefined
  /** A sysctl's value by its name with dots, or undefined where the kernel has none. */
  sysctl(name: string): string | undefined
  /** All of them, as `sysctl -a` prints them. */
  sysctls(): Uint8Array
  /** /sys/kernel/btf/vmlinux. */
  vmlinuxBtf(): Uint8Array
  /** Its first bytes, some thousands of them: unpacking all takes fifty times as long. */
  vmlinuxBtfStart(): Uint8Array
  /** A kernel symbol's address, or undefined. */
  symbol(name: string): bigint | undefined
  /** /proc/kallsyms as root sees it. */
  kallsyms(): string
  /** sizeof(struct NAME) in this kernel, 0 where it has no such struct. */
  structSize(name: string): number
  /** Where a member of a struct is, `sk_buff.dev`; undefined for those that only the BTF tells. */
  member(path: string): Place | undefined
}

/** Bytes of the packed vmlinux.btf that are enough for its first types. */
const PACKED_START = 16384

const profiles = new Map<string, Profile>()

/**
 * A kernel's profile, from the package or from the folder of imported ones.
 *
 * @throws Error when there is none of that name: see `findKernel`.
 */
export function loadProfile(name: string, imported?: string): Profile {
  const place = findKernel(name, imported)
  if (place === undefined) throw new Error(`there is no kernel "${name}"`)
  const key = join(place.folder, name)
  let profile = profiles.get(key)
  if (!profile) {
    profile = new RecordedProfile(name, place)
    profiles.set(key, profile)
  }
  return profile
}

/** Another kernel is in a folder now: it's read anew when it's loaded next. */
export function forgetProfile(folder: string): void {
  profiles.delete(join(folder, basename(folder)))
}

class RecordedProfile implements Profile {
  readonly name: string
  readonly release: string
  readonly version: string
  readonly machine: string
  readonly linux: string
  readonly vmlinuxBtfSize: number
  readonly cpus: number | undefined
  readonly borrowed: readonly string[]
  readonly nearest: string | undefined
  readonly #folder: string
  readonly #parts = new Map<string, Uint8Array>()
  readonly #structSizes: Map<string, number>
  readonly #members: Readonly<Record<string, readonly [offset: number, size: number]>>
  readonly #options = new Map<string, string | undefined>()
  readonly #texts = new Map<string, string>()
  #start: Uint8Array | undefined
  readonly #searched = new Map<string, bigint | undefined>()

  constructor(name: string, { folder, nearest }: KernelPlace) {
    const meta: ProfileMeta = readMeta(folder)
    this.name = name
    this.#folder = folder
    this.nearest = nearest
    this.release = nearest === undefined ? meta.release : `${name}.0`
    this.version = nearest === undefined ? meta.version : '#1 SMP'
    this.machine = meta.machine
    this.linux = linuxVersion(this.release, this.version)
    this.vmlinuxBtfSize = meta.vmlinuxBtfSize
    this.cpus = meta.cpus
    this.borrowed = meta.borrowed ?? []
    this.#structSizes = new Map(Object.entries(meta.structSizes ?? {}))
    this.#members = meta.members ?? {}
  }

  config(): Uint8Array {
    return this.#part('config')
  }

  option(name: string): string | undefined {
    if (!this.#options.has(name)) this.#options.set(name, this.#findOption(name))
    return this.#options.get(name)
  }

  #findOption(name: string): string | undefined {
    return this.#find('config', `\n${name}=`)
  }

  sysctl(name: string): string | undefined {
    return this.#find('sysctl', `\n${name} = `)
  }

  sysctls(): Uint8Array {
    return this.#part('sysctl')
  }

  vmlinuxBtf(): Uint8Array {
    return this.#part('vmlinux.btf')
  }

  vmlinuxBtfStart(): Uint8Array {
    this.#start ??= unpackStart(readStart(join(this.#folder, 'vmlinux.btf.br'), PACKED_START))
    return this.#start
  }

  symbol(name: string): bigint | undefined {
    if (!this.#searched.has(name)) this.#searched.set(name, this.#search(name))
    return this.#searched.get(name)
  }

  kallsyms(): string {
    return this.#text('kallsyms')
  }

  member(path: string): Place | undefined {
    const place = this.#members[path]
    return place && { offset: place[0], size: place[1] }
  }

  structSize(name: string): number {
    let size = this.#structSizes.get(name)
    if (size === undefined) {
      const btf = Btf.parse(this.vmlinuxBtf())
      const id = btf.findByNameKind(name, Kind.STRUCT)
      size = id === undefined ? 0 : btf.size(id)
      this.#structSizes.set(name, size)
    }
    return size
  }

  #search(name: string): bigint | undefined {
    const address = this.#address('symbols', name)
    if (address !== undefined || (isAsked(name) && this.#knowsAsked())) return address
    return this.#address('kallsyms', name)
  }

  /** Kernels that earlier versions imported have some of what is asked for only. */
  #knowsAsked(): boolean {
    return existsSync(join(this.#folder, 'symbols'))
  }

  /** What follows some text, to the end of the line. A few searches cost less than taking the file apart. */
  #find(part: string, what: string): string | undefined {
    let text = this.#texts.get(part)
    if (text === undefined) this.#texts.set(part, (text = `\n${this.#text(part)}`))
    const at = text.indexOf(what)
    if (at < 0) return undefined
    const start = at + what.length
    const end = text.indexOf('\n', start)
    return text.slice(start, end < 0 ? undefined : end)
  }

  /** The first of several symbols of a name counts (kallsyms_lookup_name). */
  #address(part: string, name: string): bigint | undefined {
    const bytes = this.#part(part)
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const at = text.indexOf(` ${name}\n`, 0, 'latin1')
    if (at < 18 || name === '') return undefined
    return BigInt(`0x${text.toString('latin1', at - 18, at - 2)}`)
  }

  #text(part: string): string {
    const { buffer, byteOffset, byteLength } = this.#part(part)
    return Buffer.from(buffer, byteOffset, byteLength).toString('latin1')
  }

  #part(part: string): Uint8Array {
    let bytes = this.#parts.get(part)
    if (!bytes) {
      bytes = readPart(join(this.#folder, part))
      this.#parts.set(part, bytes)
    }
    return bytes
  }
}

function readStart(path: string, length: number): Uint8Array {
  const file = openSync(path, 'r')
  try {
    const bytes = new Uint8Array(length)
    return bytes.subarray(0, readSync(file, bytes))
  } finally {
    closeSync(file)
  }
}

/** What the first bytes of a packed file hold. */
function unpackStart(bytes: Uint8Array): Uint8Array {
  const { brotliDecompressSync, constants } = lateRequire('node:zlib') as typeof Zlib
  return brotliDecompressSync(bytes, { finishFlush: constants.BROTLI_OPERATION_FLUSH })
}

/** A part stands as it is, or packed: all of them are in kernels that were imported by earlier versions. */
function readPart(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return unpack(readFileSync(`${path}.br`))
  }
}

function unpack(bytes: Uint8Array): Uint8Array {
  return (lateRequire('node:zlib') as typeof Zlib).brotliDecompressSync(bytes)
}
