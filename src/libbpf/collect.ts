import { Errno } from '../uapi/errno.ts'
import { parseBtfExt } from './btf-ext.ts'
import { REL_SIZE, SHF_EXECINSTR, SectionType, SymbolBind, latin1 } from './elf.ts'
import type { Elf, Section } from './elf.ts'
import { LibbpfErrno, LibbpfError, errstr } from './error.ts'
import { BpfProgram, SecUse } from './model.ts'
import type { BpfObject, ElfState } from './model.ts'
import { ObjectBtf } from './object-btf.ts'

const STRUCT_OPS = ['.struct_ops', '.struct_ops.link', '?.struct_ops', '?.struct_ops.link']
const INSN_SIZE = 8

/** bpf_object__elf_collect: what each section of the object is, its programs, license and BTF. */
export function collectSections(obj: BpfObject, elf: Elf): ElfState {
  const { log } = obj
  const format = (): never => {
    throw new LibbpfError(LibbpfErrno.FORMAT)
  }
  findSymbolTable(obj, elf)
  const state: ElfState = {
    elf,
    descs: [],
    mapsShndx: -1,
    mapsBtfId: 0,
    textShndx: 0,
    symbolsShndx: elf.symbolSection?.index ?? 0,
    hasStructOps: false,
    arena: undefined,
    jumptables: undefined,
  }
  let btf: Uint8Array | undefined
  let btfExt: Uint8Array | undefined
  let last = 0
  for (const section of elf.sections) {
    const { index, type, size } = section
    if (index === 0) continue
    last = index
    const name = elf.sectionString(section.nameOffset) ?? format()
    if (ignored(section, name)) continue
    const data = elf.data(section) ?? format()
    log.debug(
      () =>
        `elf: section(${index}) ${name}, size ${size}, link ${section.link | 0}, ` +
        `flags ${section.flags.toString(16)}, type=${type | 0}`,
    )
    const desc = (use: number) => ({ use, section, data })
    if (name === 'license') {
      takeLicense(obj, data)
    } else if (name === 'version') {
      takeVersion(obj, data)
    } else if (name === 'maps') {
      log.warn("elf: legacy map definitions in 'maps' section are not supported by libbpf v1.0+")
      throw new LibbpfError(Errno.ENOTSUP)
    } else if (name === '.maps') {
      state.mapsShndx = index
    } else if (name === '.BTF') {
      if (type !== SectionType.PROGBITS) format()
      btf = data
    } else if (name === '.BTF.ext') {
      if (type !== SectionType.PROGBITS) format()
      btfExt = data
    } else if (type === SectionType.SYMTAB) {
      continue
    } else if (type === SectionType.PROGBITS && size > 0) {
      if (section.flags & SHF_EXECINSTR) {
        if (name === '.text') state.textShndx = index
        addPrograms(obj, state, section, data, name)
      } else if (name === '.data' || name.startsWith('.data.')) {
        state.descs[index] = desc(SecUse.DATA)
      } else if (name === '.rodata' || name.startsWith('.rodata.')) {
        state.descs[index] = desc(SecUse.RODATA)
      } else if (STRUCT_OPS.includes(name)) {
        state.descs[index] = desc(SecUse.ST_OPS)
        state.hasStructOps = true
      } else if (name === '.addr_space.1') {
        state.arena = desc(SecUse.UNUSED)
      } else if (name === '.jumptables') {
        state.jumptables = desc(SecUse.UNUSED)
        obj.jumptables = data.slice()
      } else {
        log.info(`elf: skipping unrecognized data section(${index}) ${name}`)
      }
    } else if (type === SectionType.REL) {
      const target = section.info | 0
      if (section.entsize !== REL_SIZE || target < 0 || target >= elf.sections.length) format()
      const executable = ((elf.sections[target] as Section).flags & SHF_EXECINSTR) !== 0
      if (!executable && name !== '.rel.maps' && !STRUCT_OPS.includes(name.slice('.rel'.length))) {
        const targetName = elf.sectionName(elf.section(target)) ?? '<?>'
        log.info(`elf: skipping relo section(${index}) ${name} for section(${target}) ${targetName}`)
        continue
      }
      state.descs[index] = desc(SecUse.RELO)
    } else if (type === SectionType.NOBITS && (name === '.bss' || name.startsWith('.bss.'))) {
      state.descs[index] = desc(SecUse.BSS)
    } else {
      log.info(`elf: skipping section(${index}) ${name} (size ${size})`)
    }
  }
  if (elf.strtabIndex === 0 || elf.strtabIndex > last) {
    log.warn(`elf: symbol strings section missing or invalid in ${obj.path}`)
    format()
  }
  if (!elf.littleEndian) {
    for (const prog of obj.programs) swapInsns(prog.insns.bytes)
    log.debug(() => `converted ${obj.programs.length} BPF programs to native byte order`)
  }
  obj.programs.sort((a, b) => a.secIdx - b.secIdx || a.secInsnOff - b.secInsnOff)
  obj.textShndx = state.textShndx
  obj.littleEndian = elf.littleEndian
  takeBtf(obj, state, btf, btfExt)
  return state
}

function findSymbolTable(obj: BpfObject, elf: Elf): void {
  for (const section of elf.sections) {
    if (section.index === 0 || section.type !== SectionType.SYMTAB) continue
    if (elf.symbolSection !== undefined) {
      obj.log.warn(`elf: multiple symbol tables in ${obj.path}`)
      throw new LibbpfError(LibbpfErrno.FORMAT)
    }
    if (elf.data(section) === undefined) throw new LibbpfError(LibbpfErrno.FORMAT)
    elf.setSymbols(section)
  }
  if (elf.symbolSection === undefined) {
    obj.log.warn(`elf: couldn't find symbol table in ${obj.path}, stripped object file?`)
    throw new LibbpfError(Errno.ENOENT)
  }
}

/** ignore_elf_section. */
function ignored(section: Section, name: string): boolean {
  if (section.type === SectionType.STRTAB || section.type === SectionType.LLVM_ADDRSIG) return true
  if (section.type === SectionType.PROGBITS && section.size === 0 && name === '.text') return true
  if (name.startsWith('.debug_')) return true
  if (!name.startsWith('.rel')) return false
  const target = name.slice('.rel'.length)
  return target.startsWith('.debug_') || target === '.BTF' || target === '.BTF.ext'
}

function takeLicense(obj: BpfObject, data: Uint8Array): void {
  if (data.length === 0) {
    obj.log.warn(`invalid license section in ${obj.path}`)
    throw new LibbpfError(LibbpfErrno.FORMAT)
  }
  const most = Math.min(data.length, 63)
  const end = data.subarray(0, most).indexOf(0)
  obj.license = latin1(data, 0, end < 0 ? most : end)
  obj.log.debug(() => `license of ${obj.path} is ${obj.license}`)
}

function takeVersion(obj: BpfObject, data: Uint8Array): void {
  if (data.length !== 4) {
    obj.log.warn(`invalid kver section in ${obj.path}`)
    throw new LibbpfError(LibbpfErrno.FORMAT)
  }
  const version = new DataView(data.buffer, data.byteOffset, 4).getUint32(0, true)
  obj.kernVersion = version
  obj.log.debug(() => `kernel version of ${obj.path} is ${version.toString(16)}`)
}

/** bpf_object__add_programs: each function symbol of a code section is a program. */
function addPrograms(obj: BpfObject, state: ElfState, section: Section, data: Uint8Array, secName: string): void {
  const { elf } = state
  const { log } = obj
  for (const i of elf.functionsOf(section.index)) {
    const symbol = elf.symbol(i)
    if (symbol === undefined) continue
    const { value, size } = symbol
    const name = elf.symbolString(symbol.nameOffset)
    if (name === undefined) {
      log.warn(`sec '${secName}': failed to get symbol name for offset ${value}`)
      throw new LibbpfError(LibbpfErrno.FORMAT)
    }
    if (value + size > data.length) {
      log.warn(`sec '${secName}': program at offset ${elf.symbolValue64(i)} crosses section boundary`)
      throw new LibbpfError(LibbpfErrno.FORMAT)
    }
    if (section.index !== state.textShndx && symbol.bind === SymbolBind.LOCAL) {
      log.warn(`sec '${secName}': program '${name}' is static and not supported`)
      throw new LibbpfError(Errno.ENOTSUP)
    }
    log.debug(
      () =>
        `sec '${secName}': found program '${name}' at insn offset ${Math.floor(value / INSN_SIZE)} (${value} bytes), ` +
        `code size ${Math.floor(size / INSN_SIZE)} insns (${size} bytes)`,
    )
    if (size === 0 || size % INSN_SIZE || value % INSN_SIZE) {
      log.warn(
        `sec '${secName}': corrupted program '${name}', offset ${elf.symbolValue64(i)}, size ${elf.symbolSize64(i)}`,
      )
      throw new LibbpfError(Errno.EINVAL)
    }
    const insns = data.subarray(value, value + size)
    const prog = new BpfProgram(name, secName, section.index, value, insns, obj.options.kernelLogLevel ?? 0)
    prog.symGlobal = symbol.bind !== SymbolBind.LOCAL
    prog.markBtfStatic = prog.symGlobal && symbol.hidden
    obj.programs.push(prog)
  }
}

/** bpf_insn_bswap on each instruction: nibbles of the registers, offset and immediate. */
function swapInsns(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0; at < bytes.length; at += INSN_SIZE) {
    const regs = view.getUint8(at + 1)
    view.setUint8(at + 1, ((regs << 4) | (regs >>> 4)) & 0xff)
    view.setInt16(at + 2, view.getInt16(at + 2, false), true)
    view.setInt32(at + 4, view.getInt32(at + 4, false), true)
  }
}

/** libbpf_needs_btf asks for externs too, but none are known yet when it is asked. */
function needsBtf(state: ElfState): boolean {
  return state.mapsShndx >= 0 || state.hasStructOps
}

/** bpf_object__init_btf. */
function takeBtf(obj: BpfObject, state: ElfState, btf: Uint8Array | undefined, ext: Uint8Array | undefined): void {
  const { log } = obj
  let errno: number = Errno.ENOENT
  if (btf !== undefined) {
    try {
      obj.btf = ObjectBtf.parse(btf, log)
      errno = 0
    } catch (error) {
      if (!(error instanceof LibbpfError)) throw error
      errno = error.errno
      log.warn(`Error loading ELF section .BTF: ${errstr(errno)}.`)
    }
  }
  if (ext !== undefined && errno === 0) errno = takeBtfExt(obj, state, ext)
  else if (ext !== undefined && btf === undefined) {
    log.debug(() => 'Ignore ELF section .BTF.ext because its depending ELF section .BTF is not found.')
  }
  if (errno !== 0 && needsBtf(state)) {
    log.warn('BTF is required, but is missing or corrupted.')
    throw new LibbpfError(errno)
  }
}

function takeBtfExt(obj: BpfObject, state: ElfState, ext: Uint8Array): number {
  try {
    obj.btfExt = parseBtfExt(ext, obj.log)
  } catch (error) {
    if (!(error instanceof LibbpfError)) throw error
    obj.log.warn(`Error loading ELF section .BTF.ext: ${errstr(error.errno)}. Ignored and continue.`)
    return error.errno
  }
  const { funcInfo, lineInfo, coreRelo } = obj.btfExt
  const byName = new Map<string, number>()
  for (const table of [funcInfo, lineInfo, coreRelo]) {
    for (const section of table.sections) {
      const name = obj.btf?.string(section.nameOff) ?? ''
      if (name === '') continue
      const known = byName.get(name) ?? state.elf.sectionByName(name)?.index ?? 0
      byName.set(name, known)
      section.sectionIndex = known
    }
  }
  return 0
}
