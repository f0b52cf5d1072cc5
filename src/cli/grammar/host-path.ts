import { existsSync, statSync } from 'node:fs'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import type { Command } from '../command.ts'
import type { Fd } from '../../uapi/attr.ts'

const BPF_FS_MAGIC = 0xcafe4a11

/** dirname(3): the words of a path without the last; `.` where there is none. */
export function dirname(path: string): string {
  const end = path.replace(/\/+$/, '')
  if (end === '') return path === '' ? '.' : '/'
  const slash = end.lastIndexOf('/')
  if (slash < 0) return '.'
  return end.slice(0, slash).replace(/\/+$/, '') || '/'
}

/** access(path, F_OK), in the simulated machine or, for what isn't its own, on the host. */
export function pathExists(cmd: Command, path: string): boolean {
  if (path === '') return false
  const absolute = cmd.resolvePath(path)
  const { files } = cmd.system()
  if (!files.owns(absolute)) return existsSync(absolute)
  try {
    files.stat(absolute)
    return true
  } catch (error) {
    if (error instanceof KernelError) return false
    throw error
  }
}

/** Whether a path that exists is a directory, in the simulated machine or on the host. */
export function isDirectory(cmd: Command, path: string): boolean {
  const absolute = cmd.resolvePath(path)
  const { files } = cmd.system()
  return files.owns(absolute) ? files.stat(absolute).kind === 'directory' : statSync(absolute).isDirectory()
}

/** is_bpffs: statfs(2) of the path says so. */
export function isBpffs(cmd: Command, path: string): boolean {
  const absolute = cmd.resolvePath(path)
  const { files } = cmd.system()
  if (!files.owns(absolute)) return false
  try {
    return files.stat(absolute).fsMagic === BPF_FS_MAGIC
  } catch (error) {
    if (error instanceof KernelError) return false
    throw error
  }
}

/** errno that bpf(2)'s path commands give for a host file: it is not an object in a bpffs. */
function hostErrno(absolute: string): number {
  try {
    statSync(absolute)
    return Errno.EACCES
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return (Errno as Readonly<Record<string, number>>)[code ?? ''] ?? Errno.ENOENT
  }
}

/** BPF_OBJ_GET of a path as the user wrote it. */
export function objGet(cmd: Command, path: string, fileFlags = 0): Fd {
  const absolute = cmd.resolvePath(path)
  const { bpf, files } = cmd.system()
  if (path === '') throw new KernelError(Errno.ENOENT)
  if (!files.owns(absolute)) throw new KernelError(hostErrno(absolute))
  return bpf.objGet(absolute, fileFlags)
}
