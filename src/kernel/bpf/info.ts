import type { BtfInfo, Fd, LinkInfo, MapInfo, ProgInfo, ProgInfoWants } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import { has } from '../process/capabilities.ts'
import type { ProgRecord } from '../objects/records.ts'
import { Blob } from '../objects/records.ts'
import { compiledProg, jitedImage, jitedKsyms, jitedLineInfo } from './jited.ts'
import type { Kernel, Task } from './kernel.ts'
import { btfBytes } from './prog-commands.ts'

/** BPF_OBJ_GET_INFO_BY_FD, and what /proc/PID/fdinfo says. */

const PAGE_SIZE = 4096
/** sizeof(struct bpf_func_info), sizeof(struct bpf_line_info), sizeof(__u64). */
const FUNC_INFO_SIZE = 8
const LINE_INFO_SIZE = 16
const JITED_LINE_INFO_SIZE = 8

/** bpf_obj_get_info_by_fd, whose errno for what isn't open is one of its own. */
function mustBeOpen(task: Task, fd: Fd): void {
  if (!task.files.has(fd)) throw new KernelError(Errno.EBADFD)
}

/** bpf_map_get_info_by_fd. It reads the caller's buffer first, so that what it doesn't write keeps what stood there. */
export function mapInfo(kernel: Kernel, task: Task, fd: Fd, buffer?: MapInfo): MapInfo {
  mustBeOpen(task, fd)
  const map = kernel.mapByFd(task, fd)
  return {
    type: map.type,
    id: map.id,
    keySize: map.keySize,
    valueSize: map.valueSize,
    maxEntries: map.maxEntries,
    mapFlags: map.mapFlags,
    name: map.name,
    ifindex: map.ifindex,
    btfVmlinuxValueTypeId: map.btfVmlinuxValueTypeId,
    netnsDev: buffer?.netnsDev ?? 0n,
    netnsIno: buffer?.netnsIno ?? 0n,
    btfId: map.btfId || (buffer?.btfId ?? 0),
    btfKeyTypeId: map.btfId ? map.btfKeyTypeId : (buffer?.btfKeyTypeId ?? 0),
    btfValueTypeId: map.btfId ? map.btfValueTypeId : (buffer?.btfValueTypeId ?? 0),
    btfVmlinuxId: map.btfVmlinuxId,
    mapExtra: map.mapExtra,
  }
}

function hexBytes(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

/** bpf_prog_get_info_by_fd: arrays only where they are asked for, counts always. */
export function progInfo(kernel: Kernel, task: Task, fd: Fd, wants: ProgInfoWants = {}): ProgInfo {
  mustBeOpen(task, fd)
  const prog = compiledProg(kernel, kernel.byFd(task, fd, 'prog'))
  const blob = (part: number) => kernel.objects.blob('prog', prog.id, part) ?? new Uint8Array(0)
  // Functions count only where there is more than the main program (aux->func_cnt).
  const functions = Math.max(prog.subprogs.length, 1)
  const info: ProgInfo = {
    ...counts(prog),
    nrJitedKsyms: functions,
    nrJitedFuncLens: functions,
    nrProgTags: functions,
  }
  if (wants.mapIds) info.mapIds = prog.mapIds
  if (!has(task.capabilities, 'CAP_BPF')) return { ...info, ...hidden }
  if (wants.xlatedProgInsns) info.xlatedProgInsns = blob(Blob.PROG_INSNS)
  if (wants.funcInfo) info.funcInfo = blob(Blob.PROG_FUNC_INFO)
  if (wants.lineInfo) info.lineInfo = blob(Blob.PROG_LINE_INFO)
  if (wants.progTags) {
    info.progTags = prog.subprogs.length > 0 ? prog.subprogs.map(({ tag }) => hexBytes(tag)) : [info.tag]
  }
  if (wants.jitedKsyms) info.jitedKsyms = jitedKsyms(prog)
  if (wants.jitedFuncLens) info.jitedFuncLens = prog.subprogs.map(({ jitedLen }) => jitedLen)
  if (wants.jitedProgInsns) info.jitedProgInsns = jitedImage(kernel, prog)?.bytes ?? new Uint8Array(0)
  if (wants.jitedLineInfo) info.jitedLineInfo = jitedLineInfo(kernel, prog)
  return info
}

/** What only those with CAP_BPF are told. */
const hidden = {
  jitedProgLen: 0,
  xlatedProgLen: 0,
  nrJitedKsyms: 0,
  nrJitedFuncLens: 0,
  nrProgTags: 0,
  nrFuncInfo: 0,
  nrLineInfo: 0,
  nrJitedLineInfo: 0,
}

function counts(prog: ProgRecord): Omit<ProgInfo, 'nrJitedKsyms' | 'nrJitedFuncLens' | 'nrProgTags'> {
  return {
    type: prog.type,
    id: prog.id,
    tag: hexBytes(prog.tag),
    jitedProgLen: prog.jitedLen,
    xlatedProgLen: prog.xlatedLen,
    loadTime: prog.loadTime,
    createdByUid: prog.createdByUid,
    nrMapIds: prog.mapIds.length,
    name: prog.name,
    ifindex: prog.ifindex,
    gplCompatible: prog.gplCompatible,
    netnsDev: 0n,
    netnsIno: 0n,
    btfId: prog.btfId,
    funcInfoRecSize: FUNC_INFO_SIZE,
    nrFuncInfo: prog.nrFuncInfo,
    lineInfoRecSize: LINE_INFO_SIZE,
    nrLineInfo: prog.nrLineInfo,
    jitedLineInfoRecSize: JITED_LINE_INFO_SIZE,
    nrJitedLineInfo: prog.jitedLen > 0 ? prog.nrLineInfo : 0,
    runTimeNs: prog.runTimeNs,
    runCnt: prog.runCnt,
    recursionMisses: prog.recursionMisses,
    verifiedInsns: prog.verifiedInsns,
    attachBtfObjId: prog.attachBtfObjId,
    attachBtfId: prog.attachBtfId,
  }
}

/** bpf_btf_get_info_by_fd. */
export function btfInfo(kernel: Kernel, task: Task, fd: Fd, wantBtf = false): BtfInfo {
  mustBeOpen(task, fd)
  const btf = kernel.byFd(task, fd, 'btf')
  const info: BtfInfo = { id: btf.id, btfSize: btf.size, name: btf.name, kernelBtf: btf.kernelBtf }
  if (wantBtf) info.btf = btfBytes(kernel, btf.id)
  return info
}

/** No link can be made yet, so none is behind any descriptor. */
export function linkInfo(task: Task, fd: Fd): LinkInfo {
  mustBeOpen(task, fd)
  throw new KernelError(Errno.EINVAL)
}

/** bpf_map_show_fdinfo, bpf_prog_show_fdinfo, bpf_btf_show_fdinfo. */
export function fdinfo(kernel: Kernel, task: Task, fd: Fd): ReadonlyMap<string, string> {
  const { kind, id } = task.files.get(fd)
  const lines = new Map([
    ['pos', '0'],
    ['flags', '02000002'],
    ['mnt_id', '17'],
    ['ino', '1037'],
  ])
  const add = (fields: Readonly<Record<string, string | number | bigint>>) => {
    for (const [name, value] of Object.entries(fields)) lines.set(name, String(value))
  }
  if (kind === 'map') {
    const map = kernel.mapByFd(task, fd)
    add({
      map_type: map.type,
      key_size: map.keySize,
      value_size: map.valueSize,
      max_entries: map.maxEntries,
      map_flags: alternateHex(BigInt(map.mapFlags)),
      map_extra: alternateHex(map.mapExtra),
      memlock: kernel.maps.byId(map.id).memUsage(),
      map_id: map.id,
      frozen: map.frozen ? 1 : 0,
    })
    if (map.owner?.type) add({ owner_prog_type: map.owner.type, owner_jited: map.owner.jited ? 1 : 0 })
  } else if (kind === 'prog') {
    const prog = kernel.byFd(task, fd, 'prog')
    add({
      prog_type: prog.type,
      prog_jited: prog.jitedLen ? 1 : 0,
      prog_tag: prog.tag,
      memlock: Math.ceil(prog.memlock / PAGE_SIZE) * PAGE_SIZE,
      prog_id: prog.id,
      run_time_ns: prog.runTimeNs,
      run_cnt: prog.runCnt,
      recursion_misses: prog.recursionMisses,
      verified_insns: prog.verifiedInsns,
    })
  } else if (kind === 'btf') {
    add({ btf_id: id })
  }
  return lines
}

/** %#x of the kernel's printf, which has its prefix for zero too. */
function alternateHex(value: bigint): string {
  return `0x${value.toString(16)}`
}
