import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { newAccessInfo } from './context/access.ts'
import { isValidSockAccess } from './context/sock.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { ltU64, toNumber } from './int64.ts'
import { regTypeText } from './log.ts'
import type { Reg } from './state.ts'
import { movedText, tnumIsConst, tnumText } from './tnum.ts'
import { Access, RegType, typeIsRdonlyMem } from './types.ts'
import { facts } from './versions.ts'

/** Memory of a known size: map values and keys, buffers, packets. */

export const BPF_MAX_VAR_OFF = 1 << 29

/** How far a context that is memory reaches. */
export const U16_MAX = 0xffff

/** What is to be accessed for: an instruction, or a function that was given the pointer. */
export const AccessSource = { DIRECT: 1, HELPER: 2 } as const

/** __check_mem_access. */
function checkMem(env: VerifierEnv, regno: number, off: number, size: number, memSize: number, zeroOk: boolean): void {
  if (off >= 0 && (size > 0 || (size === 0 && zeroOk)) && off + size <= memSize) return
  const reg = env.reg(regno)
  const signedSize = memSize | 0
  switch (reg.type) {
    case RegType.PTR_TO_MAP_KEY:
      env.verbose(`invalid access to map key, key_size=${signedSize} off=${off} size=${size}\n`)
      break
    case RegType.PTR_TO_MAP_VALUE:
      env.verbose(`invalid access to map value, value_size=${signedSize} off=${off} size=${size}\n`)
      break
    case RegType.PTR_TO_PACKET:
    case RegType.PTR_TO_PACKET_META:
    case RegType.PTR_TO_PACKET_END: {
      const where = `R${regno}(id=${reg.id},off=${off},r=${signedSize})`
      env.verbose(`invalid access to packet, off=${off} size=${size}, ${where}\n`)
      break
    }
    case RegType.PTR_TO_CTX:
      env.verbose(`invalid access to context, ctx_size=${signedSize} off=${off} size=${size}\n`)
      break
    default:
      env.verbose(`invalid access to memory, mem_size=${memSize >>> 0} off=${off} size=${size}\n`)
  }
  refuse(env, Errno.EACCES)
}

/** Runs a check and adds a text to its refusal. */
function withNote(env: VerifierEnv, check: () => void, note: string): void {
  try {
    check()
  } catch (error) {
    env.verbose(note)
    throw error
  }
}

function negativeMin(env: VerifierEnv, regno: number): never {
  const advice = 'either use unsigned index or do a if (index >=0) check.'
  refuse(env, Errno.EACCES, `R${regno} min value is negative, ${advice}\n`)
}

/** check_mem_region_access. */
export function checkRegion(
  env: VerifierEnv,
  regno: number,
  off: number,
  size: number,
  memSize: number,
  zeroOk: boolean,
): void {
  const reg = env.reg(regno)
  const fixed = facts.offsetsInBounds ? reg.off : 0
  if (reg.sminHi < 0 || fixed < 0) {
    const smin = toNumber(reg.sminHi, reg.sminLo)
    const min = smin + off
    if ((smin + fixed < 0 && min < 0) || min !== (min | 0) || (reg.sminHi === -0x80000000 && reg.sminLo === 0))
      negativeMin(env, regno)
  }
  // Casts to int, as the kernel's do.
  const min = (reg.sminLo + off) | 0
  if (!(min >= 0 && size > 0 && min + size <= memSize)) {
    const note = `R${regno} min value is outside of the allowed memory range\n`
    withNote(
      env,
      () => {
        checkMem(env, regno, min, size, memSize, zeroOk)
      },
      note,
    )
  }
  if (!ltU64(reg.umaxHi, reg.umaxLo, 0, BPF_MAX_VAR_OFF)) {
    const text = `R${regno} unbounded memory access, make sure to bounds check any such access\n`
    refuse(env, Errno.EACCES, text)
  }
  const max = (reg.umaxLo + off) | 0
  if (!(max >= 0 && size > 0 && max + size <= memSize)) {
    const note = `R${regno} max value is outside of the allowed memory range\n`
    withNote(
      env,
      () => {
        checkMem(env, regno, max, size, memSize, zeroOk)
      },
      note,
    )
  }
}

/** check_map_access_type, by bpf_map_flags_to_cap. */
export function checkMapAccessType(env: VerifierEnv, regno: number, off: number, size: number, access: number): void {
  const { map } = env.reg(regno)
  if (!map) return
  const facts = `value_size=${map.valueSize} off=${off} size=${size}`
  if (access === Access.WRITE && map.mapFlags & MapFlag.RDONLY_PROG) {
    refuse(env, Errno.EACCES, `write into map forbidden, ${facts}\n`)
  }
  if (access === Access.READ && map.mapFlags & MapFlag.WRONLY_PROG && !(map.mapFlags & MapFlag.RDONLY_PROG)) {
    refuse(env, Errno.EACCES, `read from map forbidden, ${facts}\n`)
  }
}

/** check_map_access. */
export function checkMapAccess(
  env: VerifierEnv,
  regno: number,
  off: number,
  size: number,
  zeroOk: boolean,
  source: number,
): void {
  const reg = env.reg(regno)
  const { map } = reg
  if (!map) return
  checkRegion(env, regno, off, size, map.valueSize, zeroOk)
  for (const field of map.fields) {
    const min = toNumber(reg.sminHi, reg.sminLo) + off
    const max = toNumber(0, reg.umaxLo) + off + size
    if (min >= field.offset + field.size || field.offset >= max) continue
    checkFieldAccess(env, reg, field.type, field.offset, off, size, source)
  }
}

/** BPF_KPTR_UNREF, _REF and _PERCPU, and BPF_UPTR. */
export const KPTR_TYPES = (1 << 2) | (1 << 3) | (1 << 4) | (1 << 11)

const fieldNames: Readonly<Record<number, string>> = {
  [1 << 0]: 'bpf_spin_lock',
  [1 << 1]: 'bpf_timer',
  [1 << 2]: 'kptr',
  [1 << 3]: 'kptr',
  [1 << 4]: 'percpu_kptr',
  [1 << 5]: 'bpf_list_head',
  [1 << 6]: 'bpf_list_node',
  [1 << 7]: 'bpf_rb_root',
  [1 << 8]: 'bpf_rb_node',
  [1 << 9]: 'bpf_refcount',
  [1 << 10]: 'bpf_wq',
  [1 << 11]: 'uptr',
  [1 << 12]: 'bpf_res_spin_lock',
  [1 << 13]: 'bpf_task_work',
}

/** btf_field_type_name. */
export function fieldTypeName(type: number): string {
  return fieldNames[type] ?? 'unknown'
}

function checkFieldAccess(
  env: VerifierEnv,
  reg: Reg,
  type: number,
  offset: number,
  off: number,
  size: number,
  source: number,
): void {
  const name = fieldTypeName(type)
  const no = (text: string) => {
    refuse(env, Errno.EACCES, `${name} ${text}\n`)
  }
  if ((type & KPTR_TYPES) === 0) no('cannot be accessed directly by load/store')
  if (source !== AccessSource.DIRECT) no('cannot be accessed indirectly by helper')
  if (!tnumIsConst(reg)) no('access cannot have variable offset')
  const at = toNumber(reg.valHi, reg.valLo) + off
  if (offset !== at) no(`access misaligned expected=${offset} off=${at}`)
  if (size !== 8) no('access size must be BPF_DW')
}

/** Program types that may read packets directly; the second of them write too. */
const readPacket: ReadonlySet<number> = new Set([
  ProgType.LWT_IN,
  ProgType.LWT_OUT,
  ProgType.LWT_SEG6LOCAL,
  ProgType.SK_REUSEPORT,
  ProgType.FLOW_DISSECTOR,
  ProgType.CGROUP_SKB,
])
const writePacket: ReadonlySet<number> = new Set([
  ProgType.SCHED_CLS,
  ProgType.SCHED_ACT,
  ProgType.XDP,
  ProgType.LWT_XMIT,
  ProgType.SK_SKB,
  ProgType.SK_MSG,
])

/** may_access_direct_pkt_data. @param pktAccess of the function that gets the pointer; undefined for an instruction. */
export function mayAccessPacket(env: VerifierEnv, pktAccess: boolean | undefined, access: number): boolean {
  const type = env.input.resolvedType
  if (type === ProgType.CGROUP_SOCKOPT) {
    if (access === Access.WRITE) env.seenDirectWrite = true
    return true
  }
  if (readPacket.has(type) ? access === Access.WRITE : !writePacket.has(type)) return false
  if (pktAccess !== undefined) return pktAccess
  env.seenDirectWrite = true
  return true
}

/** check_packet_access. */
export function checkPacketAccess(env: VerifierEnv, regno: number, off: number, size: number, zeroOk: boolean): void {
  const reg = env.reg(regno)
  const note = `R${regno} offset is outside of the packet\n`
  if (!facts.offsetsInBounds && reg.sminHi < 0) negativeMin(env, regno)
  if (reg.range < 0) refuse(env, Errno.EINVAL, note)
  if (facts.offsetsInBounds) {
    // Both the pointer and its range have the variable part in them.
    checkRegion(env, regno, off, size, reg.range && reg.range + (reg.umaxLo >>> 0), zeroOk)
  } else if (!(off >= 0 && size > 0 && off + size <= reg.range)) {
    withNote(
      env,
      () => {
        checkMem(env, regno, off, size, reg.range, zeroOk)
      },
      note,
    )
  }
  env.maxPktOffset = Math.max(env.maxPktOffset, off + (reg.umaxLo >>> 0) + size - 1)
}

const FLOW_KEYS_SIZE = 56

/** check_flow_keys_access: struct bpf_flow_keys. */
export function checkFlowKeys(env: VerifierEnv, reg: Reg, regno: number, off: number, size: number): void {
  if (facts.offsetsInBounds && !tnumIsConst(reg)) {
    const where = `off=${off - reg.off}, var_off=${movedText(reg)}`
    refuse(env, Errno.EACCES, `R${regno} invalid variable offset to flow keys: ${where}\n`)
  }
  off += reg.valLo
  if (size >= 0 && off >= 0 && off + size <= FLOW_KEYS_SIZE) return
  refuse(env, Errno.EACCES, `invalid access to flow keys off=${off} size=${size}\n`)
}

/** __check_buffer_access. */
function checkBufferOffset(env: VerifierEnv, name: string, reg: Reg, regno: number, off: number, size: number): void {
  if (off < 0) refuse(env, Errno.EACCES, `R${regno} invalid ${name} buffer access: off=${off}, size=${size}\n`)
  if (reg.valHi | reg.valLo | reg.maskHi | reg.maskLo) {
    const what = `off=${off}, var_off=${tnumText(reg)}`
    refuse(env, Errno.EACCES, `R${regno} invalid variable buffer offset: ${what}\n`)
  }
}

/** check_tp_buffer_access. */
export function checkTpBuffer(env: VerifierEnv, reg: Reg, regno: number, off: number, size: number): void {
  checkBufferOffset(env, 'tracepoint', reg, regno, off, size)
  env.maxTpAccess = Math.max(env.maxTpAccess, off + size)
}

/** check_buffer_access. */
export function checkBuffer(env: VerifierEnv, reg: Reg, regno: number, off: number, size: number): void {
  const readOnly = typeIsRdonlyMem(reg.type)
  checkBufferOffset(env, readOnly ? 'rdonly' : 'rdwr', reg, regno, off, size)
  if (readOnly) env.maxRdonlyAccess = Math.max(env.maxRdonlyAccess, off + size)
  else env.maxRdwrAccess = Math.max(env.maxRdwrAccess, off + size)
}

/** check_sock_access. */
export function checkSock(env: VerifierEnv, regno: number, off: number, size: number): void {
  const reg = env.reg(regno)
  if (reg.sminHi < 0) negativeMin(env, regno)
  const info = newAccessInfo(false)
  if (!isValidSockAccess(reg.type, off, size, info)) {
    refuse(env, Errno.EACCES, `R${regno} invalid ${regTypeText(reg.type)} access off=${off} size=${size}\n`)
  }
  env.curAux.ctxFieldSize = info.ctxFieldSize
}
