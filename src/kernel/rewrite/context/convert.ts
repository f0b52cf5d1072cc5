import type { Field } from '../../progs/context-fields.ts'
import { Alu, Jmp, Mode, Size, accessBytes } from '../../../isa/opcode.ts'
import type { VerifierEnv } from '../../verifier/env.ts'
import { sizeBits } from '../code.ts'
import type { Code } from '../code.ts'
import { member } from '../structs.ts'

/**
 * How an access of a context becomes one of the kernel's own structures (convert_ctx_access). A field of a context is
 * mostly a row of words: loads, the first from the context, each next from what the one before gave.
 *
 *   `sk_buff.dev ? net_device.ifindex`   load dev; unless it's null load ifindex from there
 *   `sk_buff.cb+qdisc_skb_cb.data`       members of structs that lie in one another
 *   `:4`, `:s`                           as many bytes, or as many as the access has, instead of the member's
 *   `0:8`                                no member: from the beginning
 *   `<<16`                               shift what was loaded
 *   `=`                                  may be stored to as well, with the member's size
 *   `ip6` at the beginning               zero where the kernel has no IPv6
 *
 * What is behind the field's beginning (an array's element) is added to the last offset. Fields that need more are
 * functions.
 */

/** The access that is converted, and what about the program it hangs on. */
export interface ContextAccess {
  readonly env: VerifierEnv
  /** Whole opcode; a narrow load was widened to the field. */
  readonly code: number
  readonly dst: number
  readonly src: number
  /** From the field's beginning. */
  readonly delta: number
  readonly imm: number
  readonly write: boolean
  /** The program reads __sk_buff.tstamp_type (prog->tstamp_type_access). */
  readonly readsTstampType: boolean
}

/** Writes the instructions. @returns bytes of what was accessed at last (target_size). */
export type Convert = (access: ContextAccess, out: Code) => number

export type ContextRows = Readonly<Record<string, string | Convert>>

/** The context of a family of program types, or another structure that programs see a version of. */
export interface Context {
  readonly fields: readonly Field[]
  readonly rows: ContextRows
}

interface Hop {
  readonly offset: number
  readonly bits: number
  readonly bytes: number
}

/** A member, or several that lie in one another. */
export function hop({ env, code }: Pick<ContextAccess, 'env' | 'code'>, word: string): Hop {
  const [paths = '', bytesText] = word.split(':')
  let offset = 0
  let size = 0
  if (paths !== '0') {
    for (const path of paths.split('+')) {
      const place = member(env, path)
      offset += place.offset
      size = place.size
    }
  }
  const bytes = bytesText === undefined ? size : bytesText === 's' ? accessBytes(code) : Number(bytesText)
  return { offset, bits: sizeBits(bytes), bytes }
}

function hasIpv6({ env }: ContextAccess): boolean {
  return env.kernel.option('CONFIG_IPV6') !== undefined
}

/** Writes what a row says. */
export function convertRow(access: ContextAccess, row: string, out: Code): number {
  const { dst, src, delta } = access
  const words = row.split(' ')
  if (words[0] === 'ip6') {
    words.shift()
    if (!hasIpv6(access)) {
      out.mov32Imm(dst, 0)
      return 4
    }
  }
  const storable = words.at(-1) === '='
  if (storable) words.pop()
  if (access.write) {
    // The verifier lets nobody store to any other.
    if (!storable || words.length !== 1) return 0
    const { offset, bits, bytes } = hop(access, words[0] ?? '')
    store(access, out, bits, dst, offset + delta)
    return bytes
  }
  let from = src
  let last = 0
  words.forEach((word, i) => {
    if (word === '?') {
      out.jumpImm(Jmp.JEQ, dst, 0, words.length - i - 1)
    } else if (word.startsWith('<<')) {
      out.alu32Imm(Alu.LSH, dst, Number(word.slice(2)))
    } else {
      const { offset, bits, bytes } = hop(access, word)
      const isLast = i === words.length - 1 || words[i + 1]?.startsWith('<<')
      out.load(bits, dst, from, offset + (isLast ? delta : 0))
      from = dst
      last = bytes
    }
  })
  return last
}

/** BPF_EMIT_STORE: the access's own store, to another place. */
export function store(access: ContextAccess, out: Code, bits: number, to: number, offset: number): void {
  out.raw((access.code & 7) | Mode.MEM | bits, to, access.src, offset, access.imm)
}

/** A register that the access doesn't use: r9, or the next below. */
export function borrow({ dst, src }: ContextAccess): number {
  let reg = 9
  if (src === reg || dst === reg) reg--
  if (src === reg || dst === reg) reg--
  return reg
}

/**
 * A row whose last step may be stored to, though pointers lead there: a borrowed register takes them, and is kept in a
 * field of the context meanwhile.
 */
export function throughPointer(temp: string, row: string): Convert {
  return (access, out) => {
    if (!access.write) return convertRow(access, row, out)
    const words = row.split(' ')
    const reg = borrow(access)
    const kept = hop(access, temp).offset
    out.store(Size.DW, access.dst, reg, kept)
    let from = access.dst
    words.slice(0, -1).forEach((word) => {
      const { offset, bits } = hop(access, word)
      out.load(bits, reg, from, offset)
      from = reg
    })
    const { offset, bits, bytes } = hop(access, words.at(-1) ?? '')
    store(access, out, bits, reg, offset + access.delta)
    out.load(Size.DW, reg, access.dst, kept)
    return bytes
  }
}

/** Converts one access. @returns target_size; 0 for a field that isn't known. */
export function convertAccess(context: Context, access: Omit<ContextAccess, 'delta'>, off: number, out: Code): number {
  const field = context.fields.find(({ offset, size }) => off >= offset && off < offset + size)
  const row = field && context.rows[field.name]
  if (!field || row === undefined) return 0
  const inField = { ...access, delta: off - field.offset }
  return typeof row === 'string' ? convertRow(inField, row, out) : row(inField, out)
}
