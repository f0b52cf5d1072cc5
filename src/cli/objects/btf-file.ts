import { Btf, BtfError } from '../../btf/btf.ts'
import { relocateBtf } from '../../btf/relocate.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { findBtfSections } from './btf-elf.ts'
import type { BtfLogLine } from '../../btf/btf.ts'
import type { Command } from '../command.ts'

/** LIBBPF_ERRNO__FORMAT. */
const ERRNO_FORMAT = 4001

export const SYSFS_VMLINUX = '/sys/kernel/btf/vmlinux'

/** A libbpf warning: always printed, in JSON output as well. */
export function warn(cmd: Command, text: string): void {
  cmd.message(`libbpf: ${text}\n`)
}

/** Prints what libbpf logs while it parses. */
function log(cmd: Command, lines: readonly BtfLogLine[]): void {
  for (const { level, text } of lines) if (level === 'warn' || cmd.options.verifierLogs) warn(cmd, text)
}

/** Btf.parse, with libbpf's messages. @returns the types or a positive errno. */
export function parseBtf(cmd: Command, bytes: Uint8Array, base: Btf | undefined): Btf | number {
  try {
    const btf = Btf.parse(bytes, base)
    log(cmd, btf.lines)
    return btf
  } catch (error) {
    if (!(error instanceof BtfError)) throw error
    log(cmd, error.lines)
    return error.errno
  }
}

/** btf__parse_split: types of a raw BTF file or an ELF object. @returns the types or a positive errno. */
export function parseBtfFile(cmd: Command, path: string, base?: Btf): Btf | number {
  let bytes: Uint8Array
  try {
    bytes = cmd.readHostFile(path)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    return error.errno === Errno.EISDIR ? Errno.EIO : error.errno
  }
  if (bytes.length < 2) return Errno.EIO
  const magic = (bytes[0] as number) | ((bytes[1] as number) << 8)
  if (magic === 0xeb9f || magic === 0x9feb) return parseBtf(cmd, bytes, base)
  return parseElf(cmd, path, bytes, base)
}

/** btf_parse_elf. */
function parseElf(cmd: Command, path: string, bytes: Uint8Array, base: Btf | undefined): Btf | number {
  const sections = findBtfSections(bytes, path)
  if (typeof sections === 'string') {
    warn(cmd, sections)
    return ERRNO_FORMAT
  }
  if (sections.btf === undefined) {
    warn(cmd, `failed to find '.BTF' ELF section in ${path}`)
    return Errno.ENODATA
  }
  let itsBase = base
  if (sections.btfBase !== undefined) {
    const distilled = parseBtf(cmd, sections.btfBase, undefined)
    if (typeof distilled === 'number') return distilled
    itsBase = distilled
  }
  const btf = parseBtf(cmd, sections.btf, itsBase)
  if (typeof btf === 'number') return btf
  // A module's types go on from the base that is given.
  const relocated = itsBase === base || base === undefined ? btf : relocate(cmd, btf, base)
  if (typeof relocated !== 'number') relocated.setPointerSize(sections.pointerSize)
  return relocated
}

function relocate(cmd: Command, btf: Btf, base: Btf): Btf | number {
  try {
    return relocateBtf(btf, base)
  } catch (error) {
    if (!(error instanceof BtfError)) throw error
    log(cmd, error.lines)
    return error.errno
  }
}

/** -B: main has parsed it by now; `undefined` where none was given. @returns the types or bpftool's status. */
export function baseBtf(cmd: Command): Btf | undefined | number {
  const path = cmd.options.baseBtf
  if (path === undefined) return undefined
  const btf = parseBtfFile(cmd, path)
  if (typeof btf !== 'number') return btf
  cmd.error(`failed to parse base BTF at '${path}': ${-btf}\n`)
  return -1
}

/** get_vmlinux_btf_from_sysfs: undefined after saying why not. */
export function vmlinuxBtf(cmd: Command): Btf | undefined {
  const btf = parseBtfFile(cmd, SYSFS_VMLINUX)
  if (typeof btf !== 'number') return btf
  cmd.error(`failed to parse vmlinux BTF at '${SYSFS_VMLINUX}': ${-btf}\n`)
  return undefined
}
