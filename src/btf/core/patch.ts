import type { Insns } from '../../isa/insn.ts'
import { Class, Jmp, LD_IMM64, Size, Source } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { CoreError } from './host.ts'
import type { CoreHost } from './host.ts'
import type { Resolution } from './resolve.ts'

/** What a relocation makes of an instruction (bpf_core_patch_insn). */

/** The helper number that stands in for an access that the kernel doesn't have. */
export const POISON_CORE = 195896080
const SHRT_MAX = 32767n

const sizeBytes: ReadonlyMap<number, number> = new Map([
  [Size.DW, 8],
  [Size.W, 4],
  [Size.H, 2],
  [Size.B, 1],
])

/** One instruction of one relocation, and who hears of it. */
interface Patch {
  readonly host: CoreHost
  readonly insns: Insns
  readonly i: number
  readonly res: Resolution
  say(message: string): string
}

/** @throws CoreError after printing why. */
export function patchInsn(
  host: CoreHost,
  progName: string,
  index: number,
  insns: Insns,
  i: number,
  res: Resolution,
): void {
  const patch: Patch = { host, insns, i, res, say: (message) => `prog '${progName}': relo #${index}: ${message}` }
  if (res.poison) {
    poison(patch)
    return
  }
  switch (insns.code(i) & 7) {
    case Class.ALU:
    case Class.ALU64:
      patchImmediate(patch)
      return
    case Class.LDX:
    case Class.ST:
    case Class.STX:
      patchOffset(patch)
      return
    case Class.LD:
      patchLdImm64(patch)
      return
    default: {
      const hex = (value: number): string => (value >>> 0).toString(16)
      const parts = [
        `code:0x${hex(insns.code(i))}`,
        `src:0x${hex(insns.src(i))}`,
        `dst:0x${hex(insns.dst(i))}`,
        `off:0x${hex(insns.off(i))}`,
        `imm:0x${hex(insns.imm(i))}`,
      ]
      refuse(patch, `trying to relocate unrecognized insn #${i}, ${parts.join(', ')}`)
    }
  }
}

function refuse({ host, say }: Patch, message: string, errno: number = Errno.EINVAL): never {
  host.warn(say(message))
  throw new CoreError(errno)
}

function as64(value: number): bigint {
  return BigInt.asUintN(64, BigInt(value))
}

function low32(value: bigint): number {
  return Number(BigInt.asIntN(32, value))
}

function patchImmediate(patch: Patch): void {
  const { host, insns, i, res, say } = patch
  if ((insns.code(i) & Source.X) !== 0) throw new CoreError(Errno.EINVAL)
  const imm = insns.imm(i)
  if (res.validate && as64(imm) !== res.origVal) {
    refuse(patch, `unexpected insn #${i} (ALU/ALU64) value: got ${imm >>> 0}, exp ${res.origVal} -> ${res.newVal}`)
  }
  insns.setImm(i, low32(res.newVal))
  host.debug(() => say(`patched insn #${i} (ALU/ALU64) imm ${as64(imm)} -> ${res.newVal}`))
}

function patchOffset(patch: Patch): void {
  const { host, insns, i, res, say } = patch
  const off = insns.off(i)
  if (res.validate && as64(off) !== res.origVal) {
    refuse(patch, `unexpected insn #${i} (LDX/ST/STX) value: got ${off >>> 0}, exp ${res.origVal} -> ${res.newVal}`)
  }
  if (res.newVal > SHRT_MAX) refuse(patch, `insn #${i} (LDX/ST/STX) value too big: ${res.newVal}`, Errno.ERANGE)
  if (res.failMemSize) {
    const advice = 'Make sure you are accessing pointers, unsigned integers, or fields of matching type and size.'
    host.warn(say(`insn #${i} (LDX/ST/STX) accesses field incorrectly. ${advice}`))
    poison(patch)
    return
  }
  insns.setOff(i, Number(res.newVal))
  host.debug(() => say(`patched insn #${i} (LDX/ST/STX) off ${as64(off)} -> ${res.newVal}`))
  if (res.newSize !== res.origSize) patchSize(patch)
}

function patchSize(patch: Patch): void {
  const { host, insns, i, res, say } = patch
  const code = insns.code(i)
  const bytes = sizeBytes.get(code & 0x18) ?? -1
  if (bytes !== res.origSize) {
    refuse(patch, `insn #${i} (LDX/ST/STX) unexpected mem size: got ${bytes}, exp ${res.origSize}`)
  }
  const size = [...sizeBytes].find(([, each]) => each === res.newSize)?.[0]
  if (size === undefined) return refuse(patch, `insn #${i} (LDX/ST/STX) invalid new mem size: ${res.newSize}`)
  insns.setCode(i, (code & ~0x18) | size)
  host.debug(() => say(`patched insn #${i} (LDX/ST/STX) mem_sz ${res.origSize} -> ${res.newSize}`))
}

function patchLdImm64(patch: Patch): void {
  const { host, insns, i, res, say } = patch
  const next = i + 1
  const isWhole = next < insns.length
  const formed =
    insns.code(i) === LD_IMM64 &&
    insns.src(i) === 0 &&
    insns.off(i) === 0 &&
    (!isWhole || (insns.code(next) === 0 && insns.dst(next) === 0 && insns.src(next) === 0 && insns.off(next) === 0))
  if (!formed) refuse(patch, `insn #${i} (LDIMM64) has unexpected form`)
  const imm = (BigInt(isWhole ? insns.imm(next) >>> 0 : 0) << 32n) | BigInt(insns.imm(i) >>> 0)
  if (res.validate && imm !== res.origVal) {
    refuse(patch, `unexpected insn #${i} (LDIMM64) value: got ${imm}, exp ${res.origVal} -> ${res.newVal}`)
  }
  insns.setImm(i, low32(res.newVal))
  if (isWhole) insns.setImm(next, low32(res.newVal >> 32n))
  host.debug(() => say(`patched insn #${i} (LDIMM64) imm64 ${imm} -> ${res.newVal}`))
}

/** bpf_core_poison_insn, of both halves of an ld_imm64. */
function poison({ host, insns, i, say }: Patch): void {
  const halves = insns.code(i) === LD_IMM64 ? [i, i + 1] : [i]
  for (const at of host.secondHalfFirst ? halves.reverse() : halves) {
    host.debug(() => say(`substituting insn #${at} w/ invalid insn`))
    if (at < insns.length) insns.set(at, Class.JMP | Jmp.CALL, 0, 0, 0, POISON_CORE)
  }
}
