// Type ids of the kernel that answers are recorded from: its profile has its types.
import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'

const bytes = brotliDecompressSync(readFileSync(new URL('../../../profiles/6.18/vmlinux.btf.br', import.meta.url)))
const word = (at) => bytes.readUInt32LE(at)
/** Bytes behind struct btf_type, by kind. */
const extra = { 1: () => 4, 3: () => 12, 4: (n) => n * 12, 5: (n) => n * 12, 6: (n) => n * 8, 13: (n) => n * 8 }
Object.assign(extra, { 14: () => 4, 15: (n) => n * 12, 17: () => 4, 19: (n) => n * 12 })

/** Structs by name: id, size, and members by name with their number and offset. */
export const structs = new Map()
const strings = word(4) + word(16)
let id = 0
for (let at = word(4) + word(8), end = at + word(12); at < end;) {
  id++
  const info = word(at + 4)
  const name = strings + word(at)
  if (((info >>> 24) & 0x1f) === 4) {
    const members = new Map()
    for (let i = 0; i < (info & 0xffff); i++) {
      const member = strings + word(at + 12 + i * 12)
      const offset = (word(at + 20 + i * 12) & 0xffffff) / 8
      members.set(bytes.toString('latin1', member, bytes.indexOf(0, member)), { i, offset })
    }
    structs.set(bytes.toString('latin1', name, bytes.indexOf(0, name)), { id, size: word(at + 8), members })
  }
  at += 12 + (extra[(info >>> 24) & 0x1f]?.(info & 0xffff) ?? 0)
}
