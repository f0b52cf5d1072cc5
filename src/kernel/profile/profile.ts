import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type * as Zlib from 'node:zlib'
import { packageRoot } from './package-root.ts'

/**
 * What one kernel is: recorded by scripts/profile.mjs from a real boot of it, kept in profiles/NAME. Its parts are
 * unpacked when they are asked for, once.
 */
export interface Profile {
  readonly name: string
  /** uname -r, -v and -m. */
  readonly release: string
  readonly version: string
  readonly machine: string
  readonly vmlinuxBtfSize: number
  /** /boot/config-RELEASE. */
  config(): Uint8Array
  /** A sysctl's value by its name with dots, or undefined where the kernel has none. */
  sysctl(name: string): string | undefined
  /** /sys/kernel/btf/vmlinux. */
  vmlinuxBtf(): Uint8Array
  /** A kernel symbol's address, or undefined. */
  symbol(name: string): bigint | undefined
  /** /proc/kallsyms as root sees it. */
  kallsyms(): string
}

interface Meta {
  release: string
  version: string
  machine: string
  vmlinuxBtfSize: number
}

const profiles = new Map<string, Profile>()

/** A kernel's profile. @throws Error when there is none of that name: see `hasProfile`. */
export function loadProfile(name: string): Profile {
  let profile = profiles.get(name)
  if (!profile) {
    if (!hasProfile(name)) throw new Error(`there is no kernel "${name}"`)
    profile = new RecordedProfile(name, folderOf(name))
    profiles.set(name, profile)
  }
  return profile
}

export function hasProfile(name: string): boolean {
  return /^[\w.-]+$/.test(name) && existsSync(join(folderOf(name), 'meta.json'))
}

function folderOf(name: string): string {
  return join(packageRoot(), 'profiles', name)
}

class RecordedProfile implements Profile {
  readonly name: string
  readonly release: string
  readonly version: string
  readonly machine: string
  readonly vmlinuxBtfSize: number
  readonly #folder: string
  readonly #parts = new Map<string, Uint8Array>()
  #sysctls: ReadonlyMap<string, string> | undefined
  readonly #symbols = new Map<string, ReadonlyMap<string, bigint>>()

  constructor(name: string, folder: string) {
    const meta = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as Meta
    this.name = name
    this.#folder = folder
    this.release = meta.release
    this.version = meta.version
    this.machine = meta.machine
    this.vmlinuxBtfSize = meta.vmlinuxBtfSize
  }

  config(): Uint8Array {
    return this.#part('config')
  }

  sysctl(name: string): string | undefined {
    this.#sysctls ??= new Map(
      this.#text('sysctl')
        .split('\n')
        .map((line) => {
          const [key, ...value] = line.split(' = ')
          return [key as string, value.join(' = ')]
        }),
    )
    return this.#sysctls.get(name)
  }

  vmlinuxBtf(): Uint8Array {
    return this.#part('vmlinux.btf')
  }

  symbol(name: string): bigint | undefined {
    return this.#addresses('symbols').get(name) ?? this.#addresses('kallsyms').get(name)
  }

  kallsyms(): string {
    return this.#text('kallsyms')
  }

  /** The first of several symbols of a name counts (kallsyms_lookup_name). */
  #addresses(part: string): ReadonlyMap<string, bigint> {
    let addresses = this.#symbols.get(part)
    if (!addresses) {
      const map = new Map<string, bigint>()
      for (const line of this.#text(part).split('\n')) {
        const symbol = line.slice(19)
        if (!map.has(symbol)) map.set(symbol, BigInt(`0x${line.slice(0, 16) || '0'}`))
      }
      map.delete('')
      this.#symbols.set(part, map)
      addresses = map
    }
    return addresses
  }

  #text(part: string): string {
    return Buffer.from(this.#part(part)).toString('latin1')
  }

  #part(part: string): Uint8Array {
    let bytes = this.#parts.get(part)
    if (!bytes) {
      bytes = unpack(readFileSync(join(this.#folder, `${part}.br`)))
      this.#parts.set(part, bytes)
    }
    return bytes
  }
}

/** zlib costs more than most commands need, so it's loaded here. */
function unpack(bytes: Uint8Array): Uint8Array {
  const require = createRequire(join(packageRoot(), 'package.json'))
  return (require('node:zlib') as typeof Zlib).brotliDecompressSync(bytes)
}
