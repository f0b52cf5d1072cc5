import { mkdirSync, statSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { Errno, strerror } from '../../uapi/errno.ts'

/** What a failed call of Node's says, in the words of strerror(3). */
export function reason(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException
  const errno = (Errno as Readonly<Record<string, number>>)[code]
  return errno === undefined ? code : strerror(errno)
}

/** mkdir -p. Node's own never ends where the system won't have a directory, such as in /proc. */
export function makeDirectories(path: string): void {
  try {
    mkdirSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && dirname(path) !== path && !exists(dirname(path))) {
      makeDirectories(dirname(path))
      mkdirSync(path)
    } else if (!exists(path) || !statSync(path).isDirectory()) {
      throw error
    }
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

/** Whether the disk below a directory has no room for another page. */
export function isFull(directory: string): boolean {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize < 65536
}
