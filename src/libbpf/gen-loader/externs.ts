import { Alu, Class, Jmp } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { LoaderHelper, FD_ARRAY_LENGTH, MAX_KFUNC_DESCS, MAX_USED_MAPS } from './layout.ts'
import { Reg } from './writer.ts'
import type { Log } from '../log.ts'
import type { LoaderWriter } from './writer.ts'

/** Bytes of an instruction: its registers, offset and immediate; the next one's immediate. */
const REGS = 1
const OFF = 2
const IMM = 4
const SECOND_IMM = 12

/** struct ksym_relo_desc: an instruction that needs something of the kernel's by its name. */
export interface ExternUse {
  name: string
  isWeak: boolean
  isTypeless: boolean
  isLd64: boolean
  /** BTF_KIND_VAR or BTF_KIND_FUNC. */
  kind: number
  insnIdx: number
}

/** struct ksym_desc: the first use of a name, which the others copy. */
interface Known {
  name: string
  kind: number
  isLd64: boolean
  typeless: boolean
  count: number
  /** The place in fd_array of a kfunc's BTF. */
  fdIdx: number
  /** The instruction in the blob. */
  insn: number
}

/** Looks up the kernel's symbols, variables and functions while the loader runs, for one program at a time. */
export class ExternRelocs {
  readonly #gen: LoaderWriter
  readonly #log: Log
  #uses: ExternUse[] = []
  #known: Known[] = []
  #kfuncFds = 0

  constructor(gen: LoaderWriter, log: Log) {
    this.#gen = gen
    this.#log = log
  }

  record(use: ExternUse): void {
    this.#uses.push(use)
  }

  /** emit_relos. @param insns where the program's instructions stand in the blob. */
  emit(insns: number): void {
    for (const use of this.#uses) {
      this.#log.debug(
        () => `gen: emit_relo (${use.kind}): ${use.name} at ${use.insnIdx} ${use.isLd64 ? 'ld64' : 'call'}`,
      )
      const insn = insns + 8 * use.insnIdx
      this.#gen.address(Reg.INSN, insn)
      if (!use.isLd64) this.#kfunc(use, insn)
      else if (use.isTypeless) this.#symbol(use, insn)
      else this.#variable(use, insn)
    }
  }

  /** cleanup_relos: closes the BTF of modules; successful or not, the program has no more need of it. */
  cleanup(): void {
    for (const known of this.#known) {
      if (known.isLd64) {
        if (!known.typeless) this.#gen.closeInBlob(known.insn + SECOND_IMM)
      } else {
        this.#gen.closeInBlob(this.#gen.fdArrayOff(known.fdIdx))
        if (known.fdIdx < FD_ARRAY_LENGTH) this.#kfuncFds--
      }
    }
    this.#known = []
    this.#uses = []
  }

  /** get_ksym_desc. */
  #find(use: ExternUse, insn: number): Known {
    const { name, kind, isLd64 } = use
    const found = this.#known.find((each) => each.kind === kind && each.isLd64 === isLd64 && each.name === name)
    if (found !== undefined) {
      found.count++
      return found
    }
    const known = { name, kind, isLd64, typeless: false, count: 1, fdIdx: 0, insn }
    this.#known.push(known)
    return known
  }

  /** emit_bpf_find_by_name_kind. */
  #findByName({ name, kind }: ExternUse): void {
    findByNameKind(this.#gen, name, kind)
  }

  /** add_kfunc_btf_fd: past the reserved places, anywhere in the blob will do. */
  #placeOfFd(): number {
    const gen = this.#gen
    if (this.#kfuncFds < MAX_KFUNC_DESCS) return MAX_USED_MAPS + this.#kfuncFds++
    return Math.floor((gen.addZeros(4) - gen.fdArray) / 4)
  }

  /** emit_relo_kfunc_btf. */
  #kfunc(use: ExternUse, insn: number): void {
    const gen = this.#gen
    const known = this.#find(use, insn)
    if (known.count > 1) {
      gen.copyInBlob(insn + IMM, 4, known.insn + IMM)
      gen.copyInBlob(insn + OFF, 2, known.insn + OFF)
      return
    }
    this.#findByName(use)
    if (!use.isWeak) gen.checkError()
    const fdIdx = this.#placeOfFd()
    if (fdIdx > 0x7fff) {
      this.#log.warn(`BTF fd off ${fdIdx} for kfunc ${use.name} exceeds INT16_MAX, cannot process relocation`)
      gen.error = Errno.E2BIG
      return
    }
    known.fdIdx = fdIdx
    gen.jumpIf(Jmp.JSGE, Reg.RESULT, 0, 3)
    gen.storeImm(4, Reg.INSN, IMM, 0)
    gen.storeImm(2, Reg.INSN, OFF, 0)
    gen.jump(10)
    gen.store(4, Reg.INSN, Reg.RESULT, IMM)
    gen.mov(Reg.R9, Reg.RESULT)
    gen.upperHalf(Reg.R9)
    gen.address(Reg.R0, gen.fdArrayOff(fdIdx))
    gen.store(4, Reg.R0, Reg.R9, 0)
    gen.jumpIf(Jmp.JNE, Reg.R9, 0, 2)
    gen.storeImm(2, Reg.INSN, OFF, 0)
    gen.jump(1)
    gen.storeImm(2, Reg.INSN, OFF, fdIdx)
  }

  /** emit_relo_ksym_typeless: a symbol's address. */
  #symbol(use: ExternUse, insn: number): void {
    const gen = this.#gen
    const known = this.#find(use, insn)
    if (known.count > 1) {
      gen.copyInBlob(insn + IMM, 4, known.insn + IMM)
      gen.copyInBlob(insn + SECOND_IMM, 4, known.insn + SECOND_IMM)
      return
    }
    known.typeless = true
    const name = gen.addText(use.name)
    const result = gen.addZeros(8)
    gen.address(Reg.R1, name)
    gen.movImm(Reg.R2, use.name.length + 1)
    gen.movImm(Reg.R3, 0)
    gen.address(Reg.R4, result)
    gen.mov(Reg.RESULT, Reg.R4)
    gen.call(LoaderHelper.kallsymsLookupName)
    gen.load(8, Reg.R9, Reg.RESULT, 0)
    gen.mov(Reg.RESULT, Reg.R0)
    gen.jumpIf(Jmp.JEQ, Reg.RESULT, -Errno.ENOENT, 1)
    gen.checkError()
    gen.store(4, Reg.INSN, Reg.R9, IMM)
    gen.upperHalf(Reg.R9)
    gen.store(4, Reg.INSN, Reg.R9, SECOND_IMM)
  }

  /** emit_relo_ksym_btf: a variable of the kernel's; one that isn't there reads as a plain zero. */
  #variable(use: ExternUse, insn: number): void {
    const gen = this.#gen
    const known = this.#find(use, insn)
    if (known.count > 1) {
      gen.copyInBlob(insn + SECOND_IMM, 4, known.insn + SECOND_IMM)
      gen.copyInBlob(insn + IMM, 4, known.insn + IMM)
      gen.jumpIf(Jmp.JNE, Reg.R0, 0, 3)
    } else {
      this.#findByName(use)
      if (!use.isWeak) gen.checkError()
      gen.jumpIf(Jmp.JSGE, Reg.RESULT, 0, 3)
      gen.storeImm(4, Reg.INSN, IMM, 0)
      gen.storeImm(4, Reg.INSN, SECOND_IMM, 0)
      gen.jump(4)
      gen.store(4, Reg.INSN, Reg.RESULT, IMM)
      gen.upperHalf(Reg.RESULT)
      gen.store(4, Reg.INSN, Reg.RESULT, SECOND_IMM)
      gen.jump(3)
    }
    gen.load(1, Reg.R9, Reg.INSN, REGS)
    gen.emit(Class.ALU | Alu.AND, Reg.R9, 0, 0, gen.swapped ? 0xf0 : 0x0f)
    gen.store(1, Reg.INSN, Reg.R9, REGS)
  }
}

/** A name looked up in the kernel's BTF: the type's id in the lower half of register 7, a module's descriptor above. */
export function findByNameKind(gen: LoaderWriter, name: string, kind: number): void {
  gen.address(Reg.R1, gen.addText(name))
  gen.movImm(Reg.R2, name.length + 1)
  gen.movImm(Reg.R3, kind)
  gen.movImm(Reg.R4, 0)
  gen.call(LoaderHelper.btfFindByNameKind)
  gen.mov(Reg.RESULT, Reg.R0)
}
