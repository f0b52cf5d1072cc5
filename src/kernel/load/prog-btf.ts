import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { INSN_SIZE } from '../../isa/insn.ts'
import { Errno } from '../../uapi/errno.ts'
import { refuse } from '../log.ts'
import { applyCoreRelo } from './core-relos.ts'
import type { FuncInfo, LoadEnv } from './env.ts'

/**
 * What a program says of itself by BTF: which functions it has and which lines they come from (check_btf_info_early and
 * check_btf_info).
 */

/** struct bpf_func_info. */
export const FUNC_INFO_SIZE = 8
/** struct bpf_line_info. */
export const LINE_INFO_SIZE = 16
const MIN_FUNC_INFO_SIZE = 8
const MIN_LINE_INFO_SIZE = 16
const MIN_CORE_RELO_SIZE = 16
const MAX_RECORD_SIZE = 252

const NOTHING = new Uint8Array(0)

/** Records of one kind, as the caller gave them. */
interface Records {
  bytes: Uint8Array
  recSize: number
  count: number
}

function records(bytes: Uint8Array | undefined, recSize = 0): Records {
  const length = bytes?.length ?? 0
  return {
    bytes: bytes ?? NOTHING,
    recSize,
    count: recSize ? Math.floor(length / recSize) : Number(length > 0),
  }
}

function funcRecords({ attr }: LoadEnv): Records {
  return records(attr.funcInfo, attr.funcInfoRecSize)
}

function lineRecords({ attr }: LoadEnv): Records {
  return records(attr.lineInfo, attr.lineInfoRecSize)
}

/** bpf_check_uarg_tail_zero: what a record has beyond what this kernel knows must be zero. */
function checkTail(env: LoadEnv, { bytes, recSize }: Records, i: number, known: number, text: string): void {
  for (let at = i * recSize + known; at < (i + 1) * recSize; at++) {
    if (bytes[at] !== 0) refuse(env, Errno.E2BIG, text)
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** check_btf_info_early: the program's BTF, and its function records on their own. */
export function readProgBtf(env: LoadEnv): void {
  const funcs = funcRecords(env)
  if (funcs.count === 0 && lineRecords(env).count === 0) return
  // btf_get_by_fd doesn't say what else the descriptor is.
  const found = env.kernel.btfByFd(env.attr.progBtfFd ?? 0)
  if (found.kernelBtf) refuse(env, Errno.EACCES)
  env.btf = found.types
  env.btfId = found.id
  if (funcs.count > 0) env.funcInfo = readFuncInfo(env, found.types, funcs)
}

/** check_btf_func_early. Its texts have no newline in the kernel either. */
function readFuncInfo(env: LoadEnv, btf: Btf, funcs: Records): FuncInfo[] {
  const { recSize, count } = funcs
  if (recSize < MIN_FUNC_INFO_SIZE || recSize > MAX_RECORD_SIZE || recSize % 4) {
    refuse(env, Errno.EINVAL, `invalid func info rec size ${recSize}\n`)
  }
  const view = viewOf(funcs.bytes)
  const infos: FuncInfo[] = []
  let previous = 0
  for (let i = 0; i < count; i++) {
    checkTail(env, funcs, i, FUNC_INFO_SIZE, 'nonzero tailing record in func info')
    const insnOff = view.getUint32(i * recSize, true)
    const typeId = view.getUint32(i * recSize + 4, true)
    if (i === 0) {
      if (insnOff) refuse(env, Errno.EINVAL, `nonzero insn_off ${insnOff} for the first func info record`)
    } else if (insnOff <= previous) {
      const text = `same or smaller insn offset (${insnOff}) than previous func info record (${previous})`
      refuse(env, Errno.EINVAL, text)
    }
    if (!btf.has(typeId) || btf.kind(typeId) !== Kind.FUNC) {
      refuse(env, Errno.EINVAL, `invalid type id ${typeId | 0} in func info`)
    }
    infos.push({ insnOff, typeId })
    previous = insnOff
  }
  return infos
}

/** check_btf_info: the records against the program's functions. */
export function checkProgBtf(env: LoadEnv): void {
  const lines = lineRecords(env)
  if (env.funcInfo.length === 0) {
    checkAbnormalReturn(env)
    if (lines.count === 0) return
  } else {
    checkFuncs(env)
  }
  if (lines.count > 0) env.lineInfo = readLines(env, lines)
  checkCoreRelos(env)
}

/** check_abnormal_return: without BTF nobody knows that a subprogram returns an int. */
function checkAbnormalReturn(env: LoadEnv): void {
  for (const subprog of env.subprogs.slice(1)) {
    if (subprog.hasLdAbs) refuse(env, Errno.EINVAL, 'LD_ABS is not allowed in subprogs without BTF\n')
    if (subprog.hasTailCall) refuse(env, Errno.EINVAL, 'tail_call is not allowed in subprogs without BTF\n')
  }
}

/** check_btf_func. */
function checkFuncs(env: LoadEnv): void {
  const { funcInfo, subprogs, btf } = env
  if (!btf) return
  if (funcInfo.length !== subprogs.length) {
    refuse(env, Errno.EINVAL, "number of funcs in func_info doesn't match number of subprogs\n")
  }
  subprogs.forEach((subprog, i) => {
    const info = funcInfo[i] as FuncInfo
    if (subprog.start !== info.insnOff) {
      refuse(env, Errno.EINVAL, "func_info BTF section doesn't match subprog layout in BPF program\n")
    }
    if (i === 0 || returnsScalar(btf, info.typeId)) return
    if (subprog.hasLdAbs) refuse(env, Errno.EINVAL, "LD_ABS is only allowed in functions that return 'int'.\n")
    if (subprog.hasTailCall) refuse(env, Errno.EINVAL, "tail_call is only allowed in functions that return 'int'.\n")
  })
}

/** btf_type_is_small_int or btf_is_any_enum of a function's return type. */
function returnsScalar(btf: Btf, func: number): boolean {
  const type = btf.skipModsAndTypedefs(btf.type(btf.type(func)))
  const kind = btf.kind(type)
  return kind === Kind.ENUM || kind === Kind.ENUM64 || isSmallInt(btf, type)
}

/** btf_type_is_small_int: one that fits a register. */
function isSmallInt(btf: Btf, type: number): boolean {
  return btf.kind(type) === Kind.INT && btf.size(type) <= 8
}

/** check_btf_line. */
function readLines(env: LoadEnv, lines: Records): Uint8Array {
  const { insns, subprogs, btf } = env
  const { recSize, count } = lines
  if (!btf || recSize < MIN_LINE_INFO_SIZE || recSize > MAX_RECORD_SIZE || recSize & 3) refuse(env, Errno.EINVAL)
  const kept = new Uint8Array(count * LINE_INFO_SIZE)
  const view = viewOf(lines.bytes)
  let previous = 0
  let s = 0
  for (let i = 0; i < count; i++) {
    const at = i * recSize
    checkTail(env, lines, i, LINE_INFO_SIZE, 'nonzero tailing record in line_info')
    kept.set(lines.bytes.subarray(at, at + LINE_INFO_SIZE), i * LINE_INFO_SIZE)
    const off = view.getUint32(at, true)
    if ((i > 0 && off <= previous) || off >= insns.length) {
      const where = `line_info[${i}].insn_off:${off} (prev_offset:${previous} prog->len:${insns.length})`
      refuse(env, Errno.EINVAL, `Invalid ${where}\n`)
    }
    if (insns.code(off) === 0) refuse(env, Errno.EINVAL, `Invalid insn code at line_info[${i}].insn_off\n`)
    if (!btf.hasString(view.getUint32(at + 8, true)) || !btf.hasString(view.getUint32(at + 4, true))) {
      refuse(env, Errno.EINVAL, `Invalid line_info[${i}].line_off or .file_name_off\n`)
    }
    const next = subprogs[s]
    if (next) {
      if (off === next.start) s++
      else if (next.start < off) refuse(env, Errno.EINVAL, `missing bpf_line_info for func#${s}\n`)
    }
    previous = off
  }
  if (s !== subprogs.length) {
    refuse(env, Errno.EINVAL, `missing bpf_line_info for ${subprogs.length - s} funcs starting from func#${s}\n`)
  }
  return kept
}

/** check_core_relo. */
function checkCoreRelos(env: LoadEnv): void {
  const relos = records(env.attr.coreRelos, env.attr.coreReloRecSize)
  const { btf, insns } = env
  if (relos.count === 0 || !btf) return
  const { recSize } = relos
  if (recSize < MIN_CORE_RELO_SIZE || recSize > MAX_RECORD_SIZE || recSize % 4) refuse(env, Errno.EINVAL)
  const view = viewOf(relos.bytes)
  for (let i = 0; i < relos.count; i++) {
    const at = i * recSize
    checkTail(env, relos, i, MIN_CORE_RELO_SIZE, 'nonzero tailing record in core_relo')
    const relo = {
      insnOff: view.getUint32(at, true),
      typeId: view.getUint32(at + 4, true),
      accessStrOff: view.getUint32(at + 8, true),
      kind: view.getUint32(at + 12, true),
    }
    const off = relo.insnOff
    if (off % INSN_SIZE || off / INSN_SIZE >= insns.length) {
      refuse(env, Errno.EINVAL, `Invalid core_relo[${i}].insn_off:${off} prog->len:${insns.length}\n`)
    }
    applyCoreRelo(env, btf, i, relo)
  }
}
