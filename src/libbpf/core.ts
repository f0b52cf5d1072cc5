import { Btf, BtfError } from '../btf/btf.ts'
import type { Insns } from '../isa/insn.ts'
import { Class, Jmp, LD_IMM64, Size, Source } from '../isa/opcode.ts'
import { Errno } from '../uapi/errno.ts'
import { CoreKind } from './core-spec.ts'
import { Elf } from './elf.ts'
import { EssentialNames, resolveCore } from './core-resolve.ts'
import type { Candidate, Resolution } from './core-resolve.ts'
import { LibbpfError, errstr } from './error.ts'
import type { KernelBtf } from './kernel-btf.ts'
import { silent } from './log.ts'
import { RelocType } from './model.ts'
import type { BpfObject, BpfProgram, CoreRelo } from './model.ts'
import { kindName } from './object-btf.ts'
import type { ObjectBtf } from './object-btf.ts'

const INSN_SIZE = 8
/** The helper number that stands in for an access that the kernel doesn't have. */
export const POISON_CORE = 195896080

/** bpf_object__relocate_core. @throws LibbpfError. */
export function relocateCore(obj: BpfObject, kernel: KernelBtf): void {
  const { btf, btfExt, log } = obj
  if (btf === undefined || btfExt === undefined || btfExt.coreRelo.length === 0) return
  const relocator = new CoreRelocator(obj, btf, kernel)
  const { recordSize } = btfExt.coreRelo
  for (const section of btfExt.coreRelo.sections) {
    const secName = btf.string(section.nameOff)
    if (secName === '') throw new LibbpfError(Errno.EINVAL)
    log.debug(() => `sec '${secName}': found ${section.count} CO-RE relocations`)
    const view = new DataView(section.records.buffer, section.records.byteOffset, section.records.length)
    for (let i = 0; i < section.count; i++) {
      const at = i * recordSize
      relocator.relocate(i, secName, section.sectionIndex, {
        insnOff: view.getUint32(at, true),
        typeId: view.getUint32(at + 4, true),
        accessStrOff: view.getUint32(at + 8, true),
        kind: view.getUint32(at + 12, true),
      })
    }
  }
}

/** btf__parse of a file that the user named: raw BTF, or an ELF file's. */
function parseCustomBtf(obj: BpfObject, bytes: Uint8Array): Btf {
  let errno: number = Errno.EINVAL
  try {
    const elf = bytes[0] === 0x7f && bytes[1] === 0x45
    const raw = elf ? elfBtf(bytes) : bytes
    if (raw !== undefined) return Btf.parse(raw)
    errno = Errno.ENODATA
  } catch (error) {
    if (!(error instanceof BtfError) && !(error instanceof LibbpfError)) throw error
    errno = error.errno
  }
  obj.log.warn(`failed to parse target BTF: ${errstr(errno)}`)
  throw new LibbpfError(errno)
}

function elfBtf(bytes: Uint8Array): Uint8Array | undefined {
  const elf = new Elf(bytes, '', silent, true)
  return elf.data(elf.sectionByName('.BTF'))
}

class CoreRelocator {
  readonly #obj: BpfObject
  readonly #btf: ObjectBtf
  readonly #kernel: KernelBtf
  readonly #custom: Btf | undefined
  readonly #candidates = new Map<number, Candidate[]>()
  readonly #names: EssentialNames

  constructor(obj: BpfObject, btf: ObjectBtf, kernel: KernelBtf) {
    this.#obj = obj
    this.#btf = btf
    this.#kernel = kernel
    this.#names = new EssentialNames(obj.log)
    const custom = obj.options.customBtf
    this.#custom = custom === undefined ? undefined : parseCustomBtf(obj, custom.bytes)
  }

  relocate(index: number, secName: string, sectionIndex: number, relo: CoreRelo): void {
    const obj = this.#obj
    const { log } = obj
    if (relo.insnOff % INSN_SIZE) throw new LibbpfError(Errno.EINVAL)
    const prog = obj.programAt(sectionIndex, relo.insnOff / INSN_SIZE)
    if (prog === undefined) {
      log.debug(
        () =>
          `sec '${secName}': skipping CO-RE relocation #${index} for insn #${relo.insnOff / INSN_SIZE} ` +
          'belonging to eliminated weak subprogram',
      )
      return
    }
    if (!prog.autoload) return
    const insnIdx = relo.insnOff / INSN_SIZE - prog.secInsnOff
    if (prog.insns.code(insnIdx) === LD_IMM64 && insnIdx + 1 >= prog.insns.length) {
      log.warn(`prog '${prog.name}': relo #${index}: insn #${insnIdx} (LDIMM64) is truncated`)
      throw new LibbpfError(Errno.EINVAL)
    }
    prog.relocs.push({
      type: RelocType.CORE,
      insnIdx,
      mapIdx: -1,
      extIdx: -1,
      symOff: 0,
      symSize: 0,
      core: relo,
    })
    // The kernel does it, when the loader has it load the program.
    if (obj.loader !== undefined) return
    const step = <T>(what: string, fn: () => T): T => {
      try {
        return fn()
      } catch (error) {
        if (!(error instanceof LibbpfError)) throw error
        log.warn(`prog '${prog.name}': relo #${index}: failed to ${what}: ${errstr(error.errno)}`)
        throw error
      }
    }
    const resolution = step('relocate', () => this.#resolve(prog, index, relo))
    step(`patch insn #${insnIdx}`, () => {
      this.#patch(prog, index, insnIdx, resolution)
    })
  }

  /** bpf_core_find_cands. */
  #find(prog: BpfProgram, index: number, localId: number): Candidate[] {
    const known = this.#candidates.get(localId)
    if (known !== undefined) return known
    const btf = this.#btf
    const name = btf.name(localId)
    if (name === '') {
      this.#obj.log.warn(
        `prog '${prog.name}': relo #${index}: target candidate search failed for [${localId}] ` +
          `${kindName(btf.kind(localId))} ${name}: ${-Errno.EINVAL}`,
      )
      throw new LibbpfError(Errno.EINVAL)
    }
    const found: Candidate[] = []
    this.#names.add(found, btf, localId, this.#custom ?? this.#kernel.load(), 'vmlinux')
    if (found.length === 0 && this.#custom === undefined) {
      for (const module of this.#kernel.modules()) this.#names.add(found, btf, localId, module.btf, module.name)
    }
    this.#candidates.set(localId, found)
    return found
  }

  /** bpf_core_resolve_relo. */
  #resolve(prog: BpfProgram, index: number, relo: CoreRelo): Resolution {
    const btf = this.#btf
    if (relo.typeId >= btf.typeCount) throw new LibbpfError(Errno.EINVAL)
    const candidates = relo.kind === CoreKind.TYPE_ID_LOCAL ? [] : this.#find(prog, index, relo.typeId)
    return resolveCore(prog.name, index, relo, btf, candidates, this.#obj.log).resolution
  }

  /** bpf_core_patch_insn. */
  #patch(prog: BpfProgram, index: number, i: number, res: Resolution): void {
    const { insns } = prog
    const { log } = this.#obj
    const say = (message: string): string => `prog '${prog.name}': relo #${index}: ${message}`
    const refuse = (message: string, errno: number = Errno.EINVAL): never => {
      log.warn(say(message))
      throw new LibbpfError(errno)
    }
    const code = insns.code(i)
    const change = `exp ${res.origVal} -> ${res.newVal}`
    const as64 = (value: number): bigint => BigInt.asUintN(64, BigInt(value))
    switch (code & 7) {
      case Class.ALU:
      case Class.ALU64: {
        if ((code & Source.X) !== 0) break
        if (res.poison) {
          this.#poison(insns, i, say)
          return
        }
        const imm = insns.imm(i)
        if (res.validate && as64(imm) !== res.origVal) {
          refuse(`unexpected insn #${i} (ALU/ALU64) value: got ${imm >>> 0}, ${change}`)
        }
        insns.setImm(i, Number(BigInt.asIntN(32, res.newVal)))
        log.debug(() => say(`patched insn #${i} (ALU/ALU64) imm ${as64(imm)} -> ${res.newVal}`))
        return
      }
      case Class.LDX:
      case Class.ST:
      case Class.STX:
        this.#patchMemory(insns, i, res, say, refuse)
        return
      case Class.LD: {
        const formed =
          code === LD_IMM64 &&
          insns.src(i) === 0 &&
          insns.off(i) === 0 &&
          insns.code(i + 1) === 0 &&
          insns.dst(i + 1) === 0 &&
          insns.src(i + 1) === 0 &&
          insns.off(i + 1) === 0
        if (!formed) refuse(`insn #${i} (LDIMM64) has unexpected form`)
        if (res.poison) {
          this.#poison(insns, i, say)
          return
        }
        const imm = (BigInt(insns.imm(i + 1) >>> 0) << 32n) | BigInt(insns.imm(i) >>> 0)
        if (res.validate && imm !== res.origVal) {
          refuse(`unexpected insn #${i} (LDIMM64) value: got ${imm}, ${change}`)
        }
        insns.setImm(i, Number(BigInt.asIntN(32, res.newVal)))
        insns.setImm(i + 1, Number(BigInt.asIntN(32, res.newVal >> 32n)))
        log.debug(() => say(`patched insn #${i} (LDIMM64) imm64 ${imm} -> ${res.newVal}`))
        return
      }
      default:
    }
    const hex = (value: number): string => (value >>> 0).toString(16)
    refuse(
      `trying to relocate unrecognized insn #${i}, code:0x${hex(code)}, src:0x${hex(insns.src(i))}, ` +
        `dst:0x${hex(insns.dst(i))}, off:0x${hex(insns.off(i))}, imm:0x${hex(insns.imm(i))}`,
    )
  }

  #patchMemory(
    insns: Insns,
    i: number,
    res: Resolution,
    say: (message: string) => string,
    refuse: (message: string, errno?: number) => never,
  ): void {
    const { log } = this.#obj
    if (res.poison) {
      this.#poison(insns, i, say)
      return
    }
    const off = insns.off(i)
    const off64 = BigInt.asUintN(64, BigInt(off))
    if (res.validate && off64 !== res.origVal) {
      refuse(`unexpected insn #${i} (LDX/ST/STX) value: got ${off >>> 0}, exp ${res.origVal} -> ${res.newVal}`)
    }
    if (res.newVal > 32767n) refuse(`insn #${i} (LDX/ST/STX) value too big: ${res.newVal}`, Errno.ERANGE)
    if (res.failMemSize) {
      log.warn(
        say(
          `insn #${i} (LDX/ST/STX) accesses field incorrectly. Make sure you are accessing pointers, unsigned ` +
            'integers, or fields of matching type and size.',
        ),
      )
      this.#poison(insns, i, say)
      return
    }
    insns.setOff(i, Number(res.newVal))
    log.debug(() => say(`patched insn #${i} (LDX/ST/STX) off ${off64} -> ${res.newVal}`))
    if (res.newSize === res.origSize) return
    const code = insns.code(i)
    const bytes = sizeBytes.get(code & 0x18) ?? -1
    if (bytes !== res.origSize) {
      refuse(`insn #${i} (LDX/ST/STX) unexpected mem size: got ${bytes}, exp ${res.origSize}`)
    }
    const size = [...sizeBytes].find(([, each]) => each === res.newSize)?.[0]
    if (size === undefined) return refuse(`insn #${i} (LDX/ST/STX) invalid new mem size: ${res.newSize}`)
    insns.setCode(i, (code & ~0x18) | size)
    log.debug(() => say(`patched insn #${i} (LDX/ST/STX) mem_sz ${res.origSize} -> ${res.newSize}`))
  }

  /** bpf_core_poison_insn. */
  #poison(insns: Insns, i: number, say: (message: string) => string): void {
    const count = insns.code(i) === LD_IMM64 ? 2 : 1
    for (let at = i; at < i + count; at++) {
      this.#obj.log.debug(() => say(`substituting insn #${at} w/ invalid insn`))
      insns.set(at, Class.JMP | Jmp.CALL, 0, 0, 0, POISON_CORE)
    }
  }
}

const sizeBytes: ReadonlyMap<number, number> = new Map([
  [Size.DW, 8],
  [Size.W, 4],
  [Size.H, 2],
  [Size.B, 1],
])
