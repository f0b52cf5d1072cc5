// Small programs, as hexadecimal instructions with `@NAME;` for descriptors of maps.
import { le } from './steps.mjs'

const insn = (code, dst, src, off, imm) =>
  le(code, 1) + le(dst | (src << 4), 1) + le(off & 0xffff, 2) + (typeof imm === 'string' ? imm : le(imm >>> 0))

export const mov = (dst, imm) => insn(0xb7, dst, 0, 0, imm)
export const movReg = (dst, src) => insn(0xbf, dst, src, 0, 0)
export const add = (dst, imm) => insn(0x07, dst, 0, 0, imm)
/** *(u64 *)(dst + off) = src */
export const store = (dst, off, src) => insn(0x7b, dst, src, off, 0)
/** *(u32 *)(dst + off) = imm */
export const storeWord = (dst, off, imm) => insn(0x62, dst, 0, off, imm)
/** *(u64 *)(dst + off) = imm */
export const storeImm = (dst, off, imm) => insn(0x7a, dst, 0, off, imm)
/** dst = *(u64 *)(src + off) */
export const load = (dst, src, off) => insn(0x79, dst, src, off, 0)
export const loadWord = (dst, src, off) => insn(0x61, dst, src, off, 0)
export const call = (helper) => insn(0x85, 0, 0, 0, helper)
export const exit = () => insn(0x95, 0, 0, 0, 0)
/** Skips `count` instructions when a register is 0. */
export const skipIfZero = (reg, count) => insn(0x15, reg, 0, count, 0)
/** Skips `count` instructions when a register is not 0. */
export const skipUnlessZero = (reg, count) => insn(0x55, reg, 0, count, 0)
export const loadMap = (dst, name) => insn(0x18, dst, 1, 0, `@${name};`) + insn(0, 0, 0, 0, 0)
/** The address of the only value of an array. */
export const loadValue = (dst, name) => insn(0x18, dst, 2, 0, `@${name};`) + insn(0, 0, 0, 0, 0)
export const loadImm64 = (dst, lo, hi) => insn(0x18, dst, 0, 0, lo) + insn(0, 0, 0, 0, hi)
/** A function of the program, `offset` instructions after the next one. */
export const loadFunc = (dst, offset) => insn(0x18, dst, 4, 0, offset) + insn(0, 0, 0, 0, 0)

/** Instructions in a text. */
export const count = (text) => text.replace(/@\w+;/g, '00000000').length / 16

/** A program that writes what its parts left in r0 to the array `results`, 8 bytes each. */
export function reporting(results, parts) {
  const body = parts.map((part, i) => part + store(9, i * 8, 0)).join('')
  return loadValue(9, results) + body + mov(0, 0) + exit()
}

/** r0 = helper(map, arguments...): numbers, or 'stack OFFSET' for what is there. */
export function callMap(helper, map, ...args) {
  const set = args.map((arg, i) =>
    typeof arg === 'number' ? mov(i + 2, arg) : movReg(i + 2, 10) + add(i + 2, Number(arg.slice(6))),
  )
  return set.join('') + loadMap(1, map) + call(helper)
}

/** Puts bytes on the stack at fp + offset: 4 at a time. */
export function onStack(offset, words) {
  return words.map((word, i) => storeWord(10, offset + i * 4, word)).join('')
}
