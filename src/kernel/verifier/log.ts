import { disasm, imm64Hex } from '../../isa/disasm.ts'
import type { DisasmNames } from '../../isa/disasm.ts'
import { PseudoCall, PseudoLdImm64 } from '../../uapi/flags.ts'
import { helperCount } from '../helpers/access.ts'
import type { VerifierEnv } from './env.ts'
import { hexU64 } from './int64.ts'
import { kfuncName } from './kfuncs.ts'
import { oldRegText, oldSpillText, slotWrittenText, veryOldName, writtenText } from './log-old.ts'
import type { FuncState, Reg, VerifierState } from './state.ts'
import { tnumIsConst, tnumIsUnknown, tnumText, unumText } from './tnum.ts'
import {
  BPF_ADD_CONST,
  DynptrType,
  Flag,
  ID_MASK,
  IterState,
  MAX_BPF_REG,
  REG_SIZE,
  RegType,
  StackType,
  baseType,
  typeIsNonOwningRef,
  typeIsPktPointer,
} from './types.ts'
import { facts } from './versions.ts'

/** What the verifier writes about states, instructions and source lines (kernel/bpf/log.c). */

const typeNames: readonly string[] = [
  '?',
  'scalar',
  'ctx',
  'map_ptr',
  'map_value',
  'map_key',
  'fp',
  'pkt_meta',
  'pkt',
  'pkt_end',
  'flow_keys',
  'sock',
  'sock_common',
  'tcp_sock',
  'tp_buffer',
  'xdp_sock',
  'ptr_',
  'mem',
  'arena',
  'buf',
  'func',
  'dynptr_ptr',
]

const prefixes: readonly (readonly [flag: number, text: string])[] = [
  [Flag.MEM_RDONLY, 'rdonly_'],
  [Flag.MEM_RINGBUF, 'ringbuf_'],
  [Flag.MEM_USER, 'user_'],
  [Flag.MEM_PERCPU, 'percpu_'],
  [Flag.MEM_RCU, 'rcu_'],
  [Flag.PTR_UNTRUSTED, 'untrusted_'],
  [Flag.PTR_TRUSTED, 'trusted_'],
]

/** reg_type_str. */
export function regTypeText(type: number): string {
  const base = baseType(type)
  let text = ''
  for (const [flag, prefix] of prefixes) if (type & flag) text += prefix
  text += base === RegType.SCALAR_VALUE && !facts.scalarsNamed ? 'inv' : (typeNames[base] ?? '')
  if (type & Flag.PTR_MAYBE_NULL) text += base === RegType.PTR_TO_BTF_ID ? 'or_null_' : '_or_null'
  return text
}

/** dynptr_type_str. */
export function dynptrTypeText(type: number): string {
  switch (type) {
    case DynptrType.LOCAL:
      return 'local'
    case DynptrType.RINGBUF:
      return 'ringbuf'
    case DynptrType.SKB:
      return 'skb'
    case DynptrType.XDP:
      return 'xdp'
    case DynptrType.SKB_META:
      return 'skb_meta'
    case DynptrType.FILE:
      return 'file'
    case DynptrType.INVALID:
      return '<invalid>'
    default:
      return '<unknown>'
  }
}

/** iter_type_str: of a struct bpf_iter_TYPE. */
export function iterTypeText(reg: Reg): string {
  return !reg.btf || reg.btfId === 0 ? '<invalid>' : reg.btf.name(reg.btfId).slice('bpf_iter_'.length)
}

function iterStateText(state: number): string {
  return state === IterState.ACTIVE ? 'active' : state === IterState.DRAINED ? 'drained' : '<invalid>'
}

const slotChars = '?rm0dif'

/** verbose_snum: decimal up to 16 bits. */
function snumText(hi: number, lo: number): string {
  const small = (hi === 0 && lo >= 0 && lo <= 0x7fff) || (hi === -1 && lo < 0 && lo >= -0x8000)
  return small ? String(lo) : hexU64(hi, lo)
}

interface Bound {
  readonly name: string
  readonly hi: number
  readonly lo: number
  omit: boolean
}

/** print_scalar_ranges: bounds that are the same are written as one. */
function rangesText(reg: Reg, separator: string): string {
  const s32 = (value: number): number => (value >= -0x8000 && value <= 0x7fff ? value >> 31 : 0)
  const { sminHi, sminLo, smaxHi, smaxLo, uminHi, uminLo, umaxHi, umaxLo, s32Min, s32Max, u32Min, u32Max } = reg
  const bounds: Bound[] = [
    { name: 'smin', hi: sminHi, lo: sminLo, omit: sminHi === -0x80000000 && sminLo === 0 },
    { name: 'smax', hi: smaxHi, lo: smaxLo, omit: smaxHi === 0x7fffffff && smaxLo === -1 },
    { name: 'umin', hi: uminHi, lo: uminLo, omit: (uminHi | uminLo) === 0 },
    { name: 'umax', hi: umaxHi, lo: umaxLo, omit: (umaxHi & umaxLo) === -1 },
    { name: 'smin32', hi: s32(s32Min), lo: s32Min, omit: s32Min === -0x80000000 },
    { name: 'smax32', hi: s32(s32Max), lo: s32Max, omit: s32Max === 0x7fffffff },
    { name: 'umin32', hi: 0, lo: u32Min, omit: u32Min === 0 },
    { name: 'umax32', hi: 0, lo: u32Max, omit: u32Max === -1 },
  ]
  const isNegative = ({ name, hi }: Bound): boolean => name.startsWith('s') && hi < 0
  let text = ''
  bounds.forEach((bound, i) => {
    if (bound.omit) return
    text += `${separator}${bound.name}=`
    separator = ','
    for (let j = i + 2; j < bounds.length; j += 2) {
      const other = bounds[j]
      if (!other || other.omit || other.hi !== bound.hi || other.lo !== bound.lo) continue
      if (isNegative(other) !== isNegative(bound)) continue
      other.omit = true
      text += `${other.name}=`
    }
    text += bound.name.startsWith('s') ? snumText(bound.hi, bound.lo) : unumText(bound.hi, bound.lo)
  })
  return text
}

function isMapPointer(type: number): boolean {
  const base = baseType(type)
  return base === RegType.CONST_PTR_TO_MAP || base === RegType.PTR_TO_MAP_KEY || base === RegType.PTR_TO_MAP_VALUE
}

/** print_reg_state. */
function regText(frame: FuncState, reg: Reg): string {
  const { type } = reg
  let text = type === RegType.SCALAR_VALUE && reg.precise ? 'P' : ''
  if (type === RegType.SCALAR_VALUE && tnumIsConst(reg)) return text + snumText(reg.valHi, reg.valLo)
  text += regTypeText(type)
  if (type === RegType.PTR_TO_ARENA) return text
  if (type === RegType.PTR_TO_STACK) {
    if (frame.frameno !== reg.frameno) text += `[${reg.frameno}]`
    if (tnumIsConst(reg)) {
      const sum = reg.valLo + reg.off
      return text + snumText(sum >> 31, sum)
    }
  }
  if (baseType(type) === RegType.PTR_TO_BTF_ID) text += reg.btf?.name(reg.btfId) ?? ''
  const parts: string[] = []
  // The constant of a linked scalar stands behind its id without a comma.
  if (reg.id) {
    const plus = reg.id & BPF_ADD_CONST ? signed(reg.off) : ''
    parts.push(`id=${reg.id & ID_MASK}${plus}`)
  }
  if (reg.refObjId) parts.push(`ref_obj_id=${reg.refObjId}`)
  if (typeIsNonOwningRef(type)) parts.push('non_own_ref')
  if (isMapPointer(type) && reg.map) {
    if (reg.map.name !== '') parts.push(`map=${reg.map.name}`)
    parts.push(`ks=${reg.map.keySize},vs=${reg.map.valueSize}`)
  }
  if (type !== RegType.SCALAR_VALUE && reg.off) parts.push(`off=${snumText(reg.off >> 31, reg.off)}`)
  if (typeIsPktPointer(type)) parts.push(`r=${unumText(reg.range >> 31, reg.range)}`)
  if (baseType(type) === RegType.PTR_TO_MEM) parts.push(`sz=${unumText(0, reg.memSize)}`)
  if (type === RegType.CONST_PTR_TO_DYNPTR) parts.push(`type=${dynptrTypeText(reg.dynptrType)}`)
  let inner = parts.join(',')
  if (tnumIsConst(reg)) {
    if (reg.valHi | reg.valLo) inner += `${inner === '' ? '' : ','}imm=${snumText(reg.valHi, reg.valLo)}`
  } else {
    inner += rangesText(reg, inner === '' ? '' : ',')
    if (!tnumIsUnknown(reg)) inner += `${inner === '' ? '' : ','}var_off=${tnumText(reg)}`
  }
  return `${text}(${inner})`
}

function signed(value: number): string {
  return value < 0 ? String(value) : `+${value}`
}

/** What stands behind a register's name. */
function shownReg(frame: FuncState, reg: Reg): string {
  return facts.statesShort ? `=${regText(frame, reg)}` : oldRegText(reg, oldName(reg.type))
}

function shownSpill(frame: FuncState, reg: Reg, types: string): string {
  return facts.statesShort ? `=${types}${regText(frame, reg)}` : oldSpillText(reg, oldName(reg.type))
}

function oldName(type: number): string {
  return facts.scalarsNamed ? regTypeText(type) : veryOldName(type, regTypeText(type))
}

/** print_verifier_state: one line. */
export function printState(env: VerifierEnv, state: VerifierState, frameno: number, all: boolean): void {
  if (!env.log.needed) {
    if (!all) env.markStateClean()
    return
  }
  const frame = state.frameAt(frameno)
  let text = frame.frameno ? ` frame${frame.frameno}:` : ''
  for (let i = 0; i < MAX_BPF_REG; i++) {
    const reg = frame.reg(i)
    if (reg.type === RegType.NOT_INIT || (!all && ((env.scratchedRegs >>> i) & 1) === 0)) continue
    text += ` R${i}${writtenText(frame, i)}${shownReg(frame, reg)}`
  }
  for (let i = 0; i < frame.slots; i++) {
    if (!all && !env.slotScratched(i)) continue
    if (frame.slotTypes(i) === 0) continue
    const at = -(i + 1) * REG_SIZE
    switch (frame.slotType(i, REG_SIZE - 1)) {
      case StackType.SPILL: {
        let types = ''
        for (let j = 0; j < REG_SIZE && frame.slotType(i, j) !== StackType.SPILL; j++) {
          types += slotChars[frame.slotType(i, j)] ?? ''
        }
        text += ` fp${at}${slotWrittenText(frame, i)}${shownSpill(frame, frame.spilled(i), types)}`
        break
      }
      case StackType.DYNPTR: {
        i++
        const reg = frame.spilled(i)
        const parts: string[] = []
        if (reg.id) parts.push(`id=${reg.id}`)
        if (reg.refObjId) parts.push(`ref_id=${reg.refObjId}`)
        // The kernel has firstSlot where it reads a slice's dynptr_id.
        if (reg.firstSlot) parts.push('dynptr_id=1')
        text += ` fp${-(i + 1) * REG_SIZE}${slotWrittenText(frame, i)}=dynptr_${dynptrTypeText(reg.dynptrType)}(${parts.join(',')})`
        break
      }
      case StackType.ITER: {
        const reg = frame.spilled(i)
        if (!reg.refObjId) break
        const facts = `ref_id=${reg.refObjId},state=${iterStateText(reg.iterState)},depth=${reg.iterDepth}`
        text += ` fp${at}${slotWrittenText(frame, i)}=iter_${iterTypeText(reg)}(${facts})`
        break
      }
      default: {
        let types = ''
        for (let j = 0; j < REG_SIZE; j++) types += slotChars[frame.slotType(i, j)] ?? ''
        text += ` fp${at}${slotWrittenText(frame, i)}=${types}`
      }
    }
  }
  const [first] = state.refs
  if (first?.id) {
    text += ` refs=${first.id}`
    for (const ref of state.refs.slice(1)) if (ref.id) text += `,${ref.id}`
  }
  if (frame.inCallbackFn) text += ' cb'
  if (frame.inAsyncCallbackFn) text += ' async_cb'
  env.log.append(`${text}\n`)
  if (!all) env.markStateClean()
}

const MIN_ALIGNMENT = 8
const ALIGNMENT = 40

/** print_insn_state: behind the instruction that was printed last, or on a line of its own. */
export function printInsnState(env: VerifierEnv, state: VerifierState, frameno: number): void {
  const { log } = env
  if (env.prevLogPos && env.prevLogPos === log.end) {
    log.resetTo(env.prevLogPos - 1)
    const pos = env.prevInsnPrintPos
    const column = Math.max(pos + MIN_ALIGNMENT / 2, ALIGNMENT)
    const width = Math.ceil(column / MIN_ALIGNMENT) * MIN_ALIGNMENT - pos - 1
    log.append(`${' '.repeat(Math.max(width, 1))};`)
  } else {
    log.append(`${env.insnIdx}:`)
  }
  printState(env, state, frameno, false)
}

/** verbose_insn, without the line's end. */
export function insnText(env: VerifierEnv, i: number): string {
  return disasm(env.insns, i, namesOf(env))
}

const names = new WeakMap<VerifierEnv, DisasmNames>()

function namesOf(env: VerifierEnv): DisasmNames {
  let made = names.get(env)
  if (!made) {
    made = {
      helpers: helperCount(env.kernel),
      call: (insns, at) => (insns.src(at) === PseudoCall.KFUNC_CALL ? kfuncName(env, at) : undefined),
      imm: (insns, at) => immText(env, at) ?? imm64Hex(insns, at),
    }
    names.set(env, made)
  }
  return made
}

/** The address that resolve_pseudo_ldimm64 put into an ld_imm64 of a map or a kernel symbol. */
function immText(env: VerifierEnv, at: number): string | undefined {
  const { insns } = env
  const src = insns.src(at)
  if (src === PseudoLdImm64.BTF_ID) {
    const btf = env.vmlinux()
    const id = insns.imm(at) >>> 0
    const address = btf.has(id) ? env.kernel.symbol(btf.name(id)) : undefined
    return address === undefined ? undefined : `0x${address.toString(16)}`
  }
  const index = env.input.mapAt.get(at)
  if (index === undefined) return undefined
  if (!env.allowPtrLeaks && (src === PseudoLdImm64.MAP_FD || src === PseudoLdImm64.MAP_VALUE)) return '0x0'
  const { address, valueAddress } = env.map(index)
  const value = src === PseudoLdImm64.MAP_VALUE || src === PseudoLdImm64.MAP_IDX_VALUE
  return `0x${(value ? valueAddress + BigInt(insns.imm(at + 1)) : address).toString(16)}`
}
