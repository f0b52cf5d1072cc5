import { KernelError } from '../kernel/error.ts'
import type { Syscalls } from '../kernel/syscall.ts'
import { AttachType } from '../uapi/attach-type.ts'
import type { ProgLoadAttr } from '../uapi/attr.ts'
import { Errno } from '../uapi/errno.ts'
import { BPF_OBJ_NAME_LEN, ProgFlag } from '../uapi/flags.ts'
import { ProgType } from '../uapi/prog-type.ts'
import { LibbpfError, errstr } from './error.ts'
import { distributionVersion, objectSupports } from './features.ts'
import { attachPrefix } from './kernel-btf.ts'
import type { KernelBtf } from './kernel-btf.ts'
import { ExternType, InternalMap, RelocType } from './model.ts'
import type { BpfObject, BpfProgram } from './model.ts'
import { BtfKind } from './object-btf.ts'
import type { LoaderProgram } from './gen-loader/loader.ts'
import { fixVerifierLog } from './verifier-log.ts'

/** BPF_LOG_BUF_SIZE. */
const LOG_BUF_SIZE = 0xff_ffff
const UINT_MAX = 0xffff_ffff

function fail(errno: number): never {
  throw new LibbpfError(errno)
}

/** bpf_object__load_progs. @throws LibbpfError. */
export function loadPrograms(obj: BpfObject, sys: Syscalls, kernel: KernelBtf): void {
  for (const prog of obj.entryPrograms()) {
    if (!prog.autoload) {
      obj.log.debug(() => `prog '${prog.name}': skipped loading`)
      continue
    }
    try {
      loadProgram(obj, sys, kernel, prog)
    } catch (error) {
      if (!(error instanceof LibbpfError)) throw error
      obj.log.warn(`prog '${prog.name}': failed to load: ${errstr(error.errno)}`)
      throw error
    }
  }
}

/** bpf_object_load_prog. */
function loadProgram(obj: BpfObject, sys: Syscalls, kernel: KernelBtf, prog: BpfProgram): void {
  const { log } = obj
  if (prog.type === ProgType.UNSPEC) {
    log.warn(`prog '${prog.name}': missing BPF prog type, check ELF section name '${prog.sectionName}'`)
    fail(Errno.EINVAL)
  }
  if (prog.type === ProgType.STRUCT_OPS && prog.attachBtfId === 0) {
    log.warn(`prog '${prog.name}': SEC("struct_ops") program isn't referenced anywhere, did you forget to use it?`)
    fail(Errno.EINVAL)
  }
  const attr = loadAttributes(obj, sys, prog)
  try {
    prepareBySection(obj, sys, kernel, prog, attr)
  } catch (error) {
    if (!(error instanceof LibbpfError)) throw error
    log.warn(`prog '${prog.name}': failed to prepare load attributes: ${errstr(error.errno)}`)
    throw error
  }
  if (obj.loader !== undefined) {
    writeLoad(obj, obj.loader, prog, attr)
    return
  }
  prog.fd = loadWithLog(obj, sys, prog, attr)
  prog.shownFd = obj.freeShownFds.shift() ?? obj.nextShownFd++
  if (!obj.hasRodata || !objectSupports(obj, sys, 'progBindMap')) return
  for (const map of obj.maps) {
    if (map.internal !== InternalMap.RODATA) continue
    try {
      sys.bpf.progBindMap(prog.fd, map.fd)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      log.warn(`prog '${prog.name}': failed to bind map '${map.realName ?? ''}': ${errstr(error.errno)}`)
    }
  }
}

/** bpf_program_record_relos, and the program itself. */
function writeLoad(obj: BpfObject, loader: LoaderProgram, prog: BpfProgram, attr: ProgLoadAttr): void {
  for (const { type, extIdx, insnIdx, core } of prog.relocs) {
    if (type === RelocType.CORE && core !== undefined) loader.recordCoreRelo({ ...core, insnOff: insnIdx * 8 })
    const ext = obj.externs[extIdx]
    if (ext === undefined) continue
    const { name, isWeak, ksym } = ext
    if (type === RelocType.EXTERN_CALL) {
      loader.recordExtern({ name, isWeak, isTypeless: false, isLd64: false, kind: BtfKind.FUNC, insnIdx })
    } else if (type === RelocType.EXTERN_LD64 && ext.type === ExternType.KSYM) {
      const kind = obj.btf?.kind(ext.btfId) === BtfKind.VAR ? BtfKind.VAR : BtfKind.FUNC
      loader.recordExtern({ name, isWeak, isTypeless: ksym.typeId === 0, isLd64: true, kind, insnIdx })
    }
  }
  loader.progLoad(attr, prog.name, obj.programs.indexOf(prog))
}

function loadAttributes(obj: BpfObject, sys: Syscalls, prog: BpfProgram): ProgLoadAttr {
  const attr: ProgLoadAttr = {
    progType: prog.type,
    insns: prog.insns.bytes,
    license: obj.license,
    kernVersion: obj.kernVersion ?? distributionVersion(sys),
    progFlags: prog.flags,
    progName: prog.name.slice(0, BPF_OBJ_NAME_LEN - 1),
    progIfindex: prog.ifindex,
    expectedAttachType: prog.expectedAttachType,
    attachBtfId: prog.attachBtfId,
    attachProgFd: prog.attachProgFd,
    attachBtfObjFd: prog.attachBtfObjFd,
  }
  if (obj.fdArray.length > 0) attr.fdArray = obj.fdArray
  if (obj.btfFd >= 0 && objectSupports(obj, sys, 'btfFunc')) {
    attr.progBtfFd = obj.btfFd
    if (prog.funcInfo !== undefined) {
      attr.funcInfoRecSize = prog.funcInfo.recordSize
      attr.funcInfo = prog.funcInfo.records
    }
    if (prog.lineInfo !== undefined) {
      attr.lineInfoRecSize = prog.lineInfo.recordSize
      attr.lineInfo = prog.lineInfo.records
    }
  }
  return attr
}

/** libbpf_prepare_prog_load: what the section's name asks for. */
function prepareBySection(
  obj: BpfObject,
  sys: Syscalls,
  kernel: KernelBtf,
  prog: BpfProgram,
  attr: ProgLoadAttr,
): void {
  const def = prog.secDef
  if (def === undefined) return
  if (def.expAttachOpt && !objectSupports(obj, sys, 'expAttachType')) attr.expectedAttachType = 0
  let flags = attr.progFlags ?? 0
  if (def.sleepable) flags |= ProgFlag.SLEEPABLE
  if (prog.type === ProgType.XDP && def.xdpFrags) flags |= ProgFlag.XDP_HAS_FRAGS
  attr.progFlags = flags
  if (def.usdt && objectSupports(obj, sys, 'uprobeMultiLink')) {
    prog.expectedAttachType = AttachType.TRACE_UPROBE_MULTI
    attr.expectedAttachType = AttachType.TRACE_UPROBE_MULTI
  }
  if (!def.attachBtf || prog.attachBtfId !== 0) return
  const slash = prog.sectionName.indexOf('/')
  if (slash < 0) {
    obj.log.warn(`prog '${prog.name}': no BTF-based attach target is specified, use bpf_program__set_attach_target()`)
    fail(Errno.EINVAL)
  }
  const target = prog.sectionName.slice(slash + 1)
  if (prog.type === ProgType.EXT || prog.attachProgFd !== 0) {
    obj.log.warn(`prog '${prog.name}': attach program FD is not set`)
    fail(Errno.EINVAL)
  }
  try {
    if (obj.loader !== undefined) {
      const [prefix, kind] = attachPrefix(prog.expectedAttachType)
      obj.loader.recordAttachTarget(prefix + target, kind)
    }
    const found =
      obj.loader === undefined ? kernel.findAttachTarget(target, prog.expectedAttachType) : { id: 1, objFd: 0 }
    prog.attachBtfId = found.id
    prog.attachBtfObjFd = found.objFd
  } catch (error) {
    if (!(error instanceof LibbpfError)) throw error
    obj.log.warn(`prog '${prog.name}': failed to find kernel BTF type ID of '${target}': ${errstr(error.errno)}`)
    throw error
  }
  attr.attachBtfId = prog.attachBtfId
  attr.attachBtfObjFd = prog.attachBtfObjFd
}

/** Loads quietly; a failure is tried again with a log, to be shown. @returns the descriptor. */
function loadWithLog(obj: BpfObject, sys: Syscalls, prog: BpfProgram, attr: ProgLoadAttr): number {
  const { log } = obj
  let level = prog.logLevel
  let size = 0
  for (;;) {
    if (level !== 0) size = Math.max(LOG_BUF_SIZE, size * 2)
    try {
      const loaded = sys.bpf.progLoad(level === 0 ? attr : { ...attr, logLevel: level, logSize: size })
      if (level !== 0) {
        log.debug(() => `prog '${prog.name}': -- BEGIN PROG LOAD LOG --\n${loaded.log}-- END PROG LOAD LOG --`)
      }
      return loaded.fd
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      if (level === 0) {
        level = 1
        continue
      }
      if (error.errno === Errno.ENOSPC && size <= UINT_MAX / 2) continue
      const text = fixVerifierLog(obj, prog, error.log ?? '')
      log.warn(`prog '${prog.name}': BPF program load failed: ${errstr(error.errno)}`)
      if (text !== '') {
        log.warn(`prog '${prog.name}': -- BEGIN PROG LOAD LOG --\n${text}-- END PROG LOAD LOG --`)
      }
      throw new LibbpfError(error.errno, { program: prog.name, log: text })
    }
  }
}
