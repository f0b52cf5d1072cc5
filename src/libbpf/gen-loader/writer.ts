import { Alu, Class, Jmp, LD_IMM64, Mode, Size, Source } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { PseudoLdImm64 } from '../../uapi/flags.ts'
import { GrowingBytes } from './bytes.ts'
import { FD_ARRAY_LENGTH, LoaderHelper, STACK_SIZE, stackUsed } from './layout.ts'

const INSN_SIZE = 8
const INT32_MAX = 0x7fff_ffff

/** Registers by their part in a loader program: 6 holds the context, 7 the last result, 8 the instruction at hand. */
export const Reg = { R0: 0, R1: 1, R2: 2, R3: 3, R4: 4, CTX: 6, RESULT: 7, INSN: 8, R9: 9, FP: 10 } as const

const sizes: Readonly<Record<number, number>> = { 1: Size.B, 2: Size.H, 4: Size.W, 8: Size.DW }

/**
 * A loader program while it is written (libbpf's struct bpf_gen): its instructions, and the blob of attributes, texts,
 * instructions and map contents that it reads and fills in when it runs. After the first error nothing more is written.
 */
export class LoaderWriter {
  readonly insns = new GrowingBytes()
  readonly data = new GrowingBytes()
  /** The errno of the first failure; 0 while all goes well. */
  error = 0
  /** Whether the target's byte order isn't ours: values in the blob are turned as they are written. */
  readonly swapped: boolean
  #cleanupLabel = 0
  readonly fdArray: number

  constructor(swapped: boolean) {
    this.swapped = swapped
    this.fdArray = this.addZeros(FD_ARRAY_LENGTH * 4)
  }

  emit(code: number, dst: number, src: number, off: number, imm: number): void {
    if (this.error !== 0) return
    if (this.insns.length + INSN_SIZE > INT32_MAX) {
      this.error = Errno.ERANGE
      return
    }
    const at = this.insns.extend(INSN_SIZE)
    const { view } = this.insns
    view.setUint8(at, code)
    view.setUint8(at + 1, (src << 4) | dst)
    view.setInt16(at + 2, off, true)
    view.setInt32(at + 4, imm, true)
  }

  /** add_data: eight bytes are the least. @returns where it stands in the blob; 0 after an error. */
  addData(bytes: Uint8Array): number {
    const at = this.addZeros(bytes.length)
    if (this.error === 0) this.data.set(at, bytes)
    return at
  }

  addZeros(size: number): number {
    if (this.error !== 0) return 0
    const room = Math.ceil(size / 8) * 8
    if (this.data.length + room > INT32_MAX) {
      this.error = Errno.ERANGE
      return 0
    }
    return this.data.extend(room)
  }

  /** A text with its NUL; a character is a byte. */
  addText(text: string): number {
    const bytes = new Uint8Array(text.length + 1)
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
    return this.addData(bytes)
  }

  fdArrayOff(index: number): number {
    return this.fdArray + index * 4
  }

  /** bpf_gen__init: the program's beginning, and the code that closes what it opened when something fails. */
  begin(progCount: number, mapCount: number): void {
    this.mov(Reg.CTX, Reg.R1)
    this.mov(Reg.R1, Reg.FP)
    this.emit(Class.ALU64 | Alu.ADD, Reg.R1, 0, 0, -STACK_SIZE)
    this.movImm(Reg.R2, STACK_SIZE)
    this.movImm(Reg.R3, 0)
    this.call(LoaderHelper.probeReadKernel)
    const used = stackUsed(progCount)
    this.jump((used / 4) * 3 + 2 + mapCount * 6)
    this.#cleanupLabel = this.insns.length
    for (let at = 0; at < used; at += 4) {
      this.load(4, Reg.R1, Reg.FP, -STACK_SIZE + at)
      this.jumpIf(Jmp.JSLE, Reg.R1, 0, 1)
      this.call(LoaderHelper.sysClose)
    }
    for (let i = 0; i < mapCount; i++) this.closeInBlob(this.fdArrayOff(i))
    this.mov(Reg.R0, Reg.RESULT)
    this.exit()
  }

  mov(dst: number, src: number): void {
    this.emit(Class.ALU64 | Alu.MOV | Source.X, dst, src, 0, 0)
  }

  movImm(dst: number, imm: number): void {
    this.emit(Class.ALU64 | Alu.MOV, dst, 0, 0, imm)
  }

  /** The upper half of a 64-bit register. */
  upperHalf(reg: number): void {
    this.emit(Class.ALU64 | Alu.RSH, reg, 0, 0, 32)
  }

  load(size: number, dst: number, src: number, off: number): void {
    this.emit(Class.LDX | Mode.MEM | (sizes[size] ?? 0), dst, src, off, 0)
  }

  store(size: number, dst: number, src: number, off: number): void {
    this.emit(Class.STX | Mode.MEM | (sizes[size] ?? 0), dst, src, off, 0)
  }

  storeImm(size: number, dst: number, off: number, imm: number): void {
    this.emit(Class.ST | Mode.MEM | (sizes[size] ?? 0), dst, 0, off, imm)
  }

  loadImm64(dst: number, pseudo: number, low: number, high: number): void {
    this.emit(LD_IMM64, dst, pseudo, 0, low)
    this.emit(0, 0, 0, 0, high)
  }

  /** The address of a place in the blob. */
  address(dst: number, blobOff: number): void {
    this.loadImm64(dst, PseudoLdImm64.MAP_IDX_VALUE, 0, blobOff)
  }

  call(helper: number): void {
    this.emit(Class.JMP | Jmp.CALL, 0, 0, 0, helper)
  }

  jump(off: number): void {
    this.emit(Class.JMP | Jmp.JA, 0, 0, off, 0)
  }

  jumpIf(op: number, reg: number, imm: number, off: number): void {
    this.emit(Class.JMP | op, reg, 0, off, imm)
  }

  exit(): void {
    this.emit(Class.JMP | Jmp.EXIT, 0, 0, 0, 0)
  }

  /** Slots from the next instruction back to the cleanup; a jump that is too far is an error. */
  toCleanup(): number | undefined {
    const off = -(this.insns.length - this.#cleanupLabel) / INSN_SIZE - 1
    if (off >= -0x8000) return off
    if (this.error === 0) this.error = Errno.ERANGE
    return undefined
  }

  /** emit_check_err: to the cleanup when the last result is an error. */
  checkError(): void {
    const off = this.toCleanup()
    if (off !== undefined) this.jumpIf(Jmp.JSLT, Reg.RESULT, 0, off)
  }

  /** emit_rel_store: a pointer into the blob, at a place of the blob. */
  storePointer(at: number, target: number): void {
    this.address(Reg.R0, target)
    this.address(Reg.R1, at)
    this.store(8, Reg.R1, Reg.R0, 0)
  }

  /** move_blob2blob. */
  copyInBlob(to: number, size: number, from: number): void {
    this.address(Reg.R2, from)
    this.load(size, Reg.R0, Reg.R2, 0)
    this.address(Reg.R1, to)
    this.store(size, Reg.R1, Reg.R0, 0)
  }

  /** move_blob2ctx. */
  copyToCtx(ctxOff: number, size: number, from: number): void {
    this.address(Reg.R1, from)
    this.load(size, Reg.R0, Reg.R1, 0)
    this.store(size, Reg.CTX, Reg.R0, ctxOff)
  }

  /** move_ctx2blob. @param unlessZero a zero in the context leaves what the blob has. */
  copyFromCtx(to: number, size: number, ctxOff: number, unlessZero: boolean): void {
    this.load(size, Reg.R0, Reg.CTX, ctxOff)
    if (unlessZero) this.jumpIf(Jmp.JEQ, Reg.R0, 0, 3)
    this.address(Reg.R1, to)
    this.store(size, Reg.R1, Reg.R0, 0)
  }

  /** move_stack2blob. */
  copyFromStack(to: number, stackOff: number): void {
    this.load(4, Reg.R0, Reg.FP, stackOff)
    this.address(Reg.R1, to)
    this.store(4, Reg.R1, Reg.R0, 0)
  }

  /** move_stack2ctx. */
  copyStackToCtx(ctxOff: number, stackOff: number): void {
    this.load(4, Reg.R0, Reg.FP, stackOff)
    this.store(4, Reg.CTX, Reg.R0, ctxOff)
  }

  /** emit_sys_bpf: its result in register 7. */
  sysBpf(cmd: number, attr: number, attrSize: number): void {
    this.movImm(Reg.R1, cmd)
    this.address(Reg.R2, attr)
    this.movImm(Reg.R3, attrSize)
    this.call(LoaderHelper.sysBpf)
    this.mov(Reg.RESULT, Reg.R0)
  }

  closeOnStack(stackOff: number): void {
    this.load(4, Reg.R1, Reg.FP, stackOff)
    this.#close()
  }

  closeInBlob(blobOff: number): void {
    this.address(Reg.R0, blobOff)
    this.load(4, Reg.R1, Reg.R0, 0)
    this.#close()
  }

  #close(): void {
    this.jumpIf(Jmp.JSLE, Reg.R1, 0, 2)
    this.mov(Reg.R9, Reg.R1)
    this.call(LoaderHelper.sysClose)
  }
}
