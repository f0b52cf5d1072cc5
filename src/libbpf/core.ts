import { Btf, BtfError } from '../btf/btf.ts'
import type { CoreHost } from '../btf/core/host.ts'
import { patchInsn } from '../btf/core/patch.ts'
import { resolveCore } from '../btf/core/resolve.ts'
import type { Candidate, Resolution } from '../btf/core/resolve.ts'
import { CoreKind } from '../btf/core/spec.ts'
import type { CoreRelo } from '../btf/core/spec.ts'
import { LD_IMM64 } from '../isa/opcode.ts'
import { Errno } from '../uapi/errno.ts'
import { asLibbpf, coreHost } from './core-host.ts'
import { EssentialNames } from './core-names.ts'
import { Elf } from './elf.ts'
import { LibbpfError, errstr } from './error.ts'
import type { KernelBtf } from './kernel-btf.ts'
import { silent } from './log.ts'
import { RelocType } from './model.ts'
import type { BpfObject, BpfProgram } from './model.ts'
import { kindName } from './object-btf.ts'
import type { ObjectBtf } from './object-btf.ts'

const INSN_SIZE = 8

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
  readonly #host: CoreHost

  constructor(obj: BpfObject, btf: ObjectBtf, kernel: KernelBtf) {
    this.#obj = obj
    this.#btf = btf
    this.#kernel = kernel
    this.#names = new EssentialNames(obj.log)
    this.#host = coreHost(obj.log)
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
        return asLibbpf(fn)
      } catch (error) {
        if (!(error instanceof LibbpfError)) throw error
        log.warn(`prog '${prog.name}': relo #${index}: failed to ${what}: ${errstr(error.errno)}`)
        throw error
      }
    }
    const resolution = step('relocate', () => this.#resolve(prog, index, relo))
    step(`patch insn #${insnIdx}`, () => {
      patchInsn(this.#host, prog.name, index, prog.insns, insnIdx, resolution)
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
    return resolveCore(prog.name, index, relo, btf, candidates, this.#host).resolution
  }
}
