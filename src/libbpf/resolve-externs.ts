import { KernelError } from '../kernel/error.ts'
import type { Syscalls } from '../kernel/syscall.ts'
import { Errno } from '../uapi/errno.ts'
import { coreHost } from './core-host.ts'
import { typesAreCompatible } from '../btf/core/types.ts'
import { latin1 } from './elf.ts'
import { LibbpfError, errstr } from './error.ts'
import { distributionVersion, objectSupports } from './features.ts'
import { readExtraKconfig, readSystemKconfig, setNumber } from './kconfig.ts'
import type { KernelBtf, ModuleBtf } from './kernel-btf.ts'
import { ExternType } from './model.ts'
import type { BpfObject, Extern } from './model.ts'
import { BtfKind, kindName } from './object-btf.ts'
import type { ObjectBtf } from './object-btf.ts'

function fail(errno: number): never {
  throw new LibbpfError(errno)
}

/** bpf_object__resolve_externs. */
export function resolveExterns(obj: BpfObject, sys: Syscalls, kernel: KernelBtf): void {
  const { log, btf } = obj
  if (obj.externs.length === 0 || btf === undefined) return
  const data = obj.maps[obj.kconfigMapIdx]?.content ?? new Uint8Array(0)
  let needConfig = false
  let needKallsyms = false
  let needBtf = false
  for (const ext of obj.externs) {
    if (ext.type === ExternType.KSYM) {
      if (ext.ksym.typeId !== 0) needBtf = true
      else needKallsyms = true
    } else if (ext.name.startsWith('CONFIG_')) {
      needConfig = true
    } else {
      setVirtual(obj, sys, ext, data)
    }
  }
  const { kconfig } = obj.options
  if (needConfig && kconfig !== undefined) {
    readExtraKconfig(obj, kconfig, data)
    needConfig = obj.externs.some((ext) => ext.type === ExternType.KCFG && !ext.isSet)
  }
  if (needConfig) readSystemKconfig(obj, sys, data)
  if (needKallsyms) readKallsyms(obj, btf, sys)
  if (needBtf) resolveByBtf(obj, btf, kernel)
  for (const ext of obj.externs) {
    if (ext.isSet) continue
    if (!ext.isWeak) {
      log.warn(`extern '${ext.name}' (strong): not resolved`)
      fail(Errno.ESRCH)
    }
    log.debug(() => `extern '${ext.name}' (weak): not resolved, defaulting to zero`)
  }
}

/** Whether bpf(2) can be probed by the name that such calls have. */
function hasSyscallWrapper(obj: BpfObject, sys: Syscalls): boolean {
  return objectSupports(obj, sys, 'syscallWrapper') && (obj.loader !== undefined || hasKprobes(obj, sys))
}

/** Whether functions can be probed (determine_kprobe_perf_type). */
function hasKprobes({ log }: BpfObject, sys: Syscalls): boolean {
  const path = '/sys/bus/event_source/devices/kprobe/type'
  try {
    sys.files.read(path)
    return true
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    log.debug(() => `failed to open '${path}': ${errstr(error.errno)}`)
    return false
  }
}

/** The externs that libbpf itself knows the value of. */
function setVirtual(obj: BpfObject, sys: Syscalls, ext: Extern, data: Uint8Array): void {
  let value = 0
  if (ext.name === 'LINUX_KERNEL_VERSION') value = distributionVersion(sys)
  else if (ext.name === 'LINUX_HAS_BPF_COOKIE') value = Number(objectSupports(obj, sys, 'bpfCookie'))
  else if (ext.name === 'LINUX_HAS_SYSCALL_WRAPPER') value = Number(hasSyscallWrapper(obj, sys))
  else if (!ext.name.startsWith('LINUX_') || !ext.isWeak) {
    obj.log.warn(`extern (kcfg) '${ext.name}': unrecognized virtual extern`)
    fail(Errno.EINVAL)
  }
  setNumber(obj, ext, data, BigInt(value))
  obj.log.debug(() => `extern (kcfg) '${ext.name}': set to 0x${value.toString(16)}`)
}

/** bpf_object__read_kallsyms_file. */
function readKallsyms(obj: BpfObject, btf: ObjectBtf, sys: Syscalls): void {
  const { log } = obj
  const wanted = new Map<string, Extern>()
  for (const ext of obj.externs) {
    if (ext.type === ExternType.KSYM && btf.kind(ext.btfId) === BtfKind.VAR) wanted.set(ext.name, ext)
  }
  let text: string
  try {
    const bytes = sys.files.read('/proc/kallsyms')
    text = latin1(bytes, 0, bytes.length)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    log.warn(`failed to open /proc/kallsyms: ${errstr(error.errno)}`)
    fail(Errno.EINVAL)
  }
  const line = /^([0-9a-f]+) (\S) (\S+)/gm
  for (let match = line.exec(text); match !== null; match = line.exec(text)) {
    const [, address, type, symbol] = match as unknown as [string, string, string, string]
    const llvm = type === 'd' ? symbol.indexOf('.llvm.') : -1
    const ext = wanted.get(llvm < 0 ? symbol : symbol.slice(0, llvm))
    if (ext === undefined) continue
    const addr = BigInt(`0x${address}`)
    if (!ext.isSet) {
      ext.isSet = true
      ext.ksym.addr = addr
      log.debug(() => `extern (ksym) '${symbol}': set to 0x${addr.toString(16)}`)
    } else if (ext.ksym.addr !== addr) {
      log.warn(
        `extern (ksym) '${symbol}': resolution is ambiguous: 0x${ext.ksym.addr.toString(16)} or 0x${addr.toString(16)}`,
      )
      fail(Errno.EINVAL)
    }
  }
}

/** bpf_object__resolve_ksyms_btf_id. */
function resolveByBtf(obj: BpfObject, btf: ObjectBtf, kernel: KernelBtf): void {
  for (const ext of obj.externs) {
    if (ext.type !== ExternType.KSYM || ext.ksym.typeId === 0) continue
    if (obj.loader !== undefined) {
      // Looked up when the loader runs.
      ext.isSet = true
      continue
    }
    if (btf.kind(ext.btfId) === BtfKind.VAR) resolveVar(obj, btf, ext, kernel)
    else resolveFunc(obj, btf, ext, kernel)
  }
}

/** bpf_object__resolve_ksym_var_btf_id. */
function resolveVar(obj: BpfObject, btf: ObjectBtf, ext: Extern, kernel: KernelBtf): void {
  const { log } = obj
  const found = kernel.find(ext.name, BtfKind.VAR)
  if (found === undefined) {
    if (ext.isWeak) return
    log.warn(`extern (var ksym) '${ext.name}': not found in kernel BTF`)
    fail(Errno.EINVAL)
  }
  const local = ext.ksym.typeId
  const target = found.btf.skipModsAndTypedefs(found.btf.type(found.id))
  if (typesAreCompatible(btf, local, found.btf, target, coreHost(log)) <= 0) {
    log.warn(
      `extern (var ksym) '${ext.name}': incompatible types, expected [${local}] ${kindName(btf.kind(local))} ` +
        `${btf.name(local)}, but kernel has [${target}] ${kindName(found.btf.kind(target))} ${found.btf.name(target)}`,
    )
    fail(Errno.EINVAL)
  }
  ext.isSet = true
  ext.ksym.kernelBtfObjFd = found.module?.fd ?? 0
  ext.ksym.kernelBtfId = found.id
  log.debug(
    () =>
      `extern (var ksym) '${ext.name}': resolved to [${found.id}] ${kindName(found.btf.kind(found.id))} ` +
      found.btf.name(found.id),
  )
}

/** bpf_object__resolve_ksym_func_btf_id. */
function resolveFunc(obj: BpfObject, btf: ObjectBtf, ext: Extern, kernel: KernelBtf): void {
  const { log } = obj
  const found = kernel.find(ext.essentName ?? ext.name, BtfKind.FUNC)
  if (found === undefined) {
    if (ext.isWeak) return
    log.warn(`extern (func ksym) '${ext.name}': not found in kernel or module BTFs`)
    fail(Errno.EINVAL)
  }
  const where = found.module?.name ?? 'vmlinux'
  const proto = found.btf.type(found.id)
  if (typesAreCompatible(btf, ext.ksym.typeId, found.btf, proto, coreHost(log)) <= 0) {
    if (ext.isWeak) return
    log.warn(`extern (func ksym) '${ext.name}': func_proto [${ext.ksym.typeId}] incompatible with ${where} [${proto}]`)
    fail(Errno.EINVAL)
  }
  if (found.module !== undefined) placeModule(obj, found.module)
  ext.isSet = true
  ext.ksym.kernelBtfId = found.id
  ext.ksym.btfFdIdx = found.module?.fdArrayIdx ?? 0
  ext.ksym.kernelBtfObjFd = found.module?.fd ?? 0
  log.debug(() => `extern (func ksym) '${ext.name}': resolved to ${where} [${found.id}]`)
}

/** Gives a module's BTF a place in fd_array; the first one is never used. */
function placeModule(obj: BpfObject, module: ModuleBtf): void {
  if (module.fdArrayIdx !== 0) return
  if (obj.fdArray.length === 0) obj.fdArray.push(0)
  module.fdArrayIdx = obj.fdArray.length
  obj.fdArray.push(module.fd)
}
