import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { EssentialNames } from '../../libbpf/core-names.ts'
import { coreNeeds } from '../../libbpf/core-needs.ts'
import { LibbpfError } from '../../libbpf/error.ts'
import { CommandError } from '../command.ts'
import { parseBtfFile } from './btf-file.ts'
import { commandLog } from './command-log.ts'
import { CoreMarks } from './gen-core-marks.ts'
import type { Btf } from '../../btf/btf.ts'
import type { Command } from '../command.ts'
import type { Log } from '../../libbpf/log.ts'

/** minimize_btf: of a kernel's types only what the objects' relocations need. */
export function minimizeBtf(cmd: Command, input: string, output: string, objects: readonly string[]): number {
  const target = parseBtfFile(cmd, input)
  if (typeof target === 'number') {
    cmd.error(`failed parsing '${input}' BTF file: ${strerror(target)}`)
    cmd.error(`failed to allocate info structure: ${strerror(target)}`)
    return -target
  }
  const log = commandLog(cmd)
  const marks = new CoreMarks(target)
  const names = new EssentialNames(log)
  for (const file of objects) {
    const failed = record(cmd, file, target, names, marks, log)
    if (failed === undefined) continue
    cmd.error(`error recording relocations for ${file}: ${strerror(failed.shown)}`)
    return -failed.errno
  }
  try {
    cmd.writeHostFile(output, marks.minimized())
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    cmd.error(`error saving btf file: ${strerror(error.errno)}`)
    return -error.errno
  }
  return 0
}

/** What went wrong, and C's errno at that time, which is what bpftool shows. */
interface Failure {
  errno: number
  shown: number
}

/** btfgen_record_obj. @returns undefined when all is recorded. */
function record(
  cmd: Command,
  file: string,
  target: Btf,
  names: EssentialNames,
  marks: CoreMarks,
  log: Log,
): Failure | undefined {
  const btf = parseBtfFile(cmd, file)
  if (typeof btf === 'number') {
    cmd.error(`failed to parse BPF object '${file}': ${strerror(btf)}`)
    return { errno: btf, shown: btf }
  }
  const bytes = cmd.readHostFile(file)
  // libbpf tries whether a file is raw BTF before it reads it as an object, and leaves that errno behind.
  const shown = bytes[0] === 0x7f ? Errno.EPROTO : 0
  try {
    const specs = coreNeeds(bytes, target, names, log)
    if (specs === undefined) {
      cmd.error(`failed to parse BPF object '${file}': section .BTF.ext not found`)
      return { errno: Errno.EINVAL, shown }
    }
    for (const spec of specs) marks.record(spec)
    return undefined
  } catch (error) {
    if (error instanceof CommandError) {
      cmd.error(error.message)
      return { errno: Errno.EINVAL, shown }
    }
    if (error instanceof LibbpfError) return { errno: error.errno, shown }
    throw error
  }
}
