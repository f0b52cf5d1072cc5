import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { Class, LD_IMM64, Mode } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { PseudoLdImm64 } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import { vmlinuxTypes } from '../btf/vmlinux.ts'
import { KernelError } from '../error.ts'
import { refuse } from '../log.ts'
import { isSince } from '../profile/release.ts'
import type { MapRecord } from '../objects/records.ts'
import type { LoadEnv } from './env.ts'
import { addUsedBtf } from './fd-array.ts'
import { addUsedMap } from './map-compat.ts'
import { ATOMICS, SIGNED_LOADS, isKnownOpcode } from './opcodes.ts'

/** Values of maps may be addressed up to here (BPF_MAX_VAR_OFF). */
const MAX_VAR_OFF = 1 << 29
const PAGE_SIZE = 4096

/**
 * resolve_pseudo_ldimm64: every opcode must be one that exists, and every two-slot load must name a map, a kernel
 * symbol or a function that does.
 */
export function resolveLdImm64(env: LoadEnv): void {
  const { insns, kernel } = env
  const signedLoads = isSince(kernel, SIGNED_LOADS)
  const atomics = isSince(kernel, ATOMICS)
  for (let i = 0; i < insns.length; i++) {
    const code = insns.code(i)
    if ((code & 7) === Class.LDX) {
      const mode = code & 0xe0
      if (!(mode === Mode.MEM || (mode === Mode.MEMSX && signedLoads)) || insns.imm(i) !== 0) {
        refuse(env, Errno.EINVAL, 'BPF_LDX uses reserved fields\n')
      }
    }
    if (!atomics && (code & 7) === Class.STX && insns.imm(i) !== 0) {
      refuse(env, Errno.EINVAL, 'BPF_STX uses reserved fields\n')
    }
    if (code === LD_IMM64) {
      resolve(env, i)
      i++
    } else if (!isKnownOpcode(kernel, code)) {
      refuse(env, Errno.EINVAL, `unknown opcode ${code.toString(16).padStart(2, '0')}\n`)
    }
  }
}

function resolve(env: LoadEnv, i: number): void {
  const { insns } = env
  const j = i + 1
  if (j === insns.length || insns.code(j) || insns.dst(j) || insns.src(j) || insns.off(j)) {
    refuse(env, Errno.EINVAL, 'invalid bpf_ld_imm64 insn\n')
  }
  const src = insns.src(i)
  switch (src) {
    case 0:
    case PseudoLdImm64.FUNC:
      return
    case PseudoLdImm64.BTF_ID:
      env.ksymAddresses.set(i, kernelSymbol(env, i))
      return
    case PseudoLdImm64.MAP_VALUE:
    case PseudoLdImm64.MAP_IDX_VALUE:
      break
    case PseudoLdImm64.MAP_FD:
    case PseudoLdImm64.MAP_IDX:
      if (insns.imm(j) === 0) break
      refuse(env, Errno.EINVAL, 'unrecognized bpf_ld_imm64 insn\n')
      break
    default:
      refuse(env, Errno.EINVAL, 'unrecognized bpf_ld_imm64 insn\n')
  }
  const byIndex = src === PseudoLdImm64.MAP_IDX || src === PseudoLdImm64.MAP_IDX_VALUE
  const fd = byIndex ? fdAt(env, insns.imm(i)) : insns.imm(i)
  const mapIndex = addUsedMap(env, mapByFd(env, fd))
  env.mapUses.push({ slot: i, mapIndex })
  if (src === PseudoLdImm64.MAP_VALUE || src === PseudoLdImm64.MAP_IDX_VALUE) {
    checkDirectValue(env, env.usedMaps[mapIndex] as MapRecord, insns.imm(j) >>> 0)
  }
}

function fdAt(env: LoadEnv, index: number): number {
  const { fdArray } = env.attr
  if (!fdArray) refuse(env, Errno.EPROTO, 'fd_idx without fd_array is invalid\n')
  const fd = fdArray[index]
  if (fd === undefined) refuse(env, Errno.EFAULT)
  return fd
}

function mapByFd(env: LoadEnv, fd: number): MapRecord {
  try {
    return env.kernel.mapByFd(fd)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    refuse(env, error.errno, `fd ${fd} is not pointing to valid bpf_map\n`)
  }
}

/** map_direct_value_addr: arrays of one element and arenas have values at a fixed address. */
function checkDirectValue(env: LoadEnv, map: MapRecord, off: number): void {
  if (off >= MAX_VAR_OFF) refuse(env, Errno.EINVAL, `direct value offset of ${off} is not allowed\n`)
  let errno = 0
  if (map.type === MapType.ARRAY) {
    if (map.maxEntries !== 1) errno = Errno.ENOTSUPP
    else if (off >= map.valueSize) errno = Errno.EINVAL
  } else if (map.type === MapType.ARENA) {
    if (off > map.maxEntries * PAGE_SIZE) errno = Errno.ERANGE
  } else {
    refuse(env, Errno.EINVAL, 'no direct value access support for this map type\n')
  }
  if (errno) {
    refuse(env, errno, `invalid access to map value pointer, value_size=${map.valueSize} off=${off}\n`)
  }
}

/** check_pseudo_btf_id: a variable or function of the kernel, and its address. */
function kernelSymbol(env: LoadEnv, i: number): bigint {
  const { insns } = env
  const id = insns.imm(i) >>> 0
  const fd = insns.imm(i + 1)
  const btf = fd === 0 ? vmlinuxTypes(env.kernel) : btfOfFd(env, fd)
  if (!btf.has(id)) refuse(env, Errno.ENOENT, `ldimm64 insn specifies invalid btf_id ${id | 0}.\n`)
  const kind = btf.kind(id)
  if (kind !== Kind.VAR && kind !== Kind.FUNC) {
    refuse(env, Errno.EINVAL, `pseudo btf_id ${id | 0} in ldimm64 isn't KIND_VAR or KIND_FUNC\n`)
  }
  const name = btf.name(id)
  const address = env.kernel.symbol(name)
  if (address === undefined) {
    refuse(env, Errno.ENOENT, `ldimm64 failed to find the address for kernel symbol '${name}'.\n`)
  }
  if (kind === Kind.VAR) checkSize(env, btf, id)
  addUsedBtf(env, btf)
  return address
}

function btfOfFd(env: LoadEnv, fd: number): Btf {
  try {
    return env.kernel.btfByFd(fd).types
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    refuse(env, Errno.EINVAL, 'invalid module BTF object FD specified.\n')
  }
}

/** What isn't per CPU and no struct must have a size. */
function checkSize(env: LoadEnv, btf: Btf, id: number): void {
  const type = btf.skipModsAndTypedefs(btf.type(id))
  if (btf.kind(type) === Kind.STRUCT || btf.kind(type) === Kind.UNION || isPerCpu(btf, id)) return
  if (btf.resolveSize(type) === undefined) {
    const text = `ldimm64 unable to resolve the size of type '${btf.name(type)}': ${-Errno.EINVAL}\n`
    refuse(env, Errno.EINVAL, text)
  }
}

function isPerCpu(btf: Btf, id: number): boolean {
  const section = btf.findByNameKind('.data..percpu', Kind.DATASEC)
  if (section === undefined) return false
  for (let i = 0; i < btf.vlen(section); i++) if (btf.secVarType(section, i) === id) return true
  return false
}
