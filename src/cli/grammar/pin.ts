import { CommandError } from '../command.ts'
import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { dirname, isBpffs, pathExists } from './host-path.ts'
import { requireArgs } from './number-arg.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'
import type { Fd } from '../../uapi/attr.ts'

const NOT_MOUNTING = 'no BPF file system found, not mounting it due to --nomount option'

/**
 * mnt_fs of a bpffs. It binds the directory to itself first; a working directory that is named by a dot stays below that,
 * so that making the mount private fails.
 */
function mount(cmd: Command, dir: string, failure: (reason: string) => string): void {
  if (/^\.(\/\.)*$/.test(dir)) {
    throw new CommandError(failure(`mount --make-private ${dir} failed: ${strerror(Errno.EINVAL)}`))
  }
  try {
    cmd.system().files.mountBpffs(cmd.resolvePath(dir))
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    throw new CommandError(failure(`mount -t bpf bpf ${dir} failed: ${strerror(error.errno)}`))
  }
}

/** mount_bpffs_for_file: makes sure that the directory of a pin is in a bpffs. */
export function mountBpffsForFile(cmd: Command, file: string): void {
  if (pathExists(cmd, file)) throw new CommandError(`can't pin BPF object: path '${file}' already exists`)
  const dir = dirname(file)
  if (isBpffs(cmd, dir)) return
  if (!pathExists(cmd, dir)) throw new CommandError(`can't pin BPF object: dir '${dir}' doesn't exist`)
  if (cmd.options.blockMount) throw new CommandError(NOT_MOUNTING)
  mount(cmd, dir, (reason) => `can't mount BPF file system to pin the object '${file}': ${reason}`)
}

/** create_and_mount_bpffs_dir: makes sure that a directory to pin into is there and in a bpffs. */
export function createAndMountBpffsDir(cmd: Command, dir: string): void {
  if (isBpffs(cmd, dir)) return
  const exists = pathExists(cmd, dir)
  if (!exists) {
    const parent = dirname(dir)
    if (isBpffs(cmd, parent)) return
    if (!pathExists(cmd, parent)) {
      throw new CommandError(`can't create dir '${dir}' to pin BPF object: parent dir '${parent}' doesn't exist`)
    }
  }
  if (cmd.options.blockMount) throw new CommandError(NOT_MOUNTING)
  if (!exists) {
    try {
      cmd.makeDirectory(dir)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      throw new CommandError(`failed to create dir '${dir}': ${strerror(error.errno)}`)
    }
  }
  try {
    mount(cmd, dir, (reason) => `can't mount BPF file system on given dir '${dir}': ${reason}`)
  } catch (error) {
    if (!exists) cmd.removeDirectory(dir)
    throw error
  }
}

/** do_pin_fd. @returns 0 or -errno. */
export function pinFd(cmd: Command, fd: Fd, path: string): number {
  mountBpffsForFile(cmd, path)
  try {
    cmd.system().bpf.objPin(fd, cmd.resolvePath(path))
    return 0
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    cmd.error(`can't pin the object (${path}): ${strerror(error.errno)}`)
    return -error.errno
  }
}

/** do_pin_any: `OBJ FILE`. @param parse reads OBJ; undefined fails without a word. */
export function pinAny(cmd: Command, args: Args, parse: (cmd: Command, args: Args) => Fd | undefined): number {
  try {
    requireArgs(args, 3)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    cmd.error(error.message)
    return -22
  }
  const fd = parse(cmd, args)
  if (fd === undefined) return -1
  const path = args.peek()
  const status = pinFd(cmd, fd, path ?? '')
  cmd.system().close(fd)
  return status
}
