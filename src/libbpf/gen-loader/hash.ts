import { createHash } from 'node:crypto'
import { Class, Jmp, Source } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { PseudoLdImm64 } from '../../uapi/flags.ts'
import { Reg } from './writer.ts'
import type { LoaderWriter } from './writer.ts'

/** SHA-256's digest in words of 64 bits. */
const DIGEST_WORDS = 4
/** What comes behind the digest in struct bpf_map: whether only one program may use the map. */
const EXCLUSIVE_AT = 32

/**
 * A signed loader is only as good as the data that it works on: the program compares the map's SHA-256, which the kernel
 * keeps at the head of struct bpf_map, with what it was when the program was made.
 */
export class DataHash {
  readonly #gen: LoaderWriter
  readonly #places: number[] = []

  constructor(gen: LoaderWriter) {
    this.#gen = gen
  }

  /** emit_signature_match: the map must be this program's alone; the digest itself comes when all is written. */
  emitCheck(): void {
    const gen = this.#gen
    gen.loadImm64(Reg.R1, PseudoLdImm64.MAP_IDX, 0, 0)
    gen.load(4, Reg.R2, Reg.R1, EXCLUSIVE_AT)
    this.#unless(Class.JMP | Jmp.JNE, Reg.R2, 0, 1)
    for (let i = 0; i < DIGEST_WORDS; i++) {
      gen.loadImm64(Reg.R1, PseudoLdImm64.MAP_IDX, 0, 0)
      gen.load(8, Reg.R2, Reg.R1, i * 8)
      this.#places.push(gen.insns.length)
      gen.loadImm64(Reg.R3, 0, 0, 0)
      this.#unless(Class.JMP | Jmp.JNE | Source.X, Reg.R2, Reg.R3, 0)
    }
  }

  /** To the cleanup with EINVAL when the jump is taken. */
  #unless(code: number, dst: number, src: number, imm: number): void {
    const gen = this.#gen
    gen.movImm(Reg.RESULT, -Errno.EINVAL)
    const off = gen.toCleanup()
    if (off !== undefined) gen.emit(code, dst, src, off, imm)
  }

  /** compute_sha_update_offsets. */
  fill(): void {
    const gen = this.#gen
    if (gen.error !== 0) return
    const digest = createHash('sha256').update(gen.data.bytes).digest()
    this.#places.forEach((at, i) => {
      const word = gen.swapped ? digest.readBigUint64BE(i * 8) : digest.readBigUint64LE(i * 8)
      gen.insns.view.setUint32(at + 4, Number(word & 0xffff_ffffn), true)
      gen.insns.view.setUint32(at + 12, Number(word >> 32n), true)
    })
  }
}
