import { Alu, Atomic, Class, Jmp, LD_IMM64, Mode, Size, Source } from './opcode.ts'
import { PseudoCall } from '../uapi/flags.ts'
import { helperNames } from '../uapi/helper-names.ts'
import type { Insns } from './insn.ts'

/**
 * An instruction in the words of the kernel's verifier log and of `prog dump xlated` (print_bpf_insn of
 * kernel/bpf/disasm.c), those that no program may have included.
 */

/** How calls and 64-bit immediates are named; left out, as the kernel names them without knowing more. */
export interface DisasmNames {
  /** How many helpers the kernel knows by name; all unless given. */
  readonly helpers?: number
  /** Name of a call that isn't to a known helper; undefined leaves it to the kernel's own words. */
  call?(insns: Insns, at: number): string | undefined
  /** The immediate of an ld_imm64. */
  imm?(insns: Insns, at: number): string
}

/** What C prints for a string that isn't there. */
const NULL = '(null)'

const aluOps: readonly (string | undefined)[] = [
  '+=',
  '-=',
  '*=',
  '/=',
  '|=',
  '&=',
  '<<=',
  '>>=',
  'neg',
  '%=',
  '^=',
  '=',
  's>>=',
  'endian',
]

const atomicOps: Readonly<Record<number, string>> = { 0x00: 'add', 0x40: 'or', 0x50: 'and', 0xa0: 'xor' }

const jmpOps: readonly (string | undefined)[] = [
  'jmp',
  '==',
  '>',
  '>=',
  '&',
  '!=',
  's>',
  's>=',
  'call',
  'exit',
  '<',
  '<=',
  's<',
  's<=',
]

const widths = ['u32', 'u16', 'u8', 'u64'] as const
const signedWidths = ['s32', 's16', 's8', NULL] as const

const signed = (value: number): string => (value < 0 ? String(value) : `+${value}`)
const hex2 = (value: number): string => value.toString(16).padStart(2, '0')

/** off of the moves that are more than a move. */
const ADDR_SPACE_CAST = 1
const ADDR_PERCPU = -1

/** The 64 bits of the ld_imm64 at `at`, as C's 0x%llx. */
export function imm64Hex(insns: Insns, at: number): string {
  const low = insns.imm(at) >>> 0
  const high = at + 1 < insns.length ? insns.imm(at + 1) >>> 0 : 0
  return high === 0 ? `0x${low.toString(16)}` : `0x${high.toString(16)}${low.toString(16).padStart(8, '0')}`
}

/** The instruction at slot `at`, without a line's end. */
export function disasm(insns: Insns, at: number, names: DisasmNames = {}): string {
  const code = insns.code(at)
  switch (code & 7) {
    case Class.ALU:
    case Class.ALU64:
      return `(${hex2(code)}) ${alu(insns, at, code)}`
    case Class.STX:
      return storeX(insns, at, code)
    case Class.ST:
      return store(insns, at, code)
    case Class.LDX:
      return loadX(insns, at, code)
    case Class.LD:
      return load(insns, at, code, names)
    default:
      return `(${hex2(code)}) ${jump(insns, at, code, names)}`
  }
}

function alu(insns: Insns, at: number, code: number): string {
  const wide = (code & 7) === Class.ALU64
  const op = code & 0xf0
  const [dst, src, off, imm] = [insns.dst(at), insns.src(at), insns.off(at), insns.imm(at)]
  const letter = wide ? 'r' : 'w'
  if (op === Alu.END) {
    const name = wide ? 'bswap' : (code & Source.X) !== 0 ? 'be' : 'le'
    return `r${dst} = ${name}${imm} r${dst}`
  }
  if (op === Alu.NEG) return `${letter}${dst} = -${letter}${dst}`
  if (code === (Class.ALU64 | Alu.MOV | Source.X)) {
    if (off === ADDR_SPACE_CAST) return `r${dst} = addr_space_cast(r${src}, ${imm >>> 16}, ${imm & 0xffff})`
    if (off === ADDR_PERCPU) return `r${dst} = &(void __percpu *)(r${src})`
  }
  const division = (op === Alu.DIV || op === Alu.MOD) && off === 1
  const name = division ? (op === Alu.DIV ? 's/=' : 's%=') : (aluOps[op >> 4] ?? NULL)
  if ((code & Source.X) === 0) return `${letter}${dst} ${name} ${imm}`
  const extends_ = op === Alu.MOV && (off === 8 || off === 16 || off === 32)
  return `${letter}${dst} ${name} ${extends_ ? `(s${off})` : ''}${letter}${src}`
}

function storeX(insns: Insns, at: number, code: number): string {
  const mode = code & 0xe0
  const [dst, src, imm] = [insns.dst(at), insns.src(at), insns.imm(at)]
  const width = widths[(code >> 3) & 3] ?? NULL
  const off = signed(insns.off(at))
  const prefix = `(${hex2(code)})`
  if (mode === Mode.MEM) return `${prefix} *(${width} *)(r${dst} ${off}) = r${src}`
  if (mode !== Mode.ATOMIC) return `BUG_${hex2(code)}`
  const bits = (code & 0x18) === Size.DW ? '64' : ''
  const target = `(${width} *)(r${dst} ${off})`
  if (atomicOps[imm] !== undefined) return `${prefix} lock *${target} ${aluOps[imm >> 4] ?? NULL} r${src}`
  const fetch = (imm & Atomic.FETCH) !== 0 ? atomicOps[imm & ~Atomic.FETCH] : undefined
  if (fetch !== undefined) return `${prefix} r${src} = atomic${bits}_fetch_${fetch}(${target}, r${src})`
  if (imm === Atomic.CMPXCHG) return `${prefix} r0 = atomic${bits}_cmpxchg(${target}, r0, r${src})`
  if (imm === Atomic.XCHG) return `${prefix} r${src} = atomic${bits}_xchg(${target}, r${src})`
  if (imm === Atomic.LOAD_ACQ) return `${prefix} r${dst} = load_acquire((${width} *)(r${src} ${off}))`
  if (imm === Atomic.STORE_REL) return `${prefix} store_release(${target}, r${src})`
  return `BUG_${hex2(code)}`
}

function store(insns: Insns, at: number, code: number): string {
  const mode = code & 0xe0
  if (mode === Mode.MEM) {
    const width = widths[(code >> 3) & 3] ?? NULL
    return `(${hex2(code)}) *(${width} *)(r${insns.dst(at)} ${signed(insns.off(at))}) = ${insns.imm(at)}`
  }
  // BPF_NOSPEC, which only the kernel itself makes.
  return mode === Mode.ATOMIC ? `(${hex2(code)}) nospec` : `BUG_st_${hex2(code)}`
}

function loadX(insns: Insns, at: number, code: number): string {
  const mode = code & 0xe0
  if (mode !== Mode.MEM && mode !== Mode.MEMSX) return `BUG_ldx_${hex2(code)}`
  const width = (mode === Mode.MEM ? widths : signedWidths)[(code >> 3) & 3] ?? NULL
  return `(${hex2(code)}) r${insns.dst(at)} = *(${width} *)(r${insns.src(at)} ${signed(insns.off(at))})`
}

function load(insns: Insns, at: number, code: number, names: DisasmNames): string {
  const mode = code & 0xe0
  const width = widths[(code >> 3) & 3] ?? NULL
  if (mode === Mode.ABS) return `(${hex2(code)}) r0 = *(${width} *)skb[${insns.imm(at)}]`
  if (mode === Mode.IND) return `(${hex2(code)}) r0 = *(${width} *)skb[r${insns.src(at)} + ${insns.imm(at)}]`
  if (code !== LD_IMM64) return `BUG_ld_${hex2(code)}`
  return `(${hex2(code)}) r${insns.dst(at)} = ${names.imm?.(insns, at) ?? imm64Hex(insns, at)}`
}

/** __func_get_name. */
function callName(insns: Insns, at: number, names: DisasmNames): string {
  const [src, imm] = [insns.src(at), insns.imm(at)]
  const known = imm < (names.helpers ?? helperNames.length)
  const helper = src === PseudoCall.HELPER && known ? helperNames[imm] : undefined
  if (helper !== undefined) return `bpf_${helper}`
  const name = names.call?.(insns, at)
  if (name !== undefined) return name
  if (src === PseudoCall.CALL) return signed(imm)
  return src === PseudoCall.KFUNC_CALL ? 'kernel-function' : 'unknown'
}

function jump(insns: Insns, at: number, code: number, names: DisasmNames): string {
  const op = code & 0xf0
  const [dst, src, imm] = [insns.dst(at), insns.src(at), insns.imm(at)]
  const off = signed(insns.off(at))
  if (op === Jmp.CALL) {
    const name = callName(insns, at, names)
    return src === PseudoCall.CALL ? `call pc${name}` : `call ${name}#${imm}`
  }
  if (code === (Class.JMP | Jmp.JA)) return `goto pc${off}`
  if (code === (Class.JMP | Jmp.JA | Source.X)) return `gotox r${dst}`
  if (code === (Class.JMP | Jmp.JCOND) && src === 0) return `may_goto pc${off}`
  if (code === (Class.JMP32 | Jmp.JA)) return `gotol pc${signed(imm)}`
  if (code === (Class.JMP | Jmp.EXIT)) return 'exit'
  const letter = (code & 7) === Class.JMP32 ? 'w' : 'r'
  const operand = (code & Source.X) !== 0 ? `${letter}${src}` : `0x${(imm >>> 0).toString(16)}`
  return `if ${letter}${dst} ${jmpOps[op >> 4] ?? NULL} ${operand} goto pc${off}`
}
