import { bootMachine } from '../../../src/kernel/boot.ts'
import type { Process } from '../../../src/kernel/bpf/process.ts'
import { KernelError } from '../../../src/kernel/error.ts'
import { Errno } from '../../../src/uapi/errno.ts'
import { MapType } from '../../../src/uapi/map-type.ts'

/** A step as steps.mjs makes it. */
export interface Step {
  op: string
  fd?: string
  as?: string
  key?: string | null
  value?: string | null
  flags?: number
  type?: number
  keySize?: number
  valueSize?: number
  max?: number
  extra?: number
  inner?: string
  numa?: number
  ifindex?: number
  btf?: string
  btfKey?: number
  btfValue?: number
  btfVmlinux?: number
  module?: string
  bytes?: string
  insns?: string
  funcInfo?: string
  attach?: number
  attachBtfId?: number
  data?: string
  ctx?: string
  repeat?: number
  /** Where programs' ids stand in the value, and whose. */
  ids?: Record<string, string>
  position?: number
}

/** A descriptor that nobody opened, as guest.c has it. */
const NONE = 999
const CPUS = 4
const PAGE = 4096

const names = new Map(Object.entries(Errno).map(([name, number]) => [number, name])).set(Errno.ENOTSUP, 'EOPNOTSUPP')

/** The steps' other side: this machine, answering in the words of guest.c. */
export class Replay {
  readonly process: Process
  readonly #fds = new Map<string, number>()
  /** Of programs, by name. */
  readonly #ids = new Map<string, number>()

  /** @param profile the kernel, such as 7.2. */
  constructor(profile: string) {
    this.process = bootMachine({ profile, cpus: CPUS }).process('guest')
  }

  answer(step: Step): string {
    try {
      return this.#run(step)
    } catch (error) {
      if (error instanceof KernelError) return names.get(error.errno) ?? String(error.errno)
      throw error
    }
  }

  #fd(name: string | undefined): number {
    return this.#fds.get(name ?? '') ?? NONE
  }

  #bytes(text: string | null | undefined): Uint8Array | undefined {
    if (text === null || text === undefined) return undefined
    const resolved = text.replace(/@(\w+);/g, (_, name: string) => {
      const fd = Buffer.alloc(4)
      fd.writeInt32LE(this.#fd(name))
      return fd.toString('hex')
    })
    return Buffer.from(resolved, 'hex')
  }

  /** A key; one of no bytes that isn't NULL is told apart by its length. */
  #key(step: Step): Uint8Array {
    return step.key === '' ? new Uint8Array(1) : (this.#bytes(step.key) ?? new Uint8Array(0))
  }

  #keep(as: string | undefined, open: () => number): string {
    const old = this.#fds.get(as ?? '')
    this.#fds.delete(as ?? '')
    try {
      this.#fds.set(as ?? '', open())
    } finally {
      if (old !== undefined) this.process.close(old)
    }
    return 'ok'
  }

  #run(step: Step): string {
    const { bpf } = this.process
    const fd = this.#fd(step.fd)
    const { flags = 0 } = step
    switch (step.op) {
      case 'create':
        return this.#keep(step.as, () => this.#create(step))
      case 'lookup': {
        // Bloom filters are asked for a value.
        const asked = step.value === undefined ? this.#key(step) : (this.#bytes(step.value) ?? new Uint8Array(0))
        if (step.value !== undefined && step.key !== null) throw new KernelError(Errno.EINVAL)
        return this.#shown(bpf.mapLookupElem(fd, asked, flags), step)
      }
      case 'update':
        bpf.mapUpdateElem(fd, this.#key(step), this.#bytes(step.value) ?? new Uint8Array(0), flags)
        return 'ok'
      case 'delete':
        bpf.mapDeleteElem(fd, this.#key(step))
        return 'ok'
      case 'next':
        return hex(bpf.mapGetNextKey(fd, step.key === null ? undefined : this.#key(step)))
      case 'pop':
        return this.#shown(bpf.mapLookupAndDeleteElem(fd, this.#key(step), flags), step)
      case 'freeze':
        bpf.mapFreeze(fd)
        return 'ok'
      case 'info': {
        const lines = this.process.fdinfo(fd)
        const fields = ['map_type', 'key_size', 'value_size', 'max_entries', 'map_flags', 'map_extra', 'memlock']
        return fields.map((name) => String(Number(lines.get(name)))).join(' ')
      }
      case 'btf':
        return this.#keep(step.as, () => bpf.btfLoad({ btf: this.#bytes(step.bytes) ?? new Uint8Array(0) }).fd)
      case 'load':
        return this.#keep(step.as, () => {
          const insns = this.#bytes(step.insns) ?? new Uint8Array(0)
          const { type: progType = 0, attach: expectedAttachType = 0, attachBtfId = 0 } = step
          const funcInfo = this.#bytes(step.funcInfo) ?? new Uint8Array(0)
          const functions = step.btf ? { progBtfFd: this.#fd(step.btf), funcInfo, funcInfoRecSize: 8 } : {}
          const attr = {
            progType,
            insns,
            license: 'GPL',
            progFlags: flags,
            expectedAttachType,
            attachBtfId,
            ...functions,
          }
          const prog = bpf.progLoad(attr).fd
          this.#ids.set(step.as ?? '', bpf.progInfo(prog).id)
          return prog
        })
      case 'run': {
        const dataIn = this.#bytes(step.data)
        const ctxIn = this.#bytes(step.ctx)
        const attr = { repeat: step.repeat ?? 1, ...(dataIn ? { dataIn } : {}), ...(ctxIn ? { ctxIn } : {}) }
        return String(bpf.progTestRun(fd, attr).retval)
      }
      case 'ring':
        return this.#ring(step)
      case 'reopen':
        return this.#keep(step.as, () => bpf.getFdById('map', bpf.mapInfo(fd).id, flags))
      case 'close':
        this.process.close(fd)
        this.#fds.delete(step.fd ?? '')
        return 'ok'
      default:
        throw new Error(`unknown step ${step.op}`)
    }
  }

  #create(step: Step): number {
    const fd = (name: string | undefined) => (name === undefined ? 0 : this.#fd(name))
    return this.process.bpf.mapCreate({
      mapType: step.type ?? 0,
      keySize: step.keySize ?? 0,
      valueSize: step.valueSize ?? 0,
      maxEntries: step.max ?? 0,
      mapFlags: step.flags ?? 0,
      mapExtra: BigInt(step.extra ?? 0),
      innerMapFd: fd(step.inner),
      numaNode: step.numa ?? 0,
      mapIfindex: step.ifindex ?? 0,
      btfFd: fd(step.btf),
      btfKeyTypeId: step.btfKey ?? 0,
      btfValueTypeId: step.btfValue ?? 0,
      btfVmlinuxValueTypeId: step.btfVmlinux ?? 0,
      valueTypeBtfObjFd: fd(step.module),
    })
  }

  /** A ring buffer as mmap shows it. */
  #ring({ fd: name, position, data }: Step): string {
    const fd = this.#fd(name)
    const lines = this.process.fdinfo(fd)
    const size = Number(lines.get('max_entries'))
    const user = Number(lines.get('map_type')) === MapType.USER_RINGBUF
    if (position !== undefined) {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64LE(BigInt(position))
      if (user && data) this.process.mmapWrite(fd, 2 * PAGE, this.#bytes(data) ?? bytes)
      this.process.mmapWrite(fd, user ? PAGE : 0, bytes)
    }
    const pages = Buffer.from(this.process.mmapRead(fd, 0, 2 * PAGE + size))
    const shown = hex(pages.subarray(2 * PAGE)).replace(/(00)+$/, '')
    return `${pages.readBigUInt64LE(0)} ${pages.readBigUInt64LE(PAGE)} ${shown}`
  }

  /** A value, with programs' ids in it replaced as guest.c does. */
  #shown(value: Uint8Array, { ids = {} }: Step): string {
    const bytes = Buffer.from(value)
    for (const [at, name] of Object.entries(ids)) {
      if (bytes.readUInt32LE(Number(at)) === this.#ids.get(name)) bytes.fill(0xee, Number(at), Number(at) + 4)
    }
    return hex(bytes)
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
