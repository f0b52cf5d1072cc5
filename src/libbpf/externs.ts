import { Errno } from '../uapi/errno.ts'
import { SYM_SIZE, SymbolBind, SymbolType } from './elf.ts'
import type { Elf, Symbol } from './elf.ts'
import { LibbpfErrno, LibbpfError } from './error.ts'
import { ExternType, KcfgType } from './model.ts'
import type { BpfObject, Extern } from './model.ts'
import { essentialNameLength } from './names.ts'
import { BtfKind, FuncLinkage, VarLinkage, kindName } from './object-btf.ts'
import type { ObjectBtf } from './object-btf.ts'

/** sym_is_extern. */
export function isExtern(symbol: Symbol): boolean {
  return (
    symbol.shndx === 0 &&
    (symbol.bind === SymbolBind.GLOBAL || symbol.bind === SymbolBind.WEAK) &&
    symbol.type === SymbolType.NOTYPE
  )
}

function fail(errno: number): never {
  throw new LibbpfError(errno)
}

/** bpf_object__collect_externs: `__kconfig` and `__ksym` variables and functions, and their BTF made loadable. */
export function collectExterns(obj: BpfObject, elf: Elf): void {
  const { btf, log } = obj
  if (elf.symbolSection?.entsize !== SYM_SIZE) fail(LibbpfErrno.FORMAT)
  const dummyVar = btf === undefined ? 0 : addDummyKsymVar(btf)
  log.debug(() => `looking for externs among ${elf.symbolCount} symbols...`)
  const sections: { kconfig?: number; ksyms?: number } = {}
  for (let i = 0; i < elf.symbolCount; i++) {
    const symbol = elf.symbol(i)
    if (symbol === undefined || !isExtern(symbol)) continue
    const name = elf.symbolString(symbol.nameOffset)
    if (name === undefined || name === '') continue
    obj.externs.push(readExtern(obj, i, symbol, name, sections))
  }
  log.debug(() => `collected ${obj.externs.length} externs total`)
  if (obj.externs.length === 0 || btf === undefined) return
  obj.externs.sort(compareExterns)
  obj.externs.forEach((ext, i) => obj.externOfSymbol.set(ext.symIdx, i))
  if (sections.ksyms !== undefined) fixKsyms(obj, btf, sections.ksyms, dummyVar)
  if (sections.kconfig !== undefined) fixKconfig(obj, btf, sections.kconfig)
}

function compareExterns(a: Extern, b: Extern): number {
  if (a.type !== b.type) return a.type - b.type
  if (a.type === ExternType.KCFG) {
    if (a.kcfg.align !== b.kcfg.align) return b.kcfg.align - a.kcfg.align
    if (a.kcfg.size !== b.kcfg.size) return a.kcfg.size - b.kcfg.size
  }
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** find_extern_btf_id; a negative errno where there is none. */
function findExternId(btf: ObjectBtf | undefined, name: string): number {
  if (btf === undefined) return -Errno.ESRCH
  for (const id of btf.idsNamed(name)) {
    const kind = btf.kind(id)
    if (kind === BtfKind.VAR) return btf.varLinkage(id) === VarLinkage.EXTERN ? id : -Errno.EINVAL
    if (kind === BtfKind.FUNC) return btf.funcLinkage(id) === FuncLinkage.EXTERN ? id : -Errno.EINVAL
  }
  return -Errno.ENOENT
}

/** find_extern_sec_btf_id. */
function findSection(btf: ObjectBtf, varId: number): number {
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kind(id) !== BtfKind.DATASEC) continue
    for (let i = 0; i < btf.vlen(id); i++) if (btf.secVarType(id, i) === varId) return id
  }
  return -Errno.ENOENT
}

function readExtern(
  obj: BpfObject,
  symIdx: number,
  symbol: Symbol,
  symName: string,
  sections: { kconfig?: number; ksyms?: number },
): Extern {
  const { log } = obj
  const btfId = findExternId(obj.btf, symName)
  if (btfId <= 0 || obj.btf === undefined) {
    log.warn(`failed to find BTF for extern '${symName}': ${btfId}`)
    fail(-btfId)
  }
  const { btf } = obj
  const name = btf.name(btfId)
  const essential = essentialNameLength(name)
  const ext: Extern = {
    type: ExternType.UNKNOWN,
    symIdx,
    btfId,
    name,
    essentName: essential === name.length ? undefined : name.slice(0, essential),
    isSet: false,
    isWeak: symbol.bind === SymbolBind.WEAK,
    kcfg: { type: KcfgType.UNKNOWN, size: 0, align: 0, dataOff: 0, signed: false },
    ksym: { addr: 0n, kernelBtfObjFd: 0, kernelBtfId: 0, typeId: 0, btfFdIdx: 0 },
  }
  const secId = findSection(btf, btfId)
  if (secId <= 0) {
    log.warn(`failed to find BTF for extern '${symName}' [${btfId}] section: ${secId}`)
    fail(-secId)
  }
  const secName = btf.name(secId)
  if (secName === '.kconfig') {
    sections.kconfig = secId
    readKcfg(obj, btf, ext, symName)
  } else if (secName === '.ksyms') {
    sections.ksyms = secId
    ext.type = ExternType.KSYM
    ext.ksym.typeId = btf.skipModsAndTypedefs(btf.type(btfId))
  } else {
    log.warn(`unrecognized extern section '${secName}'`)
    fail(Errno.ENOTSUP)
  }
  return ext
}

function readKcfg(obj: BpfObject, btf: ObjectBtf, ext: Extern, symName: string): void {
  const { log } = obj
  if (btf.kind(ext.btfId) === BtfKind.FUNC) {
    log.warn(`extern function ${ext.name} is unsupported under .kconfig section`)
    fail(Errno.ENOTSUP)
  }
  ext.type = ExternType.KCFG
  const type = btf.type(ext.btfId)
  ext.kcfg.size = btf.resolveSize(type) | 0
  if (ext.kcfg.size <= 0) {
    log.warn(`failed to resolve size of extern (kcfg) '${symName}': ${ext.kcfg.size}`)
    fail(-ext.kcfg.size)
  }
  ext.kcfg.align = btf.alignOf(type, log)
  if (ext.kcfg.align <= 0) {
    log.warn(`failed to determine alignment of extern (kcfg) '${symName}': ${ext.kcfg.align}`)
    fail(Errno.EINVAL)
  }
  const [kind, signed] = kcfgType(btf, type)
  ext.kcfg.type = kind
  ext.kcfg.signed = signed
  if (kind === KcfgType.UNKNOWN) {
    log.warn(`extern (kcfg) '${symName}': type is unsupported`)
    fail(Errno.ENOTSUP)
  }
}

const INT_SIGNED = 1
const INT_BOOL = 4

/** find_kcfg_type: the type and whether it is signed. */
function kcfgType(btf: ObjectBtf, type: number, depth = 0): [number, boolean] {
  const id = btf.skipModsAndTypedefs(type)
  const size = btf.size(id)
  switch (btf.kind(id)) {
    case BtfKind.INT: {
      const encoding = btf.intEncoding(id)
      if (encoding & INT_BOOL) return [size === 1 ? KcfgType.BOOL : KcfgType.UNKNOWN, false]
      const signed = (encoding & INT_SIGNED) !== 0
      if (size === 1) return [KcfgType.CHAR, signed]
      return [[2, 4, 8].includes(size) ? KcfgType.INT : KcfgType.UNKNOWN, signed]
    }
    case BtfKind.ENUM:
      return [size === 4 && btf.name(id) === 'libbpf_tristate' ? KcfgType.TRISTATE : KcfgType.UNKNOWN, false]
    case BtfKind.ENUM64:
      return [btf.name(id) === 'libbpf_tristate' ? KcfgType.TRISTATE : KcfgType.UNKNOWN, false]
    case BtfKind.ARRAY: {
      if (btf.arrayLength(id) === 0 || depth > 0) return [KcfgType.UNKNOWN, false]
      const [elem] = kcfgType(btf, btf.arrayElem(id), depth + 1)
      return [elem === KcfgType.CHAR ? KcfgType.CHAR_ARR : KcfgType.UNKNOWN, false]
    }
    default:
      return [KcfgType.UNKNOWN, false]
  }
}

function findInt32(btf: ObjectBtf): number {
  for (let id = 1; id < btf.typeCount; id++) if (btf.kind(id) === BtfKind.INT && btf.intBits(id) === 32) return id
  return 0
}

/** add_dummy_ksym_var: stands in for extern functions in `.ksyms`, which the kernel only lets hold variables. */
function addDummyKsymVar(btf: ObjectBtf): number {
  const secId = btf.findByNameKind('.ksyms', BtfKind.DATASEC)
  if (secId === undefined) return 0
  for (let i = 0; i < btf.vlen(secId); i++) {
    if (btf.kind(btf.secVarType(secId, i)) === BtfKind.FUNC) {
      return btf.addVar('dummy_ksym', VarLinkage.GLOBAL, findInt32(btf))
    }
  }
  return 0
}

function fixKsyms(obj: BpfObject, btf: ObjectBtf, secId: number, dummyVar: number): void {
  const { log } = obj
  const int = findInt32(btf)
  obj.externs.forEach((ext, i) => {
    if (ext.type === ExternType.KSYM) {
      log.debug(() => `extern (ksym) #${i}: symbol ${ext.symIdx}, name ${ext.name}`)
    }
  })
  const count = btf.vlen(secId)
  const known = new Set(obj.externs.map((ext) => ext.name))
  for (let i = 0; i < count; i++) {
    let varId = btf.secVarType(secId, i)
    const name = btf.name(varId)
    if (!known.has(name)) {
      log.warn(`failed to find extern definition for BTF ${kindName(btf.kind(varId))} '${name}'`)
      fail(Errno.ESRCH)
    }
    if (btf.kind(varId) === BtfKind.FUNC) {
      const proto = btf.type(varId)
      for (let j = 0; j < btf.vlen(proto); j++) {
        if (btf.paramType(proto, j) !== 0 && btf.paramNameOff(proto, j) === 0) {
          btf.setParamNameOff(proto, j, btf.nameOff(dummyVar))
        }
      }
      btf.setFuncLinkage(varId, FuncLinkage.GLOBAL)
      varId = dummyVar
    } else {
      btf.setVarLinkage(varId, VarLinkage.GLOBAL)
      btf.setType(varId, int)
    }
    btf.setSecVar(secId, i, varId, i * 4, 4)
  }
  btf.setSize(secId, count * 4)
}

function fixKconfig(obj: BpfObject, btf: ObjectBtf, secId: number): void {
  const { log } = obj
  let off = 0
  obj.externs.forEach((ext, i) => {
    if (ext.type !== ExternType.KCFG) return
    ext.kcfg.dataOff = Math.ceil(off / ext.kcfg.align) * ext.kcfg.align
    off = ext.kcfg.dataOff + ext.kcfg.size
    log.debug(() => `extern (kcfg) #${i}: symbol ${ext.symIdx}, off ${ext.kcfg.dataOff}, name ${ext.name}`)
  })
  btf.setSize(secId, off)
  for (let i = 0; i < btf.vlen(secId); i++) {
    const varId = btf.secVarType(secId, i)
    const name = btf.name(varId)
    const ext = obj.externs.find((each) => each.name === name)
    if (ext === undefined) {
      log.warn(`failed to find extern definition for BTF var '${name}'`)
      fail(Errno.ESRCH)
    }
    btf.setVarLinkage(varId, VarLinkage.GLOBAL)
    btf.setSecVar(secId, i, varId, ext.kcfg.dataOff, btf.secVarSize(secId, i))
  }
}
