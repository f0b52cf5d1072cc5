import { Errno } from '../../uapi/errno.ts'
import type { BtfExt, ExtTable } from '../btf-ext.ts'
import { REL_SIZE, SYM_SIZE } from '../elf.ts'
import { LibbpfError } from '../error.ts'
import type { Log } from '../log.ts'
import { INSN_SIZE, SHF_EXECINSTR, SHN_LORESERVE, SHN_UNDEF, SHT, STB, STT, STV_HIDDEN } from './model.ts'
import type { LinkSymbol, SourceSection, SourceTypes } from './model.ts'

/** R_BPF_64_64, R_BPF_64_ABS64, R_BPF_64_ABS32 and R_BPF_64_32. */
const relocationTypes: readonly number[] = [1, 2, 3, 10]

/** linker_sanity_check_elf_symtab. @throws LibbpfError. */
export function checkSymbols(
  sections: readonly SourceSection[],
  index: number,
  symbols: readonly LinkSymbol[],
  path: string,
  log: Log,
): void {
  const { header, size } = sections[index] as SourceSection
  const refuse = (message?: string): never => {
    if (message !== undefined) log.warn(message)
    throw new LibbpfError(Errno.EINVAL)
  }
  const link = header?.link ?? 0
  if (header?.entsize !== BigInt(SYM_SIZE) || size % SYM_SIZE !== 0) refuse()
  if (link === 0 || link >= sections.length) {
    refuse(`ELF SYMTAB section #${index} points to missing STRTAB section #${link} in ${path}`)
  }
  if (sections[link]?.header?.type !== SHT.STRTAB) {
    refuse(`ELF SYMTAB section #${index} points to invalid STRTAB section #${link} in ${path}`)
  }
  symbols.forEach(({ nameOff, type, bind, other, shndx, value, size: length }, i) => {
    const visibility = other & 3
    if (i === 0) {
      if (nameOff || type || bind || other || shndx || value || length) refuse(`ELF sym #0 is invalid in ${path}`)
      return
    }
    if (bind !== STB.LOCAL && bind !== STB.GLOBAL && bind !== STB.WEAK) {
      refuse(`ELF sym #${i} in section #${index} has unsupported symbol binding ${bind}`)
    }
    if (visibility !== 0 && visibility !== STV_HIDDEN) {
      refuse(`ELF sym #${i} in section #${index} has unsupported symbol visibility ${visibility}`)
    }
    if (shndx === SHN_UNDEF) {
      if (type !== STT.NOTYPE || bind === STB.LOCAL || value || length) {
        refuse(`ELF sym #${i} is invalid extern symbol in ${path}`)
      }
      return
    }
    if (shndx < SHN_LORESERVE && shndx >= sections.length) {
      refuse(`ELF sym #${i} in section #${index} points to missing section #${shndx} in ${path}`)
    }
    if (type === STT.SECTION && value) refuse()
  })
}

/** linker_sanity_check_elf_relos. @throws LibbpfError. */
export function checkRelocations(
  sections: readonly SourceSection[],
  index: number,
  symtab: number,
  little: boolean,
  path: string,
  log: Log,
): void {
  const { name, header, size, data } = sections[index] as SourceSection
  const refuse = (message?: string): never => {
    if (message !== undefined) log.warn(message)
    throw new LibbpfError(Errno.EINVAL)
  }
  const { link = 0, info = 0 } = header ?? {}
  if (header?.entsize !== BigInt(REL_SIZE) || size % REL_SIZE !== 0) refuse()
  const where = `ELF relo section #${index}`
  if (link !== symtab) refuse(`${where} points to invalid SYMTAB section #${link} in ${path}`)
  const target = info === 0 ? undefined : sections[info]
  if (target === undefined) return refuse(`${where} points to missing section #${info} in ${path}`)
  if (name !== `.rel${target.name}`) refuse(`${where} name has invalid name in ${path}`)
  if (target.skipped) return
  const targetType = target.header?.type
  if (targetType !== SHT.PROGBITS && targetType !== SHT.NOBITS) {
    refuse(`${where} points to invalid section #${info} in ${path}`)
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const symbolBytes = sections[symtab]?.size ?? 0
  for (let i = 0; i < size / REL_SIZE; i++) {
    const at = i * REL_SIZE
    const [type, symbol] = little
      ? [view.getUint32(at + 8, true), view.getUint32(at + 12, true)]
      : [view.getUint32(at + 12, false), view.getUint32(at + 8, false)]
    const relo = `ELF relo #${i} in section #${index}`
    if (!relocationTypes.includes(type)) refuse(`${relo} has unexpected type ${type} in ${path}`)
    if (symbol === 0 || symbol * SYM_SIZE >= symbolBytes) {
      refuse(`${relo} points to invalid symbol #${symbol} in ${path}`)
    }
    const low = view.getUint32(little ? at : at + 4, little)
    if ((target.header?.flags ?? 0n) & SHF_EXECINSTR && low % INSN_SIZE !== 0) {
      refuse(`${relo} points to missing symbol #${symbol} in ${path}`)
    }
  }
}

/** linker_sanity_check_btf_ext. @throws LibbpfError. */
export function checkExt(ext: BtfExt, types: SourceTypes | undefined): void {
  const bad = (): never => {
    throw new LibbpfError(Errno.EINVAL)
  }
  if (types === undefined) return bad()
  /** Words of a record that are type ids and string offsets. */
  const check = ({ recordSize, sections }: ExtTable, ids: readonly number[], texts: readonly number[]) => {
    for (const { nameOff, count, records } of sections) {
      const view = new DataView(records.buffer, records.byteOffset, records.byteLength)
      if (!types.hasString(nameOff)) bad()
      for (let i = 0; i < count; i++) {
        for (const id of ids) if (view.getUint32(i * recordSize + id, true) >= types.typeCount) bad()
        for (const text of texts) if (!types.hasString(view.getUint32(i * recordSize + text, true))) bad()
      }
    }
  }
  check(ext.funcInfo, [4], [])
  check(ext.lineInfo, [], [4, 8])
  check(ext.coreRelo, [4], [8])
}
