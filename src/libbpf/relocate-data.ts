import { KernelError } from '../kernel/error.ts'
import type { Syscalls } from '../kernel/syscall.ts'
import type { Insns } from '../isa/insn.ts'
import { Class, Jmp } from '../isa/opcode.ts'
import type { Fd } from '../uapi/attr.ts'
import { Errno } from '../uapi/errno.ts'
import { PseudoCall, PseudoLdImm64 } from '../uapi/flags.ts'
import { MapType } from '../uapi/map-type.ts'
import { LibbpfError } from './error.ts'
import { ExternType, RelocType } from './model.ts'
import type { BpfObject, BpfProgram, Reloc } from './model.ts'

/** Immediates of the invalid calls that stand where a map or a kernel function isn't there. */
export const POISON_MAP_BASE = 2001000000
export const POISON_KFUNC_BASE = 2002000000

/** A map's descriptor before the maps are created: its number in the object, turned into the descriptor later. */
export interface MapUse {
  prog: BpfProgram
  insnIdx: number
  mapIdx: number
}

/** A jump table that became a map. */
export interface JumpTable {
  prog: BpfProgram
  symOff: number
  fd: Fd
}

function poison(insns: Insns, i: number, imm: number): void {
  insns.set(i, Class.JMP | Jmp.CALL, 0, 0, 0, imm)
}

/** Sets the upper half of a 64-bit load, unless a lying file ends the program before it. */
function setSecond(insns: Insns, i: number, imm: number): void {
  if (i + 1 < insns.length) insns.setImm(i + 1, imm)
}

/**
 * bpf_object__relocate_data: puts what maps, externs and subprograms an instruction means into it. libbpf has set map
 * descriptors aside by now; here they come with the maps, so their places are gathered in `uses`.
 */
export function relocateData(
  obj: BpfObject,
  sys: Syscalls,
  prog: BpfProgram,
  uses: MapUse[],
  tables: JumpTable[],
): void {
  const { insns } = prog
  prog.relocs.forEach((reloc, i) => {
    const at = reloc.insnIdx
    switch (reloc.type) {
      case RelocType.LD64:
        useMap(obj, prog, reloc, i, PseudoLdImm64.MAP_FD, uses)
        break
      case RelocType.DATA:
        setSecond(insns, at, insns.imm(at) + reloc.symOff + (reloc.mapIdx === obj.arenaMapIdx ? obj.arenaDataOff : 0))
        useMap(obj, prog, reloc, i, PseudoLdImm64.MAP_VALUE, uses)
        break
      case RelocType.EXTERN_LD64:
        relocateExternLoad(obj, prog, reloc, uses)
        break
      case RelocType.EXTERN_CALL: {
        const ext = obj.externs[reloc.extIdx]
        if (ext === undefined) break
        insns.setRegs(at, insns.dst(at), PseudoCall.KFUNC_CALL)
        if (ext.isSet) {
          insns.setImm(at, ext.ksym.kernelBtfId)
          insns.setOff(at, ext.ksym.btfFdIdx)
        } else {
          obj.log.debug(() => `prog '${prog.name}': relo #${i}: poisoning insn #${at} that calls kfunc '${ext.name}'`)
          poison(insns, at, POISON_KFUNC_BASE + reloc.extIdx)
        }
        break
      }
      case RelocType.SUBPROG_ADDR:
        if (insns.src(at) !== PseudoLdImm64.FUNC) {
          obj.log.warn(`prog '${prog.name}': relo #${i}: bad insn`)
          throw new LibbpfError(Errno.EINVAL)
        }
        break
      case RelocType.INSN_ARRAY: {
        const fd = jumpTableMap(obj, sys, prog, reloc, i, tables)
        insns.setRegs(at, insns.dst(at), PseudoLdImm64.MAP_VALUE)
        insns.setImm(at, fd)
        insns.setOff(at, 0)
        break
      }
      default:
    }
  })
}

/** A loader's programs name maps by their places in fd_array. */
function byIndex(pseudo: number): number {
  return pseudo === PseudoLdImm64.MAP_FD ? PseudoLdImm64.MAP_IDX : PseudoLdImm64.MAP_IDX_VALUE
}

function useMap(obj: BpfObject, prog: BpfProgram, reloc: Reloc, i: number, pseudo: number, uses: MapUse[]): void {
  const map = obj.maps[reloc.mapIdx]
  const at = reloc.insnIdx
  if (map === undefined) return
  if (obj.loader !== undefined) {
    prog.insns.setRegs(at, prog.insns.dst(at), byIndex(pseudo))
    prog.insns.setImm(at, reloc.mapIdx)
    return
  }
  if (map.autocreate) {
    prog.insns.setRegs(at, prog.insns.dst(at), pseudo)
    uses.push({ prog, insnIdx: at, mapIdx: reloc.mapIdx })
    return
  }
  obj.log.debug(
    () => `prog '${prog.name}': relo #${i}: poisoning insn #${at} that loads map #${reloc.mapIdx} '${map.name}'`,
  )
  poison(prog.insns, at, POISON_MAP_BASE + reloc.mapIdx)
  if (at + 1 < prog.insns.length) poison(prog.insns, at + 1, POISON_MAP_BASE + reloc.mapIdx)
}

function relocateExternLoad(obj: BpfObject, prog: BpfProgram, reloc: Reloc, uses: MapUse[]): void {
  const ext = obj.externs[reloc.extIdx]
  const at = reloc.insnIdx
  const { insns } = prog
  if (ext === undefined) return
  if (ext.type === ExternType.KCFG) {
    const inLoader = obj.loader !== undefined
    insns.setRegs(at, insns.dst(at), inLoader ? PseudoLdImm64.MAP_IDX_VALUE : PseudoLdImm64.MAP_VALUE)
    setSecond(insns, at, ext.kcfg.dataOff)
    if (inLoader) insns.setImm(at, obj.kconfigMapIdx)
    else uses.push({ prog, insnIdx: at, mapIdx: obj.kconfigMapIdx })
  } else if (ext.ksym.typeId !== 0 && ext.isSet) {
    insns.setRegs(at, insns.dst(at), PseudoLdImm64.BTF_ID)
    insns.setImm(at, ext.ksym.kernelBtfId)
    setSecond(insns, at, ext.ksym.kernelBtfObjFd)
  } else {
    insns.setImm(at, Number(BigInt.asIntN(32, ext.ksym.addr)))
    setSecond(insns, at, Number(BigInt.asIntN(32, ext.ksym.addr >> 32n)))
  }
}

const JT_ENTRY_SIZE = 8
const INSN_ARRAY_VALUE_SIZE = 16

/** create_jt_map: a jump table of gotox as a map of instruction offsets. */
function jumpTableMap(
  obj: BpfObject,
  sys: Syscalls,
  prog: BpfProgram,
  reloc: Reloc,
  index: number,
  tables: JumpTable[],
): Fd {
  const { log } = obj
  const { symOff, symSize } = reloc
  const known = tables.find((table) => table.prog === prog && table.symOff === symOff)
  if (known !== undefined) return known.fd
  const refuse = (message: string, errno: number = Errno.EINVAL): never => {
    if (message !== '') log.warn(`map '.jumptables': ${message}`)
    log.warn(`prog '${prog.name}': relo #${index}: can't create jump table: sym_off ${symOff}`)
    throw new LibbpfError(errno)
  }
  if (symOff % JT_ENTRY_SIZE) refuse(`jumptable start ${symOff} should be multiple of ${JT_ENTRY_SIZE}`)
  if (symSize % JT_ENTRY_SIZE) refuse(`jumptable size ${symSize} should be multiple of ${JT_ENTRY_SIZE}`)
  let fd: Fd = -1
  try {
    fd = sys.bpf.mapCreate({
      mapType: MapType.INSN_ARRAY,
      mapName: '.jumptables',
      keySize: 4,
      valueSize: INSN_ARRAY_VALUE_SIZE,
      maxEntries: symSize / JT_ENTRY_SIZE,
    })
    const data = obj.jumptables ?? refuse('ELF file is missing jump table data')
    if (symOff + symSize > data.length) {
      refuse(`jumptables_data size is ${data.length}, trying to access ${symOff + symSize}`)
    }
    const part = prog.subprogs.findLast((each) => reloc.insnIdx >= each.subInsnOff)
    const adjust = part === undefined ? -prog.secInsnOff : part.subInsnOff - part.secInsnOff
    const view = new DataView(data.buffer, data.byteOffset)
    for (let i = 0; i < symSize / JT_ENTRY_SIZE; i++) {
      const raw = view.getBigUint64(symOff + i * JT_ENTRY_SIZE, true)
      const offset = raw / 8n + BigInt(adjust)
      if (offset < 0n || offset > 0xffff_ffffn) {
        refuse(`invalid jump table value 0x${raw.toString(16)} at offset ${symOff + i * JT_ENTRY_SIZE}`)
      }
      const key = new Uint8Array(4)
      new DataView(key.buffer).setUint32(0, i, true)
      const value = new Uint8Array(INSN_ARRAY_VALUE_SIZE)
      new DataView(value.buffer).setUint32(0, Number(offset), true)
      sys.bpf.mapUpdateElem(fd, key, value)
    }
    sys.bpf.mapFreeze(fd)
    tables.push({ prog, symOff, fd })
    return fd
  } catch (error) {
    if (fd >= 0) sys.close(fd)
    if (error instanceof KernelError) return refuse('', error.errno)
    throw error
  }
}
