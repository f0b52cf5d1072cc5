import { Alu, Class, Mode, Size, Source, accessBytes } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { skbFields } from '../progs/context-fields.ts'
import type { InsnAux } from '../verifier/aux.ts'
import { refuse } from '../verifier/env.ts'
import { Flag, RegType } from '../verifier/types.ts'
import { ProbeMode } from './code.ts'
import type { Context, ContextAccess } from './context/convert.ts'
import { convertAccess } from './context/convert.ts'
import { contextOf } from './context/index.ts'
import { sock, tcpSock, xdpSock } from './context/sock.ts'
import { writeEpilogue, writePrologue } from './prologue.ts'
import type { Patches, Program } from './program.ts'

/**
 * convert_ctx_accesses: loads and stores of a context go to the kernel's own structures; those that may fault are marked.
 */

const ATOMIC = Class.STX | Mode.ATOMIC
/** mov with sign extension: off has the bits. */
const MOVSX = Class.ALU64 | Alu.MOV | Source.X

/** Loads that may fault (PROBE_MEM): pointers that nothing vouches for. */
const mayFault: ReadonlySet<number> = new Set([
  RegType.PTR_TO_BTF_ID,
  RegType.PTR_TO_BTF_ID | Flag.PTR_UNTRUSTED,
  RegType.PTR_TO_BTF_ID | Flag.MEM_ALLOC | Flag.PTR_UNTRUSTED,
  RegType.PTR_TO_MEM | Flag.MEM_RDONLY | Flag.PTR_UNTRUSTED,
])

const structures: Readonly<Record<number, Context>> = {
  [RegType.PTR_TO_SOCKET]: sock,
  [RegType.PTR_TO_SOCK_COMMON]: sock,
  [RegType.PTR_TO_TCP_SOCK]: tcpSock,
  [RegType.PTR_TO_XDP_SOCK]: xdpSock,
}

export function convertContextAccesses(program: Program): void {
  const { env } = program
  const context = contextOf(env.input.resolvedType)
  const readsTstampType = context?.fields === skbFields && readsField(program, context, 'tstamp_type')
  const epilogue = writeEpilogue(program)
  program.rewrite((i, out) => {
    if (i === 0 && writePrologue(program, out, epilogue)) {
      out.enterHere(0)
      // What was the first instruction comes behind it, converted like all others.
      const before = out.length
      convert(i, out)
      if (out.length === before) out.keep(0)
      return
    }
    convert(i, out)
  })

  function convert(i: number, out: Patches): void {
    const { insns } = program
    const code = insns.code(i)
    const cls = code & 7
    const mode = code & 0xe0
    const aux = program.auxAt(i)
    const load = cls === Class.LDX && (mode === Mode.MEM || (mode === Mode.MEMSX && (code & 0x18) !== Size.DW))
    const write = (cls === Class.STX || cls === Class.ST) && mode === Mode.MEM
    if (aux.nospec) out.nospec()
    const before = out.length
    if ((code & 0xe7) === ATOMIC && aux.ptrType === RegType.PTR_TO_ARENA) {
      insns.setCode(i, Class.STX | ProbeMode.ATOMIC | (code & 0x18))
    } else if (write && aux.nospecResult) {
      // What was stored may be read too early.
      out.keep(i)
      out.nospec()
    } else if (load || write) {
      access(i, aux, write, out)
    } else {
      epilogue?.leave(i, out)
    }
    // A pass keeps an instruction for which nothing was written: behind a barrier it has to be told.
    if (aux.nospec && out.length === before) out.keep(i)
  }

  function access(i: number, aux: InsnAux, write: boolean, out: Patches): void {
    const { insns } = program
    const code = insns.code(i)
    const signed = (code & 0xe0) === Mode.MEMSX
    if (mayFault.has(aux.ptrType)) {
      if (!write) insns.setCode(i, Class.LDX | (signed ? ProbeMode.MEMSX : ProbeMode.MEM) | (code & 0x18))
      return
    }
    if (aux.ptrType === RegType.PTR_TO_ARENA) {
      insns.setCode(i, (code & 7) | (signed ? ProbeMode.MEM32SX : ProbeMode.MEM32) | (code & 0x18))
      return
    }
    const to = aux.ptrType === RegType.PTR_TO_CTX ? context : structures[aux.ptrType]
    if (to) convertField(program, to, i, { write, readsTstampType, aux }, out)
  }
}

interface How {
  readonly write: boolean
  readonly readsTstampType: boolean
  readonly aux: InsnAux
}

/** One access of a context or a socket; a narrow load is one of the whole field first. */
function convertField(program: Program, to: Context, i: number, how: How, out: Patches): void {
  const { insns, env } = program
  const code = insns.code(i)
  const size = accessBytes(code)
  const fieldSize = how.aux.ctxFieldSize
  const dst = insns.dst(i)
  const off = insns.off(i)
  const narrow = size < fieldSize
  const fieldBits = fieldSize === 4 ? Size.W : fieldSize === 8 ? Size.DW : Size.H
  // bpf_ctx_off_adjust_machine: no more than a register at once.
  const unit = fieldSize > 8 ? 8 : fieldSize
  const access: Omit<ContextAccess, 'delta'> = {
    env,
    code: narrow ? Class.LDX | Mode.MEM | fieldBits : code,
    dst,
    src: insns.src(i),
    imm: insns.imm(i),
    write: how.write,
    readsTstampType: how.readsTstampType,
  }
  const targetSize = convertAccess(to, access, narrow ? off & ~(unit - 1) : off, out)
  if (targetSize === 0) refuse(env, Errno.EFAULT, 'verifier bug: error during ctx access conversion (0)\n')
  if (narrow && size < targetSize) {
    const shift = (off & (unit - 1)) * 8
    const op = fieldSize <= 4 ? Class.ALU : Class.ALU64
    if (shift) out.raw(op | Alu.RSH, dst, 0, 0, shift)
    out.alu32Imm(Alu.AND, dst, size === 4 ? -1 : (1 << (size * 8)) - 1)
  }
  if ((code & 0xe0) === Mode.MEMSX) out.raw(MOVSX, dst, dst, size * 8, 0)
}

/** Whether any instruction that was seen loads a field of the context. */
function readsField({ insns, aux, length }: Program, context: Context, name: string): boolean {
  const field = context.fields.find((each) => each.name === name)
  if (!field) return false
  for (let i = 0; i < length; i++) {
    if (insns.off(i) !== field.offset || (insns.code(i) & 7) !== Class.LDX) continue
    if (aux[i]?.ptrType === RegType.PTR_TO_CTX) return true
  }
  return false
}
