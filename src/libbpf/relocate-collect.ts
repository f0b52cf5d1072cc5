import { Class, Jmp, LD_IMM64 } from '../isa/opcode.ts'
import { Errno } from '../uapi/errno.ts'
import { PseudoCall } from '../uapi/flags.ts'
import { MapType } from '../uapi/map-type.ts'
import { SHN_LORESERVE, SectionType, SymbolBind, SymbolType } from './elf.ts'
import type { Rel, Section, Symbol } from './elf.ts'
import { LibbpfErrno, LibbpfError } from './error.ts'
import { isExtern } from './externs.ts'
import { InternalMap, RelocType, SecUse } from './model.ts'
import type { BpfMap, BpfObject, BpfProgram, ElfState, Reloc } from './model.ts'
import { BtfKind } from './object-btf.ts'

const INSN_SIZE = 8
const CALL = Class.JMP | Jmp.CALL
const PTR_SIZE = 8
/** No map holds more slots than this: a file that says so is not worth the memory. */
const MAX_SLOTS = 1 << 24

function fail(errno: number): never {
  throw new LibbpfError(errno)
}

/** bpf_object__collect_relos. */
export function collectRelocs(obj: BpfObject, state: ElfState): void {
  for (const desc of state.descs) {
    if (desc?.use !== SecUse.RELO) continue
    const target = desc.section.info
    if (desc.section.type !== SectionType.REL || target >= state.elf.sections.length) fail(LibbpfErrno.INTERNAL)
    if (state.descs[target]?.use === SecUse.ST_OPS) collectStructOpsRelocs(obj, state, desc.section)
    else if (target === state.mapsShndx) collectMapRelocs(obj, state, desc.section)
    else collectProgRelocs(obj, state, desc.section)
  }
  sortRelocs(obj)
}

/** bpf_object__sort_relos. */
export function sortRelocs(obj: BpfObject): void {
  for (const prog of obj.programs) prog.relocs.sort((a, b) => a.insnIdx - b.insnIdx || a.type - b.type)
}

/** bpf_object__collect_prog_relos. */
function collectProgRelocs(obj: BpfObject, state: ElfState, section: Section): void {
  const { log } = obj
  const { elf } = state
  const target = elf.section(section.info)
  if (target === undefined || elf.data(target) === undefined) fail(LibbpfErrno.FORMAT)
  const relName = elf.sectionString(section.nameOffset)
  const secName = elf.sectionName(target)
  if (relName === undefined || secName === undefined) fail(Errno.EINVAL)
  log.debug(() => `sec '${relName}': collecting relocation for section(${target.index}) '${secName}'`)
  const count = Math.floor(section.size / section.entsize)
  for (let i = 0; i < count; i++) {
    const rel = elf.rel(section, i)
    if (rel === undefined) {
      log.warn(`sec '${relName}': failed to get relo #${i}`)
      fail(LibbpfErrno.FORMAT)
    }
    const symbol = elf.symbol(rel.symbol)
    if (symbol === undefined) {
      log.warn(`sec '${relName}': symbol #${rel.symbol} not found for relo #${i}`)
      fail(LibbpfErrno.FORMAT)
    }
    if (symbol.shndx >= elf.sections.length) {
      log.warn(
        `sec '${relName}': corrupted symbol #${rel.symbol} pointing to invalid section #${symbol.shndx} for relo #${i}`,
      )
      fail(LibbpfErrno.FORMAT)
    }
    if (rel.offset % INSN_SIZE || rel.offset >= target.size) {
      log.warn(`sec '${relName}': invalid offset 0x${elf.relOffset64(section, i).toString(16)} for relo #${i}`)
      fail(LibbpfErrno.FORMAT)
    }
    const insnIdx = rel.offset / INSN_SIZE
    const symName =
      (symbol.type === SymbolType.SECTION && symbol.nameOffset === 0
        ? elf.sectionName(elf.section(symbol.shndx))
        : elf.symbolString(symbol.nameOffset)) ?? '<?'
    log.debug(() => `sec '${relName}': relo #${i}: insn #${insnIdx} against '${symName}'`)
    const prog = obj.programAt(section.info, insnIdx)
    if (prog === undefined) {
      log.debug(
        () =>
          `sec '${relName}': relo #${i}: couldn't find program in section '${secName}' for insn #${insnIdx}, ` +
          'probably overridden weak function, skipping...',
      )
      continue
    }
    prog.relocs.push(recordReloc(obj, state, prog, insnIdx - prog.secInsnOff, symName, symbol, rel))
  }
}

/** sym_is_subprog. */
function isSubprogSymbol(symbol: Symbol, textShndx: number): boolean {
  if (symbol.shndx !== textShndx) return false
  if (symbol.bind === SymbolBind.LOCAL && symbol.type === SymbolType.SECTION) return true
  return symbol.bind !== SymbolBind.LOCAL && symbol.bind <= SymbolBind.WEAK && symbol.type === SymbolType.FUNC
}

const dataMapOfUse: Readonly<Record<number, number>> = {
  [SecUse.BSS]: InternalMap.BSS,
  [SecUse.DATA]: InternalMap.DATA,
  [SecUse.RODATA]: InternalMap.RODATA,
}

/** bpf_program__record_reloc: what an instruction refers to. */
function recordReloc(
  obj: BpfObject,
  state: ElfState,
  prog: BpfProgram,
  insnIdx: number,
  symName: string,
  symbol: Symbol,
  rel: Rel,
): Reloc {
  const { log } = obj
  const { elf } = state
  const { insns } = prog
  const { shndx } = symbol
  const reloc = (type: number, rest: Partial<Reloc>): Reloc => ({
    type,
    insnIdx,
    mapIdx: -1,
    extIdx: -1,
    symOff: 0,
    symSize: 0,
    ...rest,
  })
  const refuse = (message: string): never => {
    log.warn(`prog '${prog.name}': ${message}`)
    return fail(LibbpfErrno.RELOC)
  }
  const code = insns.code(insnIdx)
  const isCall = code === CALL
  if (!isCall && code !== LD_IMM64) {
    refuse(`invalid relo against '${symName}' for insns[${insnIdx}].code 0x${code.toString(16)}`)
  }
  if (isExtern(symbol)) {
    const extIdx = obj.externOfSymbol.get(rel.symbol) ?? -1
    const ext = obj.externs[extIdx]
    if (ext === undefined) return refuse(`extern relo failed to find extern for '${symName}' (${rel.symbol})`)
    log.debug(
      () => `prog '${prog.name}': found extern #${extIdx} '${ext.name}' (sym ${ext.symIdx}) for insn #${insnIdx}`,
    )
    return reloc(isCall ? RelocType.EXTERN_CALL : RelocType.EXTERN_LD64, { extIdx })
  }
  if (isCall) {
    if (insns.src(insnIdx) !== PseudoCall.CALL) refuse('incorrect bpf_call opcode')
    if (shndx === 0 || shndx !== state.textShndx) {
      const where = elf.sectionName(elf.section(shndx)) ?? '(null)'
      refuse(`bad call relo against '${symName}' in section '${where}'`)
    }
    if (symbol.value % INSN_SIZE) refuse(`bad call relo against '${symName}' at offset ${symbol.value}`)
    return reloc(RelocType.CALL, { symOff: symbol.value })
  }
  if (shndx === 0 || shndx >= SHN_LORESERVE) {
    refuse(
      `invalid relo against '${symName}' in special section 0x${shndx.toString(16)}; forgot to initialize global var?..`,
    )
  }
  if (isSubprogSymbol(symbol, state.textShndx)) {
    const imm = insns.imm(insnIdx)
    // Signed modulo a size_t: the immediate counts as a 64-bit unsigned number, whose low three bits are the same.
    if (symbol.value % INSN_SIZE || imm & (INSN_SIZE - 1)) {
      refuse(`bad subprog addr relo against '${symName}' at offset ${symbol.value}+${imm}`)
    }
    return reloc(RelocType.SUBPROG_ADDR, { symOff: symbol.value })
  }
  const secName = elf.sectionName(elf.section(shndx)) ?? '(null)'
  if (shndx === state.arena?.section.index) {
    const map = obj.maps[obj.arenaMapIdx]
    if (map === undefined) return refuse(`bad arena data relocation at insn ${insnIdx}, no arena maps defined`)
    log.debug(
      () =>
        `prog '${prog.name}': found arena map ${obj.arenaMapIdx} (${map.name}, sec ${map.secIdx}, ` +
        `off ${map.secOffset}) for insn ${insnIdx}`,
    )
    return reloc(RelocType.DATA, { mapIdx: obj.arenaMapIdx, symOff: symbol.value })
  }
  if (shndx === state.jumptables?.section.index) {
    return reloc(RelocType.INSN_ARRAY, { symOff: symbol.value, symSize: symbol.size })
  }
  const internal =
    shndx === state.symbolsShndx ? InternalMap.KCONFIG : (dataMapOfUse[state.descs[shndx]?.use ?? 0] ?? 0)
  if (internal === InternalMap.NONE) {
    if (shndx !== state.mapsShndx) refuse(`bad map relo against '${symName}' in section '${secName}'`)
    const mapIdx = obj.maps.findIndex(
      (map) => !map.isInternal && map.secIdx === shndx && map.secOffset === symbol.value,
    )
    const map = obj.maps[mapIdx]
    if (map === undefined) {
      return refuse(`map relo failed to find map for section '${secName}', off ${symbol.value}`)
    }
    log.debug(() => `prog '${prog.name}': found map ${describe(map, mapIdx)} for insn #${insnIdx}`)
    return reloc(RelocType.LD64, { mapIdx })
  }
  if (internal === InternalMap.KCONFIG) refuse(`bad data relo against section '${secName}'`)
  const mapIdx = obj.maps.findIndex((map) => map.internal === internal && map.secIdx === shndx)
  const map = obj.maps[mapIdx]
  if (map === undefined) return refuse(`data relo failed to find map for section '${secName}'`)
  log.debug(() => `prog '${prog.name}': found data map ${describe(map, mapIdx)} for insn ${insnIdx}`)
  return reloc(RelocType.DATA, { mapIdx, symOff: symbol.value })
}

function describe(map: BpfMap, index: number): string {
  return `${index} (${map.name}, sec ${map.secIdx}, off ${map.secOffset})`
}

/** bpf_object__collect_map_relos: static initializers of map-in-maps and program arrays. */
function collectMapRelocs(obj: BpfObject, state: ElfState, section: Section): void {
  const { log, btf } = obj
  const { elf, mapsBtfId } = state
  if (mapsBtfId === 0 || btf === undefined) fail(Errno.EINVAL)
  const count = Math.floor(section.size / section.entsize)
  for (let i = 0; i < count; i++) {
    const refuse = (message: string, errno: number): never => {
      log.warn(`.maps relo #${i}: ${message}`)
      return fail(errno)
    }
    const rel = elf.rel(section, i) ?? refuse('failed to get ELF relo', LibbpfErrno.FORMAT)
    const symbol = elf.symbol(rel.symbol) ?? refuse(`symbol ${rel.symbol.toString(16)} not found`, LibbpfErrno.FORMAT)
    const name = elf.symbolString(symbol.nameOffset) ?? '<?>'
    log.debug(
      () =>
        `.maps relo #${i}: for ${rel.symbol} value ${symbol.value} rel->r_offset ${rel.offset} ` +
        `name ${symbol.nameOffset} ('${name}')`,
    )
    const map =
      obj.maps.find((each) => {
        if (each.secIdx !== state.mapsShndx || each.isInternal) return false
        const offset = btf.secVarOffset(mapsBtfId, each.btfVarIdx)
        const size = btf.secVarSize(mapsBtfId, each.btfVarIdx)
        return offset <= rel.offset && rel.offset + PTR_SIZE <= offset + size
      }) ?? refuse(`cannot find map '${name}' at rel->r_offset ${rel.offset}`, Errno.EINVAL)
    let slot: BpfMap | BpfProgram
    if (map.isMapInMap) {
      if (symbol.shndx !== state.mapsShndx) refuse(`'${name}' isn't a BTF-defined map`, LibbpfErrno.RELOC)
      if (map.def.type === MapType.HASH_OF_MAPS && map.def.keySize !== 4) {
        refuse(`hash-of-maps '${map.name}' should have key size 4.`, Errno.EINVAL)
      }
      slot = obj.findMap(name) ?? refuse(`'${name}' isn't a valid map reference`, Errno.ESRCH)
    } else if (map.def.type === MapType.PROG_ARRAY) {
      const prog = obj.findProgram(name) ?? refuse(`'${name}' isn't a valid program reference`, Errno.ESRCH)
      if (prog.secIdx !== symbol.shndx || prog.secInsnOff * INSN_SIZE !== symbol.value) {
        refuse(`'${name}' isn't an entry-point program`, LibbpfErrno.RELOC)
      }
      slot = prog
    } else {
      fail(Errno.EINVAL)
    }
    const varId = btf.secVarType(mapsBtfId, map.btfVarIdx)
    const defId = btf.skipModsAndTypedefs(btf.type(varId))
    const last = btf.vlen(defId) - 1
    if (last < 0 || btf.memberName(defId, last) !== 'values') fail(Errno.EINVAL)
    const start = btf.secVarOffset(mapsBtfId, map.btfVarIdx)
    const valuesAt = start + Math.floor(btf.memberBitOffset(defId, last) / 8)
    if (rel.offset < valuesAt || (rel.offset - valuesAt) % PTR_SIZE) fail(Errno.EINVAL)
    const index = (rel.offset - valuesAt) / PTR_SIZE
    if (index > MAX_SLOTS) fail(Errno.ENOMEM)
    while (map.initSlots.length <= index) map.initSlots.push(undefined)
    map.initSlots[index] = slot
    const what = map.isMapInMap ? 'map' : 'prog'
    log.debug(() => `.maps relo #${i}: map '${map.name}' slot [${index}] points to ${what} '${name}'`)
  }
}

/** bpf_object__collect_st_ops_relos: which program stands in which member. */
function collectStructOpsRelocs(obj: BpfObject, state: ElfState, section: Section): void {
  const { log, btf } = obj
  const { elf } = state
  if (btf === undefined) return
  const count = Math.floor(section.size / section.entsize)
  for (let i = 0; i < count; i++) {
    const refuse = (message: string, errno: number): never => {
      log.warn(`struct_ops reloc${message}`)
      return fail(errno)
    }
    const rel = elf.rel(section, i) ?? refuse(`: failed to get ${i} reloc`, LibbpfErrno.FORMAT)
    const symbol = elf.symbol(rel.symbol) ?? refuse(`: symbol ${rel.symbol.toString(16)} not found`, LibbpfErrno.FORMAT)
    const name = elf.symbolString(symbol.nameOffset) ?? '<?>'
    const map =
      obj.maps.find(
        (each) =>
          each.isStructOps &&
          each.secIdx === section.info &&
          each.secOffset <= rel.offset &&
          rel.offset - each.secOffset < each.def.valueSize,
      ) ?? refuse(`: cannot find map at rel->r_offset ${rel.offset}`, Errno.EINVAL)
    const ops = map.structOps
    if (ops === undefined) continue
    const memberOff = rel.offset - map.secOffset
    log.debug(
      () =>
        `struct_ops reloc ${map.name}: for ${rel.symbol} value ${symbol.value} shdr_idx ${symbol.shndx} ` +
        `rel->r_offset ${rel.offset} map->sec_offset ${map.secOffset} name ${symbol.nameOffset} ('${name}')`,
    )
    if (symbol.shndx >= SHN_LORESERVE) {
      refuse(
        ` ${map.name}: rel->r_offset ${rel.offset} shdr_idx ${symbol.shndx} unsupported non-static function`,
        LibbpfErrno.RELOC,
      )
    }
    if (symbol.value % INSN_SIZE) {
      refuse(` ${map.name}: invalid target program offset ${symbol.value}`, LibbpfErrno.FORMAT)
    }
    let member = 0
    while (member < btf.vlen(ops.typeId) && btf.memberBitOffset(ops.typeId, member) !== memberOff * 8) member++
    if (member === btf.vlen(ops.typeId)) refuse(` ${map.name}: cannot find member at moff ${memberOff}`, Errno.EINVAL)
    const memberName = btf.memberName(ops.typeId, member)
    const pointer = btf.skipModsAndTypedefs(btf.memberType(ops.typeId, member))
    const target = btf.kind(pointer) === BtfKind.PTR ? btf.skipModsAndTypedefs(btf.type(pointer)) : 0
    if (btf.kind(target) !== BtfKind.FUNC_PROTO) {
      refuse(` ${map.name}: cannot relocate non func ptr ${memberName}`, Errno.EINVAL)
    }
    const prog =
      obj.programAt(symbol.shndx, symbol.value / INSN_SIZE) ??
      refuse(
        ` ${map.name}: cannot find prog at shdr_idx ${symbol.shndx} to relocate func ptr ${memberName}`,
        Errno.EINVAL,
      )
    if (prog.secDef?.pattern.startsWith('struct_ops') !== true) {
      refuse(` ${map.name}: prog ${prog.name} is not struct_ops BPF program`, Errno.EINVAL)
    }
    ops.progs[member] = prog
    ops.placed.set(memberOff, prog)
  }
}
