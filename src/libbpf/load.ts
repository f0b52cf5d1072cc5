import { KernelError } from '../kernel/error.ts'
import type { Syscalls } from '../kernel/syscall.ts'
import { Errno } from '../uapi/errno.ts'
import { MapFlag, PseudoLdImm64 } from '../uapi/flags.ts'
import { ProgType } from '../uapi/prog-type.ts'
import { relocateCore } from './core.ts'
import { createMaps, initProgArrays } from './create-maps.ts'
import { LibbpfErrno, LibbpfError, errstr } from './error.ts'
import { PAGE_SIZE } from './maps.ts'
import { objectSupports, kernelVersion } from './features.ts'
import { KernelBtf } from './kernel-btf.ts'
import { loadPrograms } from './load-programs.ts'
import { ExternType, RelocType } from './model.ts'
import type { BpfObject } from './model.ts'
import { BtfKind, FuncLinkage } from './object-btf.ts'
import { unpinMap } from './pin.ts'
import { relocateData } from './relocate-data.ts'
import { sanitizedBtf } from './sanitize-btf.ts'
import type { JumpTable, MapUse } from './relocate-data.ts'
import { sortRelocs } from './relocate-collect.ts'
import { resolveExterns } from './resolve-externs.ts'
import { adjustStructOpsAutoload, initKernelStructOps } from './struct-ops-kernel.ts'
import { appendExceptionCallback, relocateCalls } from './subprograms.ts'

const BPF_FS_PATH = '/sys/fs/bpf'

/**
 * bpf_object__load: creates the object's maps and loads its programs. All of it is kept or none. Afterwards each map and
 * program has its descriptor in `fd`.
 *
 * @throws LibbpfError after printing why.
 */
export function loadObject(obj: BpfObject, sys: Syscalls): void {
  const { log } = obj
  if (obj.state !== 'open') {
    log.warn(`object '${obj.name}': load can't be attempted twice`)
    throw new LibbpfError(Errno.EINVAL)
  }
  if (obj.loader !== undefined) {
    obj.loader.begin(obj.programs.length, obj.maps.length)
  } else if (!obj.littleEndian) {
    log.warn(`object '${obj.name}': loading non-native endianness is unsupported`)
    throw new LibbpfError(LibbpfErrno.ENDIAN)
  }
  sys.atomically(() => {
    const kernel = new KernelBtf(sys, log)
    try {
      prepare(obj, sys, kernel)
      obj.state = 'prepared'
      loadPrograms(obj, sys, kernel)
      initProgArrays(obj, sys)
      finishLoader(obj)
      obj.state = 'loaded'
    } catch (error) {
      const prepared = obj.state === 'prepared'
      unload(obj, sys)
      obj.state = 'loaded'
      if (error instanceof LibbpfError && prepared) log.warn(`failed to load object '${obj.path}'`)
      throw error
    } finally {
      kernel.close()
    }
  })
}

/** bpf_gen__finish. */
function finishLoader(obj: BpfObject): void {
  if (obj.loader === undefined) return
  obj.btfFd = -1
  const errno = obj.loader.finish(obj.programs.length, obj.maps.length)
  if (errno !== 0) throw new LibbpfError(errno)
}

/** bpf_object_prepare: everything up to the programs. */
function prepare(obj: BpfObject, sys: Syscalls, kernel: KernelBtf): void {
  sayToken(obj, sys)
  if (obj.loader === undefined && needsVmlinux(obj)) kernel.load()
  resolveExterns(obj, sys, kernel)
  if (!objectSupports(obj, sys, 'arrayMmap')) {
    for (const map of obj.maps) if (map.isInternal) map.def.mapFlags &= ~MapFlag.MMAPABLE
  }
  placeArenaData(obj, sys)
  initKernelStructOps(obj, kernel)
  adjustStructOpsAutoload(obj)
  const uses = relocate(obj, sys, kernel)
  loadBtf(obj, sys)
  createMaps(obj, sys)
  for (const { prog, insnIdx, mapIdx } of uses) prog.insns.setImm(insnIdx, obj.maps[mapIdx]?.fd ?? -1)
  // Here libbpf turns calls of bpf_probe_read_kernel into bpf_probe_read for kernels before 5.5.
}

/** Arena variables stand at the arena's end, where the kernel lets instructions name addresses so far from its start. */
function placeArenaData(obj: BpfObject, sys: Syscalls): void {
  const { arenaData } = obj
  const arena = obj.maps[obj.arenaMapIdx]
  if (arenaData === undefined || arena === undefined || !objectSupports(obj, sys, 'ldimm64FullRangeOff')) return
  obj.arenaDataOff = (arena.def.maxEntries - Math.ceil(arenaData.length / PAGE_SIZE)) * PAGE_SIZE
}

/** bpf_object_prepare_token: only its message can be seen where no token is delegated. */
function sayToken(obj: BpfObject, sys: Syscalls): void {
  if (!obj.log.debugging) return
  try {
    sys.files.stat(BPF_FS_PATH)
    const errno = kernelVersion(sys) >= (6 << 16) + (9 << 8) ? Errno.ENOTSUP : Errno.EINVAL
    obj.log.debug(
      () =>
        `object '${obj.name}': failed (${-errno}) to create BPF token from '${BPF_FS_PATH}', skipping optional step...`,
    )
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    const { errno } = error
    obj.log.debug(
      () =>
        `object '${obj.name}': failed (${errstr(errno)}) to open BPF FS mount at '${BPF_FS_PATH}', ` +
        'skipping optional step...',
    )
  }
}

/** obj_needs_vmlinux_btf. */
function needsVmlinux(obj: BpfObject): boolean {
  if (obj.btfExt !== undefined && obj.btfExt.coreRelo.length > 0 && obj.options.customBtf === undefined) return true
  if (obj.externs.some((ext) => ext.type === ExternType.KSYM && ext.ksym.typeId !== 0)) return true
  for (const prog of obj.entryPrograms()) {
    if (!prog.autoload) continue
    if (prog.type === ProgType.STRUCT_OPS || prog.type === ProgType.LSM) return true
    if (prog.type === ProgType.TRACING && prog.attachProgFd === 0) return true
  }
  return obj.maps.some((map) => map.isStructOps)
}

/** bpf_object__relocate. @returns where map descriptors go once there are maps. */
function relocate(obj: BpfObject, sys: Syscalls, kernel: KernelBtf): MapUse[] {
  const { log } = obj
  const named = (what: string, fn: () => void): void => {
    try {
      fn()
    } catch (error) {
      if (!(error instanceof LibbpfError)) throw error
      log.warn(`${what}: ${errstr(error.errno)}`)
      throw error
    }
  }
  if (obj.btfExt !== undefined) {
    named('failed to perform CO-RE relocations', () => {
      relocateCore(obj, kernel)
    })
    sortRelocs(obj)
  }
  for (const prog of obj.programs) {
    for (const { type, insnIdx } of prog.relocs) {
      if (type === RelocType.SUBPROG_ADDR) prog.insns.setRegs(insnIdx, prog.insns.dst(insnIdx), PseudoLdImm64.FUNC)
    }
  }
  const entries = [...obj.entryPrograms()].filter((prog) => prog.autoload)
  for (const prog of entries) {
    named(`prog '${prog.name}': failed to relocate calls`, () => {
      relocateCalls(obj, sys, prog)
    })
    appendExceptionCallback(obj, sys, prog)
  }
  const uses: MapUse[] = []
  const tables: JumpTable[] = []
  for (const prog of entries) {
    named(`prog '${prog.name}': failed to relocate data references`, () => {
      relocateData(obj, sys, prog, uses, tables)
    })
  }
  return uses
}

/** bpf_object__sanitize_and_load_btf. */
function loadBtf(obj: BpfObject, sys: Syscalls): void {
  const { btf, log } = obj
  if (btf === undefined) return
  const mandatory = obj.maps.some((map) => map.isStructOps)
  const report = (errno: number): void => {
    if (mandatory) {
      log.warn(`Error loading .BTF into kernel: ${errstr(errno)}. BTF is mandatory, can't proceed.`)
      throw new LibbpfError(errno)
    }
    log.info(`Error loading .BTF into kernel: ${errstr(errno)}. BTF is optional, ignoring.`)
  }
  if (!objectSupports(obj, sys, 'btf')) {
    if (mandatory) report(Errno.ENOTSUP)
    log.debug(() => "Kernel doesn't support BTF, skipping uploading it.")
    return
  }
  for (const prog of obj.programs) {
    if (!prog.markBtfStatic || !obj.isSubprog(prog)) continue
    const id = btf
      .idsNamed(prog.name)
      .find((each) => btf.kind(each) === BtfKind.FUNC && btf.funcLinkage(each) === FuncLinkage.GLOBAL)
    if (id !== undefined) btf.setFuncLinkage(id, FuncLinkage.STATIC)
  }
  if (obj.loader !== undefined) {
    obj.loader.loadBtf(btf.rawData(!obj.littleEndian))
    // As good as a descriptor from here on.
    obj.btfFd = 0
    return
  }
  const bytes = sanitizedBtf(obj, sys, btf).rawData()
  try {
    obj.btfFd = sys.bpf.btfLoad({ btf: bytes }).fd
    obj.freeShownFds.shift()
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    const text = btfLog(sys, bytes)
    log.warn(`BTF loading error: ${errstr(error.errno)}`)
    if (text !== '') log.warn(`-- BEGIN BTF LOAD LOG ---\n${text}\n-- END BTF LOAD LOG --`)
    report(error.errno)
  }
}

const MAX_LOG_SIZE = 0xffffffff >>> 2

/** btf_load_into_kernel asks once more, for the log, when a quiet load fails. */
function btfLog(sys: Syscalls, btf: Uint8Array): string {
  try {
    sys.close(sys.bpf.btfLoad({ btf, logLevel: 1, logSize: MAX_LOG_SIZE }).fd)
    return ''
  } catch (error) {
    if (error instanceof KernelError) return error.log ?? ''
    throw error
  }
}

function quietClose(sys: Syscalls, fd: number): void {
  if (fd < 0) return
  try {
    sys.close(fd)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
  }
}

/** bpf_object_unpin and bpf_object_unload: nothing of a failed load stays. */
function unload(obj: BpfObject, sys: Syscalls): void {
  for (const map of obj.maps) {
    if (map.pinned && !map.reused) {
      try {
        unpinMap(obj, sys, map)
      } catch (error) {
        if (!(error instanceof LibbpfError)) throw error
      }
    }
    quietClose(sys, map.fd)
    map.fd = -1
  }
  for (const prog of obj.programs) {
    quietClose(sys, prog.fd)
    prog.fd = -1
  }
  quietClose(sys, obj.btfFd)
  obj.btfFd = -1
}
