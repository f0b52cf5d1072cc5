import { disasm } from '../../src/isa/disasm.ts'
import type { Insns } from '../../src/isa/insn.ts'
import { LD_IMM64 } from '../../src/isa/opcode.ts'

/** A rewritten program, to be compared but for what is another machine's each time. */
export interface Shape {
  readonly insns: Insns
  readonly func: Uint8Array
  readonly line: Uint8Array
  readonly maps: readonly number[]
  /** Tags of its functions. */
  readonly tags: Uint8Array
}

/** Addresses of what the kernel allocates are below those of its code. */
const HEAP_FIRST = 0xffff8000
const HEAP_LAST = 0xfffffeff

/** Where processes map what they don't say an address for. */
const MMAP_FIRST = 0x7000
const MMAP_LAST = 0x7fff

/**
 * One line an instruction: ids of maps by their place, addresses by name. Symbols of data aren't told by every kernel:
 * what an inlined helper loads from them has a name too.
 */
export function lines({ insns, maps }: Shape): string[] {
  const texts: string[] = []
  for (let i = 0; i < insns.length; i++) {
    const [code, dst, src, off, imm] = [insns.code(i), insns.dst(i), insns.src(i), insns.off(i), insns.imm(i)]
    let value: string = `${imm}`
    if (code === LD_IMM64) {
      const high = insns.imm(i + 1)
      if (src === 1 || src === 2) value = `map ${maps.indexOf(imm)} ${high}`
      else if (high >= MMAP_FIRST && high <= MMAP_LAST) value = 'mapped'
      else if (isLoadOf(insns, i, dst)) value = 'data'
      else if (high >>> 0 >= HEAP_FIRST && high >>> 0 <= HEAP_LAST) value = 'address'
      else value = `${imm} ${high}`
    }
    if (code === MOV_IMM && insns.code(i + 1) === MOV && insns.off(i + 1) === -1) value = 'percpu'
    const text = code === LD_IMM64 || value === 'percpu' ? '' : `  ${disasm(insns, i)}`
    texts.push(`${code.toString(16).padStart(2, '0')} ${dst} ${src} ${off} ${value}${text}`)
    if (code === LD_IMM64) i++
  }
  return texts
}

const MOV_IMM = 0xb7
const MOV = 0xbf
const LOAD_U64 = 0x79

/** jiffies: r0 becomes what is at the address. */
function isLoadOf(insns: Insns, i: number, reg: number): boolean {
  return reg === 0 && insns.code(i + 2) === LOAD_U64 && insns.dst(i + 2) === 0 && insns.src(i + 2) === 0
}

/** What differs first; empty where nothing does. */
export function firstDifference(theirs: Shape, ours: Shape): string {
  const a = lines(theirs)
  const b = lines(ours)
  const at = a.findIndex((line, i) => line !== b[i])
  if (at >= 0) return `theirs: ${a[at] ?? ''} | ours: ${b[at] ?? '(end)'}`
  if (b.length > a.length) return `only ours: ${b[a.length] ?? ''}`
  if (hex(theirs.func) !== hex(ours.func)) return 'functions'
  if (hex(theirs.line) !== hex(ours.line)) return 'lines'
  // Addresses are in tags too.
  const addresses = a.some((line) => / (address|data|percpu|mapped)\b/.test(line))
  return addresses || hex(theirs.tags) === hex(ours.tags) ? '' : 'tags'
}

/** A difference without what is different each time. */
export function describe(kind: string): string {
  return kind
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Both, side by side. */
export function textOf(theirs: Shape, ours: Shape): string {
  const a = lines(theirs)
  const b = lines(ours)
  const rows = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => {
    const mark = a[i] === b[i] ? ' ' : '*'
    return `${mark} ${i} ${(a[i] ?? '').padEnd(70)} ${b[i] ?? ''}`
  })
  return rows.join('\n')
}
