import type { Syscalls } from '../kernel/syscall.ts'
import { Insns } from '../isa/insn.ts'
import { Class, Jmp, LD_IMM64 } from '../isa/opcode.ts'
import { Errno } from '../uapi/errno.ts'
import { PseudoCall, PseudoLdImm64 } from '../uapi/flags.ts'
import type { ExtTable } from './btf-ext.ts'
import { LibbpfErrno, LibbpfError } from './error.ts'
import { objectSupports } from './features.ts'
import { RelocType } from './model.ts'
import type { BpfObject, BpfProgram, ProgExtInfo, Reloc } from './model.ts'
import { BtfKind, FuncLinkage } from './object-btf.ts'

const INSN_SIZE = 8

function isSubprogCall(insns: Insns, i: number): boolean {
  return (
    insns.code(i) === (Class.JMP | Jmp.CALL) &&
    insns.src(i) === PseudoCall.CALL &&
    insns.dst(i) === 0 &&
    insns.off(i) === 0
  )
}

function isPseudoFunc(insns: Insns, i: number): boolean {
  return insns.code(i) === LD_IMM64 && insns.src(i) === PseudoLdImm64.FUNC
}

/** bpf_object__relocate_calls, and the exception callback that a program may name. */
export function relocateCalls(obj: BpfObject, sys: Syscalls, main: BpfProgram): void {
  for (const prog of obj.programs) if (obj.isSubprog(prog)) prog.subInsnOff = 0
  relocateCode(obj, sys, main, main)
}

/** bpf_prog_assign_exc_cb and what follows it. */
export function appendExceptionCallback(obj: BpfObject, sys: Syscalls, main: BpfProgram): void {
  assignExceptionCallback(obj, main)
  const callback = main.exceptionCb
  if (callback === undefined || callback.subInsnOff !== 0) return
  appendSubprog(obj, main, callback)
  relocateCode(obj, sys, main, callback)
}

/**
 * bpf_object__reloc_code: walks a program's calls; a subprogram called for the first time goes to the program's end
 * and is walked at once, before the rest of its caller. The stack of callers is our own: files may chain deeply.
 */
function relocateCode(obj: BpfObject, sys: Syscalls, main: BpfProgram, first: BpfProgram): void {
  const stack: { prog: BpfProgram; insnIdx: number }[] = [{ prog: first, insnIdx: 0 }]
  relocateExtInfo(obj, sys, main, first)
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { prog } = frame
    if (frame.insnIdx >= prog.secInsnCnt) {
      stack.pop()
      continue
    }
    const at = prog.subInsnOff + frame.insnIdx
    const subprog = calledSubprog(obj, main, prog, frame.insnIdx)
    if (subprog === undefined) {
      frame.insnIdx++
      continue
    }
    if (subprog.subInsnOff === 0 && subprog !== main) {
      appendSubprog(obj, main, subprog)
      relocateExtInfo(obj, sys, main, subprog)
      // The call itself is patched when this frame goes on.
      stack.push({ prog: subprog, insnIdx: 0 })
      continue
    }
    patchCall(obj, main, prog, frame.insnIdx, at, subprog)
    frame.insnIdx++
  }
}

function patchCall(
  obj: BpfObject,
  main: BpfProgram,
  prog: BpfProgram,
  insnIdx: number,
  at: number,
  subprog: BpfProgram,
): void {
  const imm = subprog.subInsnOff - at - 1
  main.insns.setImm(at, imm)
  obj.log.debug(
    () =>
      `prog '${prog.name}': insn #${insnIdx} relocated, imm ${imm} points to subprog '${subprog.name}' ` +
      `(now at ${subprog.subInsnOff} offset)`,
  )
}

/** The subprogram that an instruction calls or takes the address of, or undefined where it does neither. */
function calledSubprog(obj: BpfObject, main: BpfProgram, prog: BpfProgram, insnIdx: number): BpfProgram | undefined {
  const { insns } = main
  const at = prog.subInsnOff + insnIdx
  const isFunc = isPseudoFunc(insns, at)
  if (!isFunc && !isSubprogCall(insns, at)) return undefined
  const refuse = (message: string): never => {
    obj.log.warn(`prog '${prog.name}': ${message}`)
    throw new LibbpfError(LibbpfErrno.RELOC)
  }
  const reloc = findReloc(prog.relocs, insnIdx)
  if (reloc?.type === RelocType.EXTERN_CALL) return undefined
  let target: number
  if (reloc !== undefined) {
    if (reloc.type !== RelocType.CALL && reloc.type !== RelocType.SUBPROG_ADDR) {
      refuse(`unexpected relo for insn #${insnIdx}, type ${reloc.type}`)
    }
    const imm = insns.imm(at)
    target =
      reloc.type === RelocType.CALL ? reloc.symOff / INSN_SIZE + imm + 1 : Math.floor((reloc.symOff + imm) / INSN_SIZE)
  } else if (isFunc) {
    return refuse(`missing subprog addr relo for insn #${insnIdx}`)
  } else {
    target = prog.secInsnOff + insnIdx + insns.imm(at) + 1
  }
  return obj.programAt(obj.textShndx, target) ?? refuse('no .text section found yet sub-program call exists')
}

/** find_prog_insn_relo: a binary search, as libbpf's. */
function findReloc(relocs: readonly Reloc[], insnIdx: number): Reloc | undefined {
  let low = 0
  let high = relocs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const reloc = relocs[middle] as Reloc
    if (reloc.insnIdx === insnIdx) return reloc
    if (insnIdx < reloc.insnIdx) high = middle
    else low = middle + 1
  }
  return undefined
}

/** bpf_object__append_subprog_code. */
function appendSubprog(obj: BpfObject, main: BpfProgram, subprog: BpfProgram): void {
  const old = main.insns.bytes
  subprog.subInsnOff = main.insns.length
  const bytes = new Uint8Array(old.length + subprog.insns.bytes.length)
  bytes.set(old)
  bytes.set(subprog.insns.bytes, old.length)
  main.insns = new Insns(bytes)
  obj.log.debug(() => `prog '${main.name}': added ${subprog.insns.length} insns from sub-prog '${subprog.name}'`)
  if (main !== subprog) {
    for (const reloc of subprog.relocs) {
      main.relocs.push({ ...reloc, insnIdx: reloc.insnIdx + subprog.subInsnOff })
    }
  }
  main.subprogs.push({ secInsnOff: subprog.secInsnOff, subInsnOff: subprog.subInsnOff })
}

/** reloc_prog_func_and_line_info: records of .BTF.ext that belong to a part of the program. */
function relocateExtInfo(obj: BpfObject, sys: Syscalls, main: BpfProgram, part: BpfProgram): void {
  const { btfExt } = obj
  if (btfExt === undefined || !objectSupports(obj, sys, 'btfFunc')) return
  if (main === part || main.funcInfo !== undefined) {
    const more = takeExtInfo(part, btfExt.funcInfo, main.funcInfo)
    if (more === undefined) missing(obj, part, main.funcInfo, 'function', 'func')
    else main.funcInfo = more
  }
  if (main !== part && main.lineInfo === undefined) return
  const more = takeExtInfo(part, btfExt.lineInfo, main.lineInfo)
  if (more === undefined) missing(obj, part, main.lineInfo, 'line', 'line')
  else main.lineInfo = more
}

function missing(obj: BpfObject, part: BpfProgram, had: ProgExtInfo | undefined, what: string, short: string): void {
  if (had !== undefined) {
    obj.log.warn(`prog '${part.name}': missing .BTF.ext ${what} info.`)
    throw new LibbpfError(Errno.ENOENT)
  }
  obj.log.warn(
    `prog '${part.name}': missing .BTF.ext ${what} info for the main program, skipping all of .BTF.ext ${short} info.`,
  )
}

/** adjust_prog_btf_ext_info; undefined where the part has no records. */
function takeExtInfo(part: BpfProgram, table: ExtTable, had: ProgExtInfo | undefined): ProgExtInfo | undefined {
  const { recordSize } = table
  const section = table.sections.find((each) => each.sectionIndex === part.secIdx)
  if (section === undefined) return undefined
  const view = new DataView(section.records.buffer, section.records.byteOffset, section.records.length)
  let start = -1
  let end = 0
  for (let i = 0; i < section.count; i++) {
    const insnOff = Math.floor(view.getUint32(i * recordSize, true) / INSN_SIZE)
    if (insnOff < part.secInsnOff) continue
    if (insnOff >= part.secInsnOff + part.secInsnCnt) break
    if (start < 0) start = i * recordSize
    end = (i + 1) * recordSize
  }
  if (start < 0) return undefined
  const old = had?.records ?? new Uint8Array(0)
  const records = new Uint8Array(old.length + end - start)
  records.set(old)
  records.set(section.records.subarray(start, end), old.length)
  const out = new DataView(records.buffer)
  const adjust = part.subInsnOff - part.secInsnOff
  for (let at = old.length; at < records.length; at += recordSize) {
    out.setUint32(at, Math.floor(out.getUint32(at, true) / INSN_SIZE) + adjust, true)
  }
  return { recordSize, records }
}

const EXCEPTION_PREFIX = 'exception_callback:'

function assignExceptionCallback(obj: BpfObject, main: BpfProgram): void {
  const { btf, log } = obj
  if (btf === undefined) return
  const refuse = (message: string, errno: number = Errno.EINVAL): never => {
    log.warn(`prog '${main.name}': ${message}`)
    throw new LibbpfError(errno)
  }
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kind(id) !== BtfKind.DECL_TAG || btf.declTagIndex(id) !== -1) continue
    const tag = btf.name(id)
    if (!tag.startsWith(EXCEPTION_PREFIX)) continue
    const func = btf.type(id)
    if (btf.kind(func) !== BtfKind.FUNC || btf.funcLinkage(func) !== FuncLinkage.GLOBAL) {
      refuse('exception_callback:<value> decl tag not applied to the main program')
    }
    if (btf.name(func) !== main.name) continue
    if (main.exceptionCb !== undefined) {
      main.exceptionCb = undefined
      break
    }
    const name = tag.slice(EXCEPTION_PREFIX.length)
    if (name === '') refuse('exception_callback:<value> decl tag contains empty value')
    const subprog = obj.programs.find((prog) => obj.isSubprog(prog) && prog.name === name)
    if (subprog === undefined) return refuse(`cannot find exception callback '${name}'`, Errno.ENOENT)
    if (!subprog.symGlobal || subprog.markBtfStatic) {
      refuse(`exception callback ${subprog.name} must be a global non-hidden function`)
    }
    main.exceptionCb = subprog
  }
}
