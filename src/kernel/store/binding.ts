import type * as Crypto from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { StateError } from './state-error.ts'

/**
 * lmdb's native part. Package `lmdb` wraps it in a database of JavaScript objects with queues, encoders and caches; to
 * load all that takes longer than most commands run. The store needs bytes and synchronous transactions only, so it
 * calls the addon itself, as lmdb's own read.js and write.js do.
 *
 * Addresses are numbers: of a C++ object, or of bytes in a buffer that must not move while it is in use.
 */
export interface Binding {
  Env: new () => Env
  Dbi: new (env: Env, flags: number, name: string | null, keyType: number) => { readonly address: number; dbi: number }
  Txn: new (env: Env, flags: number) => { readonly address: number; renew(): void; abort(): void }
  Cursor: new (dbi: object) => { readonly address: number; close(): void }
  /** Room for values that the addon makes for itself: 16 MiB, which V8 counts as its own heap. */
  readonly globalBuffer: Uint8Array<ArrayBuffer>
  /** Where values are copied to. */
  setGlobalBuffer(buffer: Uint8Array): void
  getBufferAddress(buffer: Uint8Array): number
  /** @returns bytes of the value, or -30798 (MDB_NOTFOUND) or another negative error. */
  getByBinary(dbi: number, keySize: number, ifNotTxnId: number, txn: number): number
  /** Runs one write instruction. */
  write(env: number, instruction: number): void
  /** @returns bytes of the key, 0 at the end, or a negative error. */
  position(cursor: number, flags: number, offset: number, keySize: number, endKey: number): number
  iterate(cursor: number): number
  resetTxn(txn: number): void
  /** Environments that are open in this process are listed in one place, whichever copy of the addon opened them. */
  getEnvsPointer(): number
  setEnvsPointer(pointer: number): void
}

export interface Env {
  readonly address: number
  open(options: EnvOptions, flags: number, jsFlags: number): void
  close(): void
  beginTxn(flags: number): void
  /** @returns false when nothing was changed. */
  commitTxn(): boolean
  abortTxn(): void
  /** 0 when the transaction could not begin. */
  getWriteTxnId(): number
  sync(): void
  readerCheck(): number
  info(): { lastTxnId: number; lastPageNumber: number; mapSize: number }
  stat(): { pageSize: number }
}

export interface EnvOptions {
  path: string
  /** Keys and instructions pass through here. */
  keyBytes: Uint8Array
  maxDbs: number
  maxReaders: number
  mapSize: number
  pageSize: number
}

let loaded: Binding | undefined

/** Loads the addon that package manager chose for this platform. @throws StateError when there is none. */
export function loadBinding(): Binding {
  loaded ??= load()
  return loaded
}

/** Loads modules on first use: each costs a millisecond or more of a command's start. */
function lateRequire(): NodeJS.Require {
  return createRequire((import.meta.url as string | undefined) ?? __filename)
}

/** SHA-256. */
export function digest(bytes: Uint8Array): Uint8Array {
  const { createHash } = lateRequire()('node:crypto') as typeof Crypto
  return createHash('sha256').update(bytes).digest()
}

function load(): Binding {
  const require = lateRequire()
  let last = ''
  for (const file of candidates(require)) {
    try {
      return share(require(file) as Binding)
    } catch (error) {
      // Another C library's build.
      last = ` (${(error as Error).message.split('\n')[0] ?? ''})`
    }
  }
  throw new StateError(`lmdb has no prebuilt binary for ${process.platform} ${process.arch}${last}`)
}

/**
 * Gives back the addon's own room for values, which the store doesn't use. With it V8 thinks that its heap is large and
 * collects all of it in the midst of a `prog load`. For processes that have no other user of lmdb.
 */
export function dropGlobalBuffer({ globalBuffer: { buffer } }: Binding): void {
  if (buffer.byteLength === 0) return
  const { port1 } = new MessageChannel()
  port1.postMessage(undefined, [buffer])
  port1.close()
}

/** As lmdb's open.js does, under the same name. */
function share(binding: Binding): Binding {
  const global = globalThis as { __lmdb_envs__?: number }
  if (global.__lmdb_envs__) binding.setEnvsPointer(global.__lmdb_envs__)
  else global.__lmdb_envs__ = binding.getEnvsPointer()
  return binding
}

/** Files of the platform's package that don't depend on Node's version, most likely first. */
function candidates(require: NodeJS.Require): string[] {
  const name = `@lmdb/lmdb-${process.platform}-${process.arch}`
  let folder = folderOf(require, name)
  if (!folder) {
    // Kept below lmdb itself by package managers that don't hoist.
    const lmdb = require.resolve('lmdb')
    folder = folderOf(createRequire(lmdb), name)
  }
  if (!folder) return []
  const files = readdirSync(folder).filter((file) => file.endsWith('.node') && file.includes('napi'))
  const musl = existsSync('/etc/alpine-release')
  files.sort((a, b) => Number(a.includes('musl') !== musl) - Number(b.includes('musl') !== musl))
  return files.map((file) => join(folder, file))
}

function folderOf(require: NodeJS.Require, name: string): string | undefined {
  try {
    return dirname(require.resolve(`${name}/package.json`))
  } catch {
    return undefined
  }
}
