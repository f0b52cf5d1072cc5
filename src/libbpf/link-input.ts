import { Btf, BtfError } from '../btf/btf.ts'
import { Errno } from '../uapi/errno.ts'
import { parseBtfExt } from './btf-ext.ts'
import { LibbpfError, errstr } from './error.ts'
import type { Log } from './log.ts'

/** Byte order of a linked object: that of the first file. */
export interface LinkOutput {
  littleEndian: boolean | undefined
}

const EHDR_SIZE = 64
const SHDR_SIZE = 64
const EM_BPF = 247
const ET_REL = 1
const SHF_EXECINSTR = 4
const SHT = { PROGBITS: 1, SYMTAB: 2, STRTAB: 3, NOBITS: 8, REL: 9, LLVM_ADDRSIG: 0x6fff4c03 } as const
const usable: readonly number[] = [SHT.PROGBITS, SHT.SYMTAB, SHT.STRTAB, SHT.NOBITS, SHT.REL]

interface Header {
  index: number
  name: string
  type: number
  flags: number
  data: Uint8Array
  size: number
  align: number
}

/** is_dwarf_sec_name. */
const isDwarf = (name: string) => /^\.debug_/.test(name)
/** is_ignored_sec: what says nothing about the object itself. */
const isIgnored = ({ type, name, size }: Header) =>
  type === SHT.STRTAB ||
  type === SHT.LLVM_ADDRSIG ||
  (type === SHT.PROGBITS && size === 0) ||
  isDwarf(name) ||
  name === '.eh_frame'

/**
 * linker_load_obj_file: whether a file can be part of a linked object.
 * @throws LibbpfError after saying why it can't.
 */
export function checkLinkInput(output: LinkOutput, bytes: Uint8Array, path: string, log: Log): void {
  const refuse = (errno: number, message: string): never => {
    log.warn(message)
    throw new LibbpfError(errno)
  }
  const proper =
    bytes.length >= EHDR_SIZE &&
    Buffer.from(bytes.subarray(0, 5)).toString('latin1') === '\x7fELF\x02' &&
    bytes[6] === 1
  if (!proper) refuse(Errno.EINVAL, `failed to get ELF header for ${path}: invalid \`Elf' handle`)
  const little = bytes[5] === 1
  if (!little && bytes[5] !== 2) refuse(Errno.ENOTSUP, `unknown byte order of ELF file ${path}`)
  output.littleEndian ??= little
  if (output.littleEndian !== little) refuse(Errno.ENOTSUP, `byte order mismatch with ELF file ${path}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint16(16, little) !== ET_REL || view.getUint16(18, little) !== EM_BPF) {
    refuse(Errno.ENOTSUP, `unsupported kind of ELF file ${path}: no error`)
  }
  const sections = headersOf(view, little)
  if (typeof sections === 'string') return refuse(Errno.EINVAL, `${sections} ${path}`)
  let symtab = 0
  let hasBtf = false
  for (const section of sections) {
    if (section.data.length !== section.size && section.type !== SHT.NOBITS) {
      refuse(
        Errno.EINVAL,
        `failed to get section #${section.index} (${section.name}) data from ${path}: invalid section header`,
      )
    }
    if (isIgnored(section)) continue
    if (!usable.includes(section.type)) {
      refuse(Errno.EINVAL, `unrecognized section #${section.index} (${section.name}) in ${path}`)
    }
    if (section.type === SHT.SYMTAB) {
      if (symtab !== 0) refuse(Errno.ENOTSUP, 'multiple SYMTAB sections found, not supported')
      symtab = section.index
    }
    if (section.type !== SHT.PROGBITS) continue
    if (section.name === '.BTF') {
      hasBtf = true
      checkBtf(section.data, path, log)
    } else if (section.name === '.BTF.ext') {
      checkBtfExt(section.data, path, log)
    }
  }
  if (symtab === 0) refuse(Errno.EINVAL, `ELF is missing SYMTAB section in ${path}`)
  for (const { index, name, type, flags, size, align } of sections) {
    if (name === '') refuse(Errno.EINVAL, `ELF section #${index} has empty name in ${path}`)
    if (isDwarf(name)) continue
    if (align !== 0 && !Number.isInteger(Math.log2(align))) {
      refuse(Errno.EINVAL, `ELF section #${index} alignment ${align} is non pow-of-2 alignment in ${path}`)
    }
    if (type === SHT.PROGBITS && flags & SHF_EXECINSTR && size % 8 !== 0) {
      refuse(Errno.EINVAL, `ELF section #${index} has unexpected size alignment ${size} in ${path}`)
    }
  }
  if (!hasBtf) refuse(Errno.EINVAL, `failed to find BTF info for object '${path}'`)
}

function headersOf(view: DataView, little: boolean): Header[] | string {
  const word = (at: number) => Number(view.getBigUint64(at, little))
  const shoff = word(40)
  const count = view.getUint16(60, little)
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  if (shoff === 0 || shoff + count * SHDR_SIZE > view.byteLength) return []
  const namesAt = shoff + view.getUint16(62, little) * SHDR_SIZE
  if (namesAt + SHDR_SIZE > view.byteLength) return 'failed to get SHSTRTAB section index for'
  const names = bytes.subarray(word(namesAt + 24), word(namesAt + 24) + word(namesAt + 32))
  const headers: Header[] = []
  for (let index = 1; index < count; index++) {
    const at = shoff + index * SHDR_SIZE
    const nameAt = view.getUint32(at, little)
    const end = names.indexOf(0, nameAt)
    if (nameAt >= names.length || end < 0) return `failed to get section #${index} name for`
    const [offset, size] = [word(at + 24), word(at + 32)]
    headers.push({
      index,
      name: Buffer.from(names.subarray(nameAt, end)).toString('latin1'),
      type: view.getUint32(at + 4, little),
      flags: word(at + 8),
      data: bytes.subarray(offset, offset + size),
      size,
      align: word(at + 48),
    })
  }
  return headers
}

function checkBtf(bytes: Uint8Array, path: string, log: Log): void {
  try {
    for (const { level, text } of Btf.parse(bytes).lines) if (level === 'warn') log.warn(text)
  } catch (error) {
    if (!(error instanceof BtfError)) throw error
    for (const { level, text } of error.lines) if (level === 'warn') log.warn(text)
    log.warn(`failed to parse .BTF from ${path}: ${errstr(error.errno)}`)
    throw new LibbpfError(error.errno)
  }
}

function checkBtfExt(bytes: Uint8Array, path: string, log: Log): void {
  try {
    parseBtfExt(bytes, log)
  } catch (error) {
    if (!(error instanceof LibbpfError)) throw error
    log.warn(`failed to parse .BTF.ext from '${path}': ${errstr(error.errno)}`)
    throw error
  }
}
