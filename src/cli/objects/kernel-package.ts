import type { KernelSource } from '../../kernel/import.ts'
import { CommandError } from '../command.ts'
import { kernelFromImage } from './kernel-image.ts'
import { unpacked } from './unpack.ts'

/** A kernel out of a Debian or Ubuntu package, linux-image-RELEASE.deb. */

const AR_MAGIC = '!<arch>\n'
const AR_HEADER = 60
const TAR_BLOCK = 512
/** A System.map that is only a note is shorter. */
const SHORTEST_MAP = 100_000

const wanted = {
  image: /(^|\/)(boot\/vmlinuz-|lib\/modules\/[^/]+\/vmlinuz$)/,
  config: /(^|\/)(boot\/config-|lib\/modules\/[^/]+\/config$)/,
  symbols: /(^|\/)(boot\/System\.map-|lib\/modules\/[^/]+\/System\.map$)/,
} as const

/** @throws CommandError. */
export async function kernelFromPackage(bytes: Uint8Array, path: string): Promise<KernelSource> {
  const found: Partial<Record<keyof typeof wanted, Uint8Array>> = {}
  for await (const { name, content } of tarFiles(unpacked(dataOf(bytes, path), path))) {
    for (const key of ['image', 'config', 'symbols'] as const) if (wanted[key].test(name)) found[key] = content
    // What stands before the image is there, and behind it come its modules.
    if (found.image !== undefined) break
  }
  const { image, config, symbols } = found
  if (image === undefined) throw new CommandError(`${path} holds no kernel`)
  const source = await kernelFromImage(image, path)
  return { ...source, config, kallsyms: symbols && symbols.length > SHORTEST_MAP ? symbols : undefined }
}

/** data.tar of a package, which is an archive of three files. */
function dataOf(bytes: Uint8Array, path: string): Uint8Array {
  const text = (at: number, length: number) => Buffer.from(bytes.subarray(at, at + length)).toString('latin1')
  if (text(0, AR_MAGIC.length) !== AR_MAGIC) throw new CommandError(`${path} is no Debian package`)
  for (let at = AR_MAGIC.length; at + AR_HEADER <= bytes.length;) {
    const size = parseInt(text(at + 48, 10), 10)
    if (!(size >= 0)) break
    const start = at + AR_HEADER
    if (text(at, 16).startsWith('data.tar')) return bytes.subarray(start, start + size)
    at = start + size + (size & 1)
  }
  throw new CommandError(`${path} is damaged: it has no data`)
}

/** Files of a tape archive that are kernels, configs or lists of symbols; the others are passed over. */
async function* tarFiles(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<{ name: string; content: Uint8Array }> {
  let rest: Buffer = Buffer.alloc(0)
  let skip = 0
  let file: { name: string; size: number; parts: Uint8Array[]; left: number } | undefined
  for await (const piece of pieces) {
    let bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : Buffer.from(piece)
    rest = Buffer.alloc(0)
    while (bytes.length > 0) {
      if (file !== undefined) {
        const part = bytes.subarray(0, file.left)
        file.parts.push(Buffer.from(part))
        file.left -= part.length
        bytes = bytes.subarray(part.length)
        if (file.left > 0) break
        const { name, size, parts } = file
        file = undefined
        skip = -size & (TAR_BLOCK - 1)
        yield { name, content: Buffer.concat(parts) }
      } else if (skip > 0) {
        const passed = Math.min(skip, bytes.length)
        skip -= passed
        bytes = bytes.subarray(passed)
      } else if (bytes.length < TAR_BLOCK) {
        rest = bytes
        break
      } else {
        const { name, size } = tarHeader(bytes)
        bytes = bytes.subarray(TAR_BLOCK)
        if (Object.values(wanted).some((names) => names.test(name)) && size > 0)
          file = { name, size, parts: [], left: size }
        else skip = size + (-size & (TAR_BLOCK - 1))
      }
    }
  }
}

function tarHeader(block: Buffer): { name: string; size: number } {
  const text = (at: number, length: number) => block.toString('latin1', at, at + length).replace(/\0[^]*/, '')
  const prefix = text(257, 5) === 'ustar' ? text(345, 155).trim() : ''
  const size = parseInt(text(124, 12).trim(), 8)
  return { name: prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`, size: size > 0 ? size : 0 }
}
