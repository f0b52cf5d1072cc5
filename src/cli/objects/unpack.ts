import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type * as Zlib from 'node:zlib'
import { CommandError } from '../command.ts'

/** What kernels and packages are compressed with, by how such bytes begin. */
const methods: readonly (readonly [name: 'gzip' | 'xz' | 'zstd', magic: readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
]

/** Unpacks bytes piece by piece, as long as somebody wants more. @throws CommandError where nothing here can. */
export async function* unpacked(bytes: Uint8Array, what: string): AsyncGenerator<Uint8Array> {
  const method = methods.find(([, magic]) => magic.every((byte, i) => bytes[i] === byte))?.[0]
  if (method === undefined) throw new CommandError(`${what} is compressed in a way that isn't known here`)
  const { input, output, failed, stop } = await start(method)
  const broken = new Promise<never>((_, reject) => {
    failed((why) => {
      reject(new CommandError(`can't unpack ${what}: ${why}`))
    })
  })
  broken.catch(() => undefined)
  // Who has enough stops reading: that isn't an error of the writer's.
  input.on('error', () => undefined)
  input.end(bytes)
  const pieces = (output as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await Promise.race([pieces.next(), broken])
      if (next.done === true) return
      yield next.value
    }
  } finally {
    stop()
  }
}

/** All of what bytes hold. What stands behind their end, as in kernel images, is left alone. */
export async function unpackAll(bytes: Uint8Array, what: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  try {
    for await (const piece of unpacked(bytes, what)) pieces.push(piece)
  } catch (error) {
    if (pieces.length === 0) throw error
  }
  return Buffer.concat(pieces)
}

interface Unpacker {
  input: Writable
  output: Readable
  failed(tell: (why: string) => void): void
  stop(): void
}

async function start(method: 'gzip' | 'xz' | 'zstd'): Promise<Unpacker> {
  const made = await ofNode(method)
  if (made) {
    return {
      input: made,
      output: made,
      failed: (tell) =>
        made.on('error', (error) => {
          tell(error.message)
        }),
      stop: () => made.destroy(),
    }
  }
  const child = spawn(method, ['-dc'], { stdio: ['pipe', 'pipe', 'ignore'] })
  return {
    input: child.stdin,
    output: child.stdout,
    failed: (tell) => {
      child.on('error', () => {
        tell(`it needs the command ${method}${method === 'zstd' ? ', or Node 22.15' : ''}`)
      })
    },
    stop: () => {
      child.kill()
    },
  }
}

/** Node's own: Zstandard since 22.15. */
async function ofNode(method: 'gzip' | 'xz' | 'zstd'): Promise<Zlib.Gunzip | undefined> {
  const zlib = (await import('node:zlib')) as typeof Zlib
  if (method === 'gzip') return zlib.createGunzip()
  const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Zlib.Gunzip }
  return method === 'zstd' ? createZstdDecompress?.() : undefined
}
