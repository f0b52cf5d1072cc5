import { BtfError } from '../../btf/btf.ts'
import { mergeBtf } from '../../btf/merge.ts'
import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { CommandError, UsageError } from '../command.ts'
import { mapParseFdAndInfo } from '../grammar/map.ts'
import { nextArg, requireArgs } from '../grammar/number-arg.ts'
import { progParseFd } from '../grammar/prog.ts'
import { strtoul } from '../grammar/number.ts'
import { SYSFS_VMLINUX, parseBtf, parseBtfFile, vmlinuxBtf, warn } from './btf-file.ts'
import type { Args } from '../args.ts'
import type { Btf } from '../../btf/btf.ts'
import type { Command } from '../command.ts'

const MAX_BTF_FILES = 64
const SYSFS_PREFIX = '/sys/kernel/btf/'

/** BTF_SRC: types that were read from files already, or the id of types in the kernel; and what to dump of them. */
export type BtfSource = { btf: Btf } | { id: number; roots: number[] }

/** REQ_ARGS and usage(). */
function needArgs(cmd: Command, args: Args, count: number): void {
  try {
    requireArgs(args, count)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    cmd.error(error.message)
    throw new UsageError()
  }
}

/** The first words of `btf dump`. @returns bpftool's status where that fails, its message printed. */
export function parseSource(cmd: Command, args: Args, base: Btf | undefined): BtfSource | number {
  needArgs(cmd, args, 2)
  const word = args.peek() ?? ''
  if (args.is('map')) {
    args.shift()
    needArgs(cmd, args, 2)
    return mapSource(cmd, args)
  }
  if (args.is('prog')) {
    args.shift()
    needArgs(cmd, args, 2)
    return progSource(cmd, args)
  }
  if (args.is('id')) {
    args.shift()
    const text = args.peek() ?? ''
    const { value: id, complete } = strtoul(text, 0)
    if (!complete) throw new CommandError(`can't parse ${text} as ID`)
    args.shift()
    return { id, roots: [] }
  }
  if (args.is('file')) {
    args.shift()
    return filesSource(cmd, args, base)
  }
  args.shift()
  throw new CommandError(`unrecognized BTF source specifier: '${word}'`)
}

function mapSource(cmd: Command, args: Args): BtfSource | number {
  const found = mapParseFdAndInfo(cmd, args, MapFlag.RDONLY)
  if (found === undefined) return -1
  const { btfId: id, btfKeyTypeId: key, btfValueTypeId: value } = found.info
  cmd.system().close(found.fd)
  for (const [keyword, roots] of [
    ['key', [key]],
    ['value', [value]],
    ['all', []],
    ['kv', [key, value]],
  ] as const) {
    if (!args.is(keyword)) continue
    args.shift()
    return { id, roots: [...roots] }
  }
  return { id, roots: [key, value] }
}

function progSource(cmd: Command, args: Args): BtfSource | number {
  const fd = progParseFd(cmd, args)
  if (fd === undefined) return -1
  try {
    return { id: cmd.system().bpf.progInfo(fd).btfId, roots: [] }
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    cmd.error(`can't get prog info: ${strerror(error.errno)}`)
    return -error.errno
  } finally {
    cmd.system().close(fd)
  }
}

/** `file FILE [file FILE]...`: one, or split BTFs of one base that become one. */
function filesSource(cmd: Command, args: Args, base: Btf | undefined): BtfSource | number {
  const files: string[] = []
  const take = (): number => {
    const path = args.peek() ?? ''
    if (path === SYSFS_VMLINUX) {
      cmd.info(`skipping ${path} (will be loaded as base)`)
    } else {
      if (files.length >= MAX_BTF_FILES) {
        cmd.error(`too many BTF files (max ${MAX_BTF_FILES})`)
        return -Errno.E2BIG
      }
      files.push(path)
    }
    args.shift()
    return 0
  }
  take()
  while (args.is('file')) {
    nextArg(args)
    if (args.length < 1) {
      cmd.error(`'${args.peek(-1) ?? ''}' needs at least 1 arguments, 0 found`)
      return -Errno.EINVAL
    }
    const status = take()
    if (status !== 0) return status
  }
  let itsBase = base
  if (base === undefined && files.some((path) => path.startsWith(SYSFS_PREFIX))) itsBase = vmlinuxBtf(cmd)
  const [first = SYSFS_VMLINUX] = files
  if (files.length <= 1) {
    const btf = parseBtfFile(cmd, first, itsBase)
    if (typeof btf !== 'number') return { btf }
    cmd.error(`failed to load BTF from ${first}: ${strerror(btf)}`)
    return -btf
  }
  if (itsBase === undefined) {
    cmd.error('base BTF is required when merging multiple BTF files; use -B/--base-btf or use sysfs paths')
    return -Errno.EINVAL
  }
  return mergeFiles(cmd, files, itsBase)
}

/** merge_btf_files: all of them as one, behind the base, each type once. */
function mergeFiles(cmd: Command, files: readonly string[], base: Btf): BtfSource | number {
  const parts: Btf[] = []
  for (const path of files) {
    const btf = parseBtfFile(cmd, path, base)
    if (typeof btf === 'number') {
      cmd.error(`failed to load BTF from ${path}: ${strerror(btf)}`)
      return -btf
    }
    if (btf.base !== undefined && btf.base !== base) {
      cmd.error(`failed to merge BTF from ${path}: ${strerror(Errno.EOPNOTSUPP)}`)
      return -Errno.EOPNOTSUPP
    }
    parts.push(btf)
  }
  const trace = cmd.options.verifierLogs ? (line: string) => warn(cmd, line) : undefined
  try {
    return { btf: mergeBtf(parts, base, trace) }
  } catch (error) {
    if (!(error instanceof BtfError)) throw error
    for (const { text } of error.lines) trace?.(text)
    cmd.error(`failed to dedup combined BTF: ${strerror(error.errno)}`)
    return -error.errno
  }
}

/** btf__load_from_kernel_by_id_split, with a module's base found by itself. @returns types, or bpftool's status. */
export function loadById(cmd: Command, id: number, givenBase: Btf | undefined): Btf | number {
  const { bpf } = cmd.system()
  let base = givenBase
  if (base === undefined && isKernelModule(cmd, id)) {
    const text = 'Warning: valid base BTF was not specified with -B option, falling back to standard base BTF'
    cmd.info(`${text} (${SYSFS_VMLINUX})`)
    base = vmlinuxBtf(cmd)
  }
  const fail = (errno: number) => {
    cmd.error(`get btf by id (${id}): ${strerror(errno)}`)
    return -errno
  }
  try {
    const fd = bpf.getFdById('btf', id)
    try {
      const btf = parseBtf(cmd, bpf.btfInfo(fd, true).btf ?? new Uint8Array(), base)
      return typeof btf === 'number' ? fail(btf) : btf
    } finally {
      cmd.system().close(fd)
    }
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    return fail(error.errno)
  }
}

/** btf_is_kernel_module; what keeps it from telling is printed. */
function isKernelModule(cmd: Command, id: number): boolean {
  const { bpf } = cmd.system()
  let failed = `can't get BTF object by id (${id})`
  try {
    const fd = bpf.getFdById('btf', id)
    try {
      failed = `can't get BTF (ID ${id}) object info`
      const { kernelBtf, name } = bpf.btfInfo(fd)
      return kernelBtf && name !== 'vmlinux'
    } finally {
      cmd.system().close(fd)
    }
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    cmd.error(`${failed}: ${strerror(error.errno)}`)
    return false
  }
}
