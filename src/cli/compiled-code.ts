import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * What V8 made of the command's texts the last time, so that it needn't compile them again: most of a short command's time.
 * Node itself does the same from 22.1 on for modules that it loads (module.enableCompileCache).
 *
 * A file belongs to one command, one build and one Node. It has a word each for: magic; runs since it was written; a sum;
 * the length of the index in bytes; and then the index, JSON of names and lengths, and the parts, each at a multiple of
 * eight bytes, where V8 reads them without copying. V8 refuses what another V8 made, or the same with other flags, but
 * believes the rest: that is what the sum is for.
 */

const MAGIC = 0x42504643
const WORDS = 4
const HEADER = WORDS * 4
/** Each 64th byte's word is summed: a block that a power cut left empty or torn shows, and the sum costs little. */
const STRIDE = 16
/** Commands of one build; beyond this nothing more is kept. */
const MAX_FILES = 96
/** Builds of which something is kept, the latest ones; whoever builds this program anew all day fills no disk. */
const MAX_BUILDS = 4
const MINUTE = 60 * 1000

type Part = readonly [name: string, data: Uint8Array]

/** Scripts as the bundle's loader compiled them, by the names of their parts. */
export type Scripts = ReadonlyMap<string, { createCachedData(): Uint8Array; readonly cachedDataRejected?: boolean }>

export class CompiledCode {
  readonly #path: string
  #known: ReadonlyMap<string, Uint8Array> | undefined
  #runs = 0

  /**
   * @param folder of this build and this Node.
   * @param command a file's name.
   */
  constructor(folder: string, command: string) {
    this.#path = join(folder, command)
  }

  /** What was kept of a part. */
  get(name: string): Uint8Array | undefined {
    this.#known ??= this.#read()
    return this.#known.get(name)
  }

  /**
   * Keeps what is new. Functions are compiled when they're first called, and other runs of a command call others: so what
   * is there is made anew from time to time, ever more seldom. Whatever goes wrong, the command has done its work.
   */
  keep(scripts: Scripts): void {
    if (this.#known === undefined) return
    const known = this.#known
    const runs = this.#runs
    const grown = runs > 1 && (runs & (runs - 1)) === 0
    try {
      const complete = [...scripts].every(([name, script]) => known.has(name) && script.cachedDataRejected !== true)
      if (complete && !grown) return
      const parts = new Map(known)
      for (const [name, script] of scripts) parts.set(name, script.createCachedData())
      this.#write([...parts])
    } catch {
      // A full disk, or a folder that can't be written.
    }
  }

  #read(): ReadonlyMap<string, Uint8Array> {
    const known = new Map<string, Uint8Array>()
    let fd: number | undefined
    try {
      fd = open(this.#path)
      // Code of somebody else's is never run.
      const { uid, mode } = fstatSync(fd)
      if (process.geteuid !== undefined && (uid !== process.geteuid() || (mode & 0o022) !== 0)) return known
      const bytes = readFileSync(fd)
      const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
      const [magic, runs = 0, sum, indexSize = 0] = words
      if (magic !== MAGIC || sum !== sumOf(words)) return known
      const index = JSON.parse(bytes.toString('latin1', HEADER, HEADER + indexSize)) as [string, number][]
      let at = aligned(HEADER + indexSize)
      for (const [name, length] of index) {
        known.set(name, bytes.subarray(at, at + length))
        at = aligned(at + length)
      }
      if (at !== bytes.length) known.clear()
      this.#runs = runs + 1
      writeSync(fd, Int32Array.of(this.#runs), 0, 4, 4)
    } catch {
      // None, or none that can be read, or a folder that can't be written.
    } finally {
      if (fd !== undefined) closeSync(fd)
    }
    return known
  }

  #write(parts: readonly Part[]): void {
    const index = Buffer.from(JSON.stringify(parts.map(([name, data]) => [name, data.length])), 'latin1')
    let at = aligned(HEADER + index.length)
    const bytes = Buffer.alloc(parts.reduce((size, [, data]) => aligned(size + data.length), at))
    bytes.set(index, HEADER)
    for (const [, data] of parts) {
      bytes.set(data, at)
      at = aligned(at + data.length)
    }
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
    words.set([MAGIC, this.#runs, 0, index.length])
    words[2] = sumOf(words)
    const folder = dirname(this.#path)
    makeFolder(folder)
    const next = `${this.#path}.${process.pid}`
    try {
      writeFileSync(next, bytes, { mode: 0o600 })
      renameSync(next, this.#path)
    } catch (error) {
      rmSync(next, { force: true })
      throw error
    }
  }
}

/** For the count of runs too, where that is allowed. @throws Error where there is no such file. */
function open(path: string): number {
  try {
    return openSync(path, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error
    return openSync(path, 'r')
  }
}

const aligned = (size: number): number => (size + 7) & ~7

/** Of all but the count of runs, which changes in place, and the sum itself. */
function sumOf(words: Int32Array): number {
  let sum = words.length | 0
  for (let i = WORDS - 1; i < words.length; i += STRIDE) sum = (Math.imul(sum, 31) + (words[i] as number)) | 0
  return sum
}

/** A build's folder; only the latest builds keep theirs. @throws Error where it is full. */
function makeFolder(folder: string): void {
  if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) {
    removeAll(byAge(dirname(folder)).slice(0, -MAX_BUILDS))
    return
  }
  if (readdirSync(folder).length < MAX_FILES) return
  // What killed processes left, if anything.
  removeAll(byAge(folder).filter(({ path, time }) => /\.\d+$/.test(path) && Date.now() - time > MINUTE))
  if (readdirSync(folder).length >= MAX_FILES) throw new Error('full')
}

/** What's in a folder, and when it was last written to; the oldest first. */
function byAge(folder: string): { path: string; time: number }[] {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .map((path) => ({ path, time: statSync(path).mtimeMs }))
    .sort((one, other) => one.time - other.time)
}

function removeAll(entries: readonly { path: string }[]): void {
  for (const { path } of entries) rmSync(path, { recursive: true, force: true })
}
