import { Errno } from '../uapi/errno.ts'
import { SymbolBind, SymbolType } from './elf.ts'
import type { Elf, Symbol } from './elf.ts'
import { LibbpfError, errstr } from './error.ts'
import type { Log } from './log.ts'
import type { BpfObject } from './model.ts'
import { BtfKind, VarLinkage } from './object-btf.ts'
import type { ObjectBtf } from './object-btf.ts'

/** bpf_object_fixup_btf: compilers leave DATASEC sizes and offsets zero; the ELF file knows them. */
export function fixupBtf(obj: BpfObject, elf: Elf): void {
  const { btf } = obj
  if (btf === undefined) return
  const variables = new GlobalVariables(elf, obj.log)
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kind(id) === BtfKind.DATASEC) fixupDatasec(obj, elf, btf, id, variables)
  }
}

/** find_elf_var_sym, for all names at once: the first symbol of a name counts. */
class GlobalVariables {
  readonly #elf: Elf
  readonly #log: Log
  #found: Map<string, Symbol> | undefined
  /** Where a symbol's name should be and isn't: the search goes no further. */
  #broken: number | undefined

  constructor(elf: Elf, log: Log) {
    this.#elf = elf
    this.#log = log
  }

  find(name: string): Symbol | undefined {
    const symbol = (this.#found ??= this.#collect()).get(name)
    if (symbol === undefined && this.#broken !== undefined) {
      this.#elf.symbolString(this.#broken)
      this.#log.warn(`failed to get sym name string for var ${name}`)
    }
    return symbol
  }

  #collect(): Map<string, Symbol> {
    const found = new Map<string, Symbol>()
    for (let i = 0; i < this.#elf.symbolCount; i++) {
      const symbol = this.#elf.symbol(i)
      if (symbol?.type !== SymbolType.OBJECT) continue
      if (symbol.bind !== SymbolBind.GLOBAL && symbol.bind !== SymbolBind.WEAK) continue
      const name = this.#elf.quietSymbolString(symbol.nameOffset)
      if (name === undefined) {
        this.#broken = symbol.nameOffset
        break
      }
      if (!found.has(name)) found.set(name, symbol)
    }
    return found
  }
}

/** btf_fixup_datasec. */
function fixupDatasec(obj: BpfObject, elf: Elf, btf: ObjectBtf, id: number, variables: GlobalVariables): void {
  const { log } = obj
  const secName = btf.name(id)
  if (secName !== '.kconfig' && secName !== '.ksyms') {
    const fixOffsets = btf.size(id) === 0
    if (fixOffsets) {
      const section = elf.sectionByName(secName)
      const size = section !== undefined && elf.data(section) !== undefined ? section.size % 0x1_0000_0000 : undefined
      if (size === undefined || size === 0) {
        const why = size === undefined ? errstr(Errno.ENOENT) : '0'
        log.debug(() => `sec '${secName}': failed to determine size from ELF: size ${size ?? 0}, err ${why}`)
        throw new LibbpfError(Errno.ENOENT)
      }
      btf.setSize(id, size)
    }
    for (let i = 0; i < btf.vlen(id); i++) {
      const varId = btf.secVarType(id, i)
      if (btf.kind(varId) !== BtfKind.VAR) {
        log.debug(() => `sec '${secName}': unexpected non-VAR type found`)
        throw new LibbpfError(Errno.EINVAL)
      }
      const linkage = btf.varLinkage(varId)
      if (linkage === VarLinkage.STATIC || linkage === VarLinkage.EXTERN) continue
      const name = btf.name(varId)
      const symbol = variables.find(name)
      if (symbol === undefined) {
        log.debug(() => `sec '${secName}': failed to find ELF symbol for VAR '${name}'`)
        throw new LibbpfError(Errno.ENOENT)
      }
      if (fixOffsets) btf.setSecVar(id, i, varId, symbol.value % 0x1_0000_0000, btf.secVarSize(id, i))
      if (symbol.hidden) btf.setVarLinkage(varId, VarLinkage.STATIC)
    }
  }
  btf.sortSecVars(id)
}
