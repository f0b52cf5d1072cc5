import { KernelError } from '../kernel/error.ts'
import type { Syscalls } from '../kernel/syscall.ts'
import { Errno } from '../uapi/errno.ts'
import { LibbpfError, errstr } from './error.ts'
import type { BpfMap, BpfObject, BpfProgram } from './model.ts'

const BPF_FS_MAGIC = 0xcafe4a11
const PATH_MAX = 4096

function fail(errno: number): never {
  throw new LibbpfError(errno)
}

/** dirname(3). */
function dirname(path: string): string {
  const trimmed = path.replace(/\/+$/, '')
  const slash = trimmed.lastIndexOf('/')
  if (slash < 0) return '.'
  return trimmed.slice(0, slash).replace(/\/+$/, '') || '/'
}

/** make_parent_dir. */
function makeParent(obj: BpfObject, sys: Syscalls, path: string): void {
  try {
    sys.files.mkdir(dirname(path))
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    if (error.errno === Errno.EEXIST) return
    obj.log.warn(`failed to mkdir ${path}: ${errstr(error.errno)}`)
    fail(error.errno)
  }
}

/** check_path: pins live on bpffs only. */
function checkPath(obj: BpfObject, sys: Syscalls, path: string): void {
  const dir = dirname(path)
  let magic: number
  try {
    magic = sys.files.stat(dir).fsMagic
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    obj.log.warn(`failed to statfs ${dir}: ${errstr(error.errno)}`)
    fail(error.errno)
  }
  if (magic === BPF_FS_MAGIC) return
  obj.log.warn(`specified path ${path} is not on BPF FS`)
  fail(Errno.EINVAL)
}

/** bpf_program__pin. @throws LibbpfError. */
export function pinProgram(obj: BpfObject, sys: Syscalls, prog: BpfProgram, path: string): void {
  const { log } = obj
  if (prog.fd < 0) {
    log.warn(`prog '${prog.name}': can't pin program that wasn't loaded`)
    fail(Errno.EINVAL)
  }
  makeParent(obj, sys, path)
  checkPath(obj, sys, path)
  try {
    sys.bpf.objPin(prog.fd, path)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    log.warn(`prog '${prog.name}': failed to pin at '${path}': ${errstr(error.errno)}`)
    fail(error.errno)
  }
  log.debug(() => `prog '${prog.name}': pinned at '${path}'`)
}

function unlink(sys: Syscalls, path: string): void {
  try {
    sys.files.unlink(path)
  } catch (error) {
    if (error instanceof KernelError) fail(error.errno)
    throw error
  }
}

/** bpf_program__unpin. */
export function unpinProgram(obj: BpfObject, sys: Syscalls, prog: BpfProgram, path: string): void {
  if (prog.fd < 0) {
    obj.log.warn(`prog '${prog.name}': can't unpin program that wasn't loaded`)
    fail(Errno.EINVAL)
  }
  checkPath(obj, sys, path)
  unlink(sys, path)
  obj.log.debug(() => `prog '${prog.name}': unpinned from '${path}'`)
}

/** bpf_map__pin, at its own path where none is given. @throws LibbpfError. */
export function pinMap(obj: BpfObject, sys: Syscalls, map: BpfMap, path?: string): void {
  const { log } = obj
  if (map.fd < 0 && obj.loader === undefined) {
    log.warn(`map '${map.name}': can't pin BPF map without FD (was it created?)`)
    fail(Errno.EINVAL)
  }
  if (map.pinPath !== undefined) {
    if (path !== undefined && path !== map.pinPath) {
      log.warn(`map '${map.shownName}' already has pin path '${map.pinPath}' different from '${path}'`)
      fail(Errno.EINVAL)
    }
    if (map.pinned) {
      log.debug(() => `map '${map.shownName}' already pinned at '${map.pinPath ?? ''}'; not re-pinning`)
      return
    }
  } else {
    if (path === undefined) {
      log.warn(`missing a path to pin map '${map.shownName}' at`)
      fail(Errno.EINVAL)
    }
    if (map.pinned) {
      log.warn(`map '${map.shownName}' already pinned`)
      fail(Errno.EEXIST)
    }
    map.pinPath = path
  }
  const at = map.pinPath
  makeParent(obj, sys, at)
  checkPath(obj, sys, at)
  try {
    sys.bpf.objPin(map.fd, at)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    log.warn(`failed to pin map: ${errstr(error.errno)}`)
    fail(error.errno)
  }
  map.pinned = true
  log.debug(() => `pinned map '${at}'`)
}

/** bpf_map__unpin. */
export function unpinMap(obj: BpfObject, sys: Syscalls, map: BpfMap): void {
  const path = map.pinPath
  if (path === undefined) {
    obj.log.warn(`no path to unpin map '${map.shownName}' from`)
    fail(Errno.EINVAL)
  }
  checkPath(obj, sys, path)
  unlink(sys, path)
  map.pinned = false
  obj.log.debug(() => `unpinned map '${map.shownName}' from '${path}'`)
}

function join(path: string, name: string): string {
  const joined = `${path}/${name}`
  return joined.length >= PATH_MAX ? fail(Errno.ENAMETOOLONG) : joined
}

function quietly(fn: () => void): void {
  try {
    fn()
  } catch (error) {
    if (!(error instanceof LibbpfError)) throw error
  }
}

/** bpf_object__pin_programs: all or none. @throws LibbpfError. */
export function pinPrograms(obj: BpfObject, sys: Syscalls, path: string): void {
  const done: BpfProgram[] = []
  try {
    for (const prog of obj.entryPrograms()) {
      pinProgram(obj, sys, prog, join(path, prog.name))
      done.push(prog)
    }
  } catch (error) {
    for (const prog of done.reverse())
      quietly(() => {
        unpinProgram(obj, sys, prog, join(path, prog.name))
      })
    throw error
  }
}

/** bpf_object__unpin_programs. @throws LibbpfError. */
export function unpinPrograms(obj: BpfObject, sys: Syscalls, path: string): void {
  for (const prog of obj.entryPrograms()) unpinProgram(obj, sys, prog, join(path, prog.name))
}

/** bpf_object__pin_maps: dots of names become underscores, since bpffs keeps names with dots for itself. */
export function pinMaps(obj: BpfObject, sys: Syscalls, path: string): void {
  const done: BpfMap[] = []
  try {
    for (const map of obj.maps) {
      if (map.autocreate) pinMap(obj, sys, map, join(path, map.shownName).replaceAll('.', '_'))
      done.push(map)
    }
  } catch (error) {
    for (const map of done.reverse()) {
      if (map.pinPath !== undefined)
        quietly(() => {
          unpinMap(obj, sys, map)
        })
    }
    throw error
  }
}
