import { BpfCmd } from '../../uapi/cmd.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import { MEM_HI } from '../helpers/impl/address.ts'
import { btfLoad } from './btf-commands.ts'
import { check, mapCreate, mapDeleteElem, mapFreeze, mapUpdateElem } from './map-commands.ts'
import { getFdById } from './object-commands.ts'
import { otherCommand } from './other-commands.ts'
import { progLoad } from './prog-commands.ts'
import type { Fd, Loaded, ProgLoadAttr } from '../../uapi/attr.ts'
import type { Run } from '../helpers/impl/run.ts'
import type { Kernel, Task } from './kernel.ts'

const LICENSE_SIZE = 128
const NAME_SIZE = 16
const CALL = 0x85
const LD_IMM64 = 0x18

/** A union bpf_attr in the memory of a program: what it doesn't reach to is zero. */
class ProgAttr {
  readonly #run: Run
  readonly #bytes: Uint8Array
  readonly #view: DataView

  constructor(run: Run, at: number, size: number) {
    this.#run = run
    this.#bytes = run.bytes(at, size).slice()
    this.#view = new DataView(this.#bytes.buffer)
  }

  u32(at: number): number {
    return at + 4 <= this.#bytes.length ? this.#view.getUint32(at, true) : 0
  }

  fd(at: number): Fd {
    return this.u32(at) | 0
  }

  u64(at: number): bigint {
    return at + 8 <= this.#bytes.length ? this.#view.getBigUint64(at, true) : 0n
  }

  name(at: number): string {
    const bytes = this.#bytes.subarray(at, at + NAME_SIZE)
    const end = bytes.indexOf(0)
    return String.fromCharCode(...bytes.subarray(0, end < 0 ? NAME_SIZE : end))
  }

  isNull(at: number): boolean {
    return this.u64(at) === 0n
  }

  /** What a pointer is to. @throws KernelError EFAULT. */
  memory(at: number, size: number): Uint8Array {
    if (size === 0) return new Uint8Array(0)
    const run = this.#run
    const [lo, hi] = [this.u32(at), this.u32(at + 4) | 0]
    if (hi !== MEM_HI || !run.readable(lo, hi, size)) throw new KernelError(Errno.EFAULT)
    return run.bytes(lo, size).slice()
  }

  /** The text that a pointer is to, up to its NUL. */
  text(at: number, most: number): string {
    const run = this.#run
    const [lo, hi] = [this.u32(at), this.u32(at + 4) | 0]
    let text = ''
    for (let i = 0; i < most; i++) {
      if (hi !== MEM_HI || !run.readable(lo + i, hi, 1)) throw new KernelError(Errno.EFAULT)
      const byte = run.memory.u8[lo + i] as number
      if (byte === 0) break
      text += String.fromCharCode(byte)
    }
    return text
  }

  /** Descriptors at a pointer: as many of `count` as can be read. */
  fds(at: number, count: number): Fd[] {
    const run = this.#run
    const [lo, hi] = [this.u32(at), this.u32(at + 4) | 0]
    const fds: Fd[] = []
    while (fds.length < count && run.readable(lo + fds.length * 4, hi, 4)) {
      fds.push(run.memory.view.getInt32(lo + fds.length * 4, true))
    }
    return fds
  }

  /** Writes a log to the caller's buffer, which is user space's. */
  writeLog(at: number, log: string): void {
    const room = this.#run.user.at(this.u32(at), this.u32(at + 4))
    if (room === undefined) return
    const bytes = Uint8Array.from(`${log}\0`, (char) => char.charCodeAt(0)).subarray(0, room.length)
    room.set(bytes)
  }
}

/** How many places of fd_array a program's instructions may name. */
function namedFds(insns: Uint8Array): number {
  const view = new DataView(insns.buffer, insns.byteOffset, insns.length)
  let count = 0
  for (let at = 0; at < insns.length; at += 8) {
    const code = insns[at]
    const src = (insns[at + 1] as number) >>> 4
    if (code === LD_IMM64 && (src === 5 || src === 6)) count = Math.max(count, view.getInt32(at + 4, true) + 1)
    if (code === CALL && src === 2) count = Math.max(count, view.getInt16(at + 2, true) + 1)
  }
  return count
}

function loadAttr(attr: ProgAttr): ProgLoadAttr {
  const insns = attr.memory(8, attr.u32(4) * 8)
  const [funcSize, lineSize, coreSize] = [attr.u32(76), attr.u32(92), attr.u32(136)]
  const objFd = attr.fd(112)
  return {
    progType: attr.u32(0),
    insns,
    license: attr.text(16, LICENSE_SIZE),
    logLevel: attr.u32(24),
    logSize: attr.u32(28),
    kernVersion: attr.u32(40),
    progFlags: attr.u32(44),
    progName: attr.name(48),
    progIfindex: attr.u32(64),
    expectedAttachType: attr.u32(68),
    progBtfFd: attr.fd(72),
    funcInfoRecSize: funcSize,
    funcInfo: attr.memory(80, attr.u32(88) * funcSize),
    lineInfoRecSize: lineSize,
    lineInfo: attr.memory(96, attr.u32(104) * lineSize),
    attachBtfId: attr.u32(108),
    ...(objFd !== 0 && { attachBtfObjFd: objFd }),
    coreRelos: attr.memory(128, attr.u32(116) * coreSize),
    coreReloRecSize: coreSize,
    ...(!attr.isNull(120) && { fdArray: attr.fds(120, namedFds(insns)) }),
  }
}

/** Loads, and writes the log where the program said. @returns the descriptor. */
function logged(attr: ProgAttr, logAt: number, load: () => Loaded | KernelError): Fd {
  try {
    const loaded = load()
    if (loaded instanceof KernelError) throw loaded
    if (loaded.log !== '') attr.writeLog(logAt, loaded.log)
    return loaded.fd
  } catch (error) {
    if (error instanceof KernelError && error.log !== undefined && error.log !== '') attr.writeLog(logAt, error.log)
    throw error
  }
}

function command(kernel: Kernel, task: Task, cmd: number, attr: ProgAttr): number {
  switch (cmd) {
    case BpfCmd.MAP_CREATE:
      return mapCreate(kernel, task, {
        mapType: attr.u32(0),
        keySize: attr.u32(4),
        valueSize: attr.u32(8),
        maxEntries: attr.u32(12),
        mapFlags: attr.u32(16),
        innerMapFd: attr.fd(20),
        numaNode: attr.u32(24),
        mapName: attr.name(28),
        mapIfindex: attr.u32(44),
        btfFd: attr.fd(48),
        btfKeyTypeId: attr.u32(52),
        btfValueTypeId: attr.u32(56),
        btfVmlinuxValueTypeId: attr.u32(60),
        mapExtra: attr.u64(64),
      })
    case BpfCmd.MAP_UPDATE_ELEM: {
      const { map, record } = mapOf(kernel, task, attr.fd(0))
      const key = attr.memory(8, record.keySize)
      check(mapUpdateElem(kernel, task, attr.fd(0), key, attr.memory(16, map.valueSizeOfSyscall), Number(attr.u64(24))))
      return 0
    }
    case BpfCmd.MAP_DELETE_ELEM:
      check(mapDeleteElem(kernel, task, attr.fd(0), attr.memory(8, mapOf(kernel, task, attr.fd(0)).record.keySize)))
      return 0
    case BpfCmd.MAP_FREEZE:
      mapFreeze(kernel, task, attr.fd(0))
      return 0
    case BpfCmd.MAP_GET_FD_BY_ID:
      return getFdById(kernel, task, 'map', attr.u32(0), attr.u32(8))
    case BpfCmd.PROG_LOAD:
      return logged(attr, 32, () => progLoad(kernel, task, loadAttr(attr)))
    case BpfCmd.BTF_LOAD:
      return logged(attr, 8, () => {
        const btf = attr.memory(0, attr.u32(16))
        return btfLoad(kernel, task, { btf, logLevel: attr.u32(24), logSize: attr.u32(20) })
      })
    case BpfCmd.LINK_CREATE:
      return otherCommand(kernel, task, cmd, { progFd: attr.fd(0), attachType: attr.u32(8) })
    case BpfCmd.RAW_TRACEPOINT_OPEN:
      return otherCommand(kernel, task, cmd, { progFd: attr.fd(8) })
    default:
      throw new KernelError(Errno.EINVAL)
  }
}

function mapOf(kernel: Kernel, task: Task, fd: Fd) {
  const record = kernel.mapByFd(task, fd)
  return { record, map: kernel.maps.byId(record.id) }
}

/** bpf_sys_bpf: a command of bpf(2) whose attributes are in a program's memory. @returns what it gives, or -errno. */
export function progSysBpf(kernel: Kernel, task: Task, run: Run, cmd: number, at: number, size: number): number {
  try {
    return command(kernel, task, cmd, new ProgAttr(run, at, size))
  } catch (error) {
    if (error instanceof KernelError) return -error.errno
    throw error
  }
}

/** bpf_sys_close. @returns 0 or -errno. */
export function progSysClose(kernel: Kernel, task: Task, fd: Fd): number {
  try {
    const { kind, id } = task.files.close(fd)
    if (kind !== 'link' && kernel.objects.closed(kind, id)) kernel.objects.release(kind, id)
    return 0
  } catch (error) {
    if (error instanceof KernelError) return -error.errno
    throw error
  }
}
