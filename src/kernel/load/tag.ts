import type * as Crypto from 'node:crypto'
import type { Insns } from '../../isa/insn.ts'
import { LD_IMM64 } from '../../isa/opcode.ts'
import { BPF_TAG_SIZE, PseudoLdImm64 } from '../../uapi/flags.ts'
import { lateRequire } from '../profile/package-root.ts'

/**
 * bpf_prog_calc_tag: the first bytes of the SHA-256 of the instructions, without the descriptors of their maps.
 * Hexadecimal.
 */
export function progTag(insns: Insns): string {
  const bytes = insns.bytes.slice(0, insns.length * 8)
  let inMap = false
  for (let i = 0; i < insns.length; i++) {
    const code = insns.code(i)
    const src = insns.src(i)
    if (!inMap && code === LD_IMM64 && (src === PseudoLdImm64.MAP_FD || src === PseudoLdImm64.MAP_VALUE)) {
      inMap = true
      bytes.fill(0, i * 8 + 4, i * 8 + 8)
    } else if (inMap && code === 0 && insns.dst(i) === 0 && src === 0 && insns.off(i) === 0) {
      inMap = false
      bytes.fill(0, i * 8 + 4, i * 8 + 8)
    } else {
      inMap = false
    }
  }
  const { createHash } = lateRequire('node:crypto') as typeof Crypto
  return createHash('sha256')
    .update(bytes)
    .digest('hex')
    .slice(0, BPF_TAG_SIZE * 2)
}
