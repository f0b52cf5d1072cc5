import { INSN_SIZE, Insns } from '../isa/insn.ts'
import { Alu, Class, Jmp, Source } from '../isa/opcode.ts'
import { KernelError } from '../kernel/error.ts'
import type { Syscalls } from '../kernel/syscall.ts'
import { AttachType } from '../uapi/attach-type.ts'
import type { Loaded, MapCreateAttr, ProgLoadAttr } from '../uapi/attr.ts'
import { Errno } from '../uapi/errno.ts'
import { ProgFlag } from '../uapi/flags.ts'
import { MapType } from '../uapi/map-type.ts'
import { ProgType } from '../uapi/prog-type.ts'
import { createSmallest } from './probe-maps.ts'
import { distributionVersion } from './features.ts'

/** Program types that need more than the smallest program; what a refusal must say where the type can't be loaded so. */
const special: Readonly<Record<number, { attr?: Partial<ProgLoadAttr>; refusal?: { errno: number; text?: string } }>> =
  {
    [ProgType.CGROUP_SOCK_ADDR]: { attr: { expectedAttachType: AttachType.CGROUP_INET4_CONNECT } },
    [ProgType.CGROUP_SOCKOPT]: { attr: { expectedAttachType: AttachType.CGROUP_GETSOCKOPT } },
    [ProgType.SK_LOOKUP]: { attr: { expectedAttachType: AttachType.SK_LOOKUP } },
    [ProgType.LIRC_MODE2]: { attr: { expectedAttachType: AttachType.LIRC_MODE2 } },
    [ProgType.NETFILTER]: { attr: { expectedAttachType: AttachType.NETFILTER } },
    [ProgType.SYSCALL]: { attr: { progFlags: ProgFlag.SLEEPABLE } },
    [ProgType.STRUCT_OPS]: { refusal: { errno: Errno.ENOTSUPP } },
    [ProgType.TRACING]: {
      attr: { attachBtfId: 1, expectedAttachType: AttachType.TRACE_FENTRY },
      refusal: { errno: Errno.EINVAL, text: 'attach_btf_id 1 is not a function' },
    },
    [ProgType.LSM]: {
      attr: { attachBtfId: 1, expectedAttachType: AttachType.MODIFY_RETURN },
      refusal: { errno: Errno.EINVAL, text: 'attach_btf_id 1 is not a function' },
    },
    [ProgType.EXT]: {
      attr: { attachBtfId: 1 },
      refusal: { errno: Errno.EINVAL, text: 'Cannot replace kernel functions' },
    },
  }

const LOG_SIZE = 4096

/** What the verifier says of a helper that it doesn't know, or not for this program type. */
const unknownHelper = ['invalid func ', 'unknown func ', 'program of this type cannot use helper ']

/** libbpf_probe_bpf_*: what the running kernel has, found out by asking it for one of each. */
export class Probes {
  /** C's errno: that of the last call which failed. */
  errno = 0
  readonly #system: Syscalls
  readonly #kernelVersion: number
  /** Whether nothing is refused to this process for what it lacks. */
  readonly #mayDoAll: boolean
  readonly #smallest = insns([
    [Class.ALU64 | Alu.MOV | Source.K, 0],
    [Class.JMP | Jmp.EXIT, 0],
  ])
  /** `call HELPER; exit`: the helper's number is written into it. */
  readonly #call = insns([
    [Class.JMP | Jmp.CALL, 0],
    [Class.JMP | Jmp.EXIT, 0],
  ])

  constructor(system: Syscalls) {
    this.#system = system
    this.#kernelVersion = distributionVersion(system)
    const held = system.capabilities()
    this.#mayDoAll = ['CAP_SYS_ADMIN', 'CAP_BPF', 'CAP_PERFMON', 'CAP_NET_ADMIN'].every((name) => held.has(name))
  }

  /** Whether a load succeeds; the program goes away again. */
  loads(attr: ProgLoadAttr): boolean {
    return 'fd' in this.#load(attr)
  }

  /** Whether a map can be made; it goes away again. */
  creates(attr: MapCreateAttr): boolean {
    const answer = this.#try(() => {
      this.#system.close(this.#system.bpf.mapCreate(attr))
    })
    return answer === undefined
  }

  /** libbpf_probe_bpf_prog_type. */
  progType(type: number): boolean {
    const { refusal } = special[type] ?? {}
    const answer = this.#load(this.#attr(type, this.#smallest, refusal?.text !== undefined))
    if (refusal === undefined) return 'fd' in answer
    if ('fd' in answer || answer.errno !== refusal.errno) return false
    return refusal.text === undefined || (answer.log ?? '').includes(refusal.text)
  }

  /** libbpf_probe_bpf_map_type. Type 1 of vmlinux wraps no operations struct: who looks it up says ENOTSUPP. */
  mapType(type: number): boolean {
    const refusal = this.#try(() => {
      createSmallest(this.#system, type)
    })
    return type === MapType.STRUCT_OPS ? refusal?.errno === Errno.ENOTSUPP : refusal === undefined
  }

  /** libbpf_probe_bpf_helper; types that can't be loaded just so tell nothing. @param progIfindex a device, or 0. */
  helper(type: number, id: number, progIfindex = 0): boolean {
    if (special[type]?.refusal !== undefined) return false
    const { bpf } = this.#system
    if (progIfindex === 0 && this.#mayDoAll && bpf.offersHelper !== undefined) {
      const offered = bpf.offersHelper(type, special[type]?.attr?.expectedAttachType ?? 0, id)
      if (!offered) this.errno = Errno.EINVAL
      return offered
    }
    this.#call.setImm(0, id)
    const attr = this.#attr(type, this.#call, true)
    attr.progIfindex = progIfindex
    const answer = this.#load(attr)
    if ('fd' in answer) return true
    const log = answer.log ?? ''
    return !unknownHelper.some((text) => log.includes(text))
  }

  #attr(progType: number, { bytes }: Insns, logged: boolean): ProgLoadAttr {
    const { expectedAttachType, attachBtfId, progFlags } = special[progType]?.attr ?? {}
    return {
      progType,
      insns: bytes,
      license: 'GPL',
      logLevel: logged ? 1 : 0,
      logSize: logged ? LOG_SIZE : 0,
      kernVersion: progType === ProgType.KPROBE ? this.#kernelVersion : 0,
      progFlags: progFlags ?? 0,
      progIfindex: 0,
      expectedAttachType: expectedAttachType ?? 0,
      attachBtfId: attachBtfId ?? 0,
    }
  }

  #load(attr: ProgLoadAttr): Loaded | KernelError {
    const answer = this.#try(() => this.#system.bpf.progLoad(attr))
    if (!(answer instanceof KernelError)) this.#system.close(answer.fd)
    return answer
  }

  #try<T>(call: () => T): T | KernelError {
    try {
      return call()
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      this.errno = error.errno
      return error
    }
  }
}

/** Instructions of an opcode and an immediate each. */
function insns(list: readonly (readonly [number, number])[]): Insns {
  const made = new Insns(new Uint8Array(list.length * INSN_SIZE))
  list.forEach(([code, imm], i) => {
    made.set(i, code, 0, 0, 0, imm)
  })
  return made
}
