import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Kind, elementWords, fixedWords } from '../../src/btf/kinds.ts'

/** The BTF of all little-endian objects in a folder, fit for the kernel: data sections have sizes, nothing is extern. */
export function fixtureBtf(folder: string): Uint8Array[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.o'))
    .sort()
    .flatMap((name) => {
      const bytes = section(readFileSync(join(folder, name)), '.BTF')
      return bytes?.readUInt16LE(0) === 0xeb9f ? [fit(bytes)] : []
    })
}

function section(elf: Buffer, wanted: string): Buffer | undefined {
  if (elf[5] !== 1) return undefined
  const table = Number(elf.readBigUInt64LE(40))
  const count = elf.readUInt16LE(60)
  const header = (i: number) => elf.subarray(table + i * 64, table + i * 64 + 64)
  const content = (i: number) => {
    const [at, size] = [Number(header(i).readBigUInt64LE(24)), Number(header(i).readBigUInt64LE(32))]
    return elf.subarray(at, at + size)
  }
  const names = content(elf.readUInt16LE(62))
  for (let i = 1; i < count; i++) {
    const at = header(i).readUInt32LE(0)
    if (names.toString('latin1', at, names.indexOf(0, at)) === wanted) return Buffer.from(content(i))
  }
  return undefined
}

function fit(bytes: Buffer): Uint8Array {
  const start = bytes.readUInt32LE(4) + bytes.readUInt32LE(8)
  const end = start + bytes.readUInt32LE(12)
  for (let at = start; at < end;) {
    const info = bytes.readUInt32LE(at + 4)
    const kind = (info >>> 24) & 0x1f
    const vlen = info & 0xffff
    if (kind === Kind.FUNC && vlen === 2) bytes.writeUInt32LE(info - 1, at + 4)
    if (kind === Kind.VAR && bytes.readUInt32LE(at + 12) === 2) bytes.writeUInt32LE(1, at + 12)
    if (kind === Kind.DATASEC && bytes.readUInt32LE(at + 8) === 0) {
      let size = 0
      for (let i = 0; i < vlen; i++) {
        bytes.writeUInt32LE(size, at + 16 + i * 12)
        size += bytes.readUInt32LE(at + 20 + i * 12)
      }
      bytes.writeUInt32LE(size, at + 8)
    }
    at += 12 + 4 * ((fixedWords[kind] as number) + (elementWords[kind] as number) * vlen)
  }
  return Uint8Array.from(bytes)
}
