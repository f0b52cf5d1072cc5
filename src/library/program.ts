import { Errno } from '../uapi/errno.ts'
import { ProgType, progTypeName } from '../uapi/prog-type.ts'
import { attempt } from './attempt.ts'
import { BpfError } from './error.ts'
import { Handle } from './host.ts'
import { decode, encode } from './codec.ts'
import type { Codec } from './codec.ts'
import type { Value } from './value.ts'
import type { Fd, ProgInfo } from '../uapi/attr.ts'
import type { Host } from './host.ts'

/** What a program is. */
export interface ProgramInfo {
  readonly id: number
  /** As the kernel has it: at most 15 characters. */
  readonly name: string
  /** As bpftool has it, such as `xdp` or `sched_cls`. */
  readonly type: string
  /** 16 hexadecimal digits. */
  readonly tag: string
  readonly mapIds: readonly number[]
  /** Instructions that the verifier went through. */
  readonly verifiedInstructions: number
  /** Runs of the program and what they took, in nanoseconds; counted while the kernel keeps statistics. */
  readonly runs: { readonly count: bigint; readonly time: bigint }
}

/** Members of the program's context, such as `struct __sk_buff`, by name. */
export interface ContextFields {
  [member: string]: Value
}

/** A context as bytes, or by its members. */
export type Context = Uint8Array | ContextFields

export interface RunOptions<C extends Context = Context> {
  /** The data to run on, such as a packet. */
  data?: Uint8Array
  /** The context, as bytes or by its members; of an XDP program's, `data_end` is the data's length unless given. */
  context?: C
  /** How many times. */
  repeat?: number
  /** Bytes of data and context that come back at most. */
  dataSize?: number
  contextSize?: number
  cpu?: number
  /** Flags and batch size of BPF_PROG_TEST_RUN. */
  flags?: number
  batchSize?: number
}

export interface RunResult<C extends Context = Context> {
  /** Unsigned, of 32 bits. */
  readonly returnValue: number
  /** The data as the program left it; empty where the kernel gives none. */
  readonly data: Uint8Array
  /** The context as the program left it, in the form in which it was given. */
  readonly context: (C extends Uint8Array ? Uint8Array : ContextFields) | undefined
  /** Nanoseconds that a run took, on average. */
  readonly duration: number
}

/** The context of a program type that can be run. */
const contexts: Readonly<Record<number, string>> = {
  [ProgType.XDP]: 'xdp_md',
  [ProgType.SK_LOOKUP]: 'bpf_sk_lookup',
  [ProgType.SOCKET_FILTER]: '__sk_buff',
  [ProgType.SCHED_CLS]: '__sk_buff',
  [ProgType.SCHED_ACT]: '__sk_buff',
  [ProgType.CGROUP_SKB]: '__sk_buff',
  [ProgType.SK_SKB]: '__sk_buff',
  [ProgType.LWT_IN]: '__sk_buff',
  [ProgType.LWT_OUT]: '__sk_buff',
  [ProgType.LWT_XMIT]: '__sk_buff',
  [ProgType.LWT_SEG6LOCAL]: '__sk_buff',
  [ProgType.NETFILTER]: 'nf_hook_state',
}

/** Room for data that a program makes longer. */
const SPARE = 64 * 1024

/** @internal */
export function toProgramInfo(info: ProgInfo): ProgramInfo {
  return {
    id: info.id,
    name: info.name,
    type: progTypeName(info.type) ?? `type ${info.type}`,
    tag: Array.from(info.tag, (byte) => byte.toString(16).padStart(2, '0')).join(''),
    mapIds: info.mapIds ?? [],
    verifiedInstructions: info.verifiedInsns,
    runs: { count: info.runCnt, time: info.runTimeNs },
  }
}

/** A loaded program. */
export class BpfProgram {
  /** Its whole name, where the object tells it. */
  readonly name: string
  readonly #handle: Handle
  readonly #type: number

  /** @internal */
  constructor(host: Host, fd: Fd, name?: string) {
    const info = attempt('program info', () => host.system.bpf.progInfo(fd))
    this.name = name ?? info.name
    this.#type = info.type
    this.#handle = new Handle(host, fd, `program ${this.name}`)
  }

  get info(): ProgramInfo {
    return attempt(`program ${this.name}`, () => toProgramInfo(this.#bpf.progInfo(this.fd, { mapIds: true })))
  }

  get id(): number {
    return this.info.id
  }

  /** @internal */
  get fd(): Fd {
    return this.#handle.fd
  }

  /** The instructions as the kernel keeps them, 8 bytes each. */
  get instructions(): Uint8Array {
    return attempt(
      `program ${this.name}`,
      () => this.#bpf.progInfo(this.fd, { xlatedProgInsns: true }).xlatedProgInsns ?? new Uint8Array(),
    )
  }

  /**
   * Runs the program once, or `repeat` times, as BPF_PROG_TEST_RUN does.
   * @throws BpfError EOPNOTSUPP for types that can't be run so, EINVAL for data that is too short, ...
   */
  run<C extends Context = Uint8Array>(options: RunOptions<C> = {}): RunResult<C> {
    const { data, context, repeat = 1, flags, cpu, batchSize } = options
    const ctxIn = context === undefined ? undefined : this.#encodeContext(context, data)
    const dataSizeOut = options.dataSize ?? (data === undefined ? 0 : data.length + SPARE)
    const ctxSizeOut = options.contextSize ?? ctxIn?.length ?? 0
    const what = `program ${this.name}: run`
    const result = attempt(what, () =>
      this.#bpf.progTestRun(this.fd, {
        repeat,
        dataSizeOut,
        ctxSizeOut,
        ...(data && { dataIn: data }),
        ...(ctxIn && { ctxIn }),
        ...(flags !== undefined && { flags }),
        ...(cpu !== undefined && { cpu }),
        ...(batchSize !== undefined && { batchSize }),
      }),
    )
    if (result.errno !== 0) throw new BpfError(result.errno, what)
    const ctxOut = result.ctxOut.slice(0, result.ctxSizeOut)
    const fields = context !== undefined && !(context instanceof Uint8Array)
    return {
      returnValue: result.retval >>> 0,
      data: result.dataOut.slice(0, result.dataSizeOut),
      context: (context && (fields ? decode(this.#contextCodec(), ctxOut) : ctxOut)) as RunResult<C>['context'],
      duration: result.duration,
    }
  }

  /** Gives the program a name in bpffs. */
  pin(path: string): void {
    attempt(`program ${this.name}: pin ${path}`, () => {
      this.#bpf.objPin(this.fd, path)
    })
  }

  /** Lets the program go; what nothing else holds is gone. */
  close(): void {
    this.#handle.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  get #bpf() {
    return this.#handle.host.system.bpf
  }

  #contextCodec(): Codec {
    const name = contexts[this.#type]
    const codec = name === undefined ? undefined : this.#handle.host.vmlinux().struct(name)
    if (codec === undefined) {
      throw new BpfError(
        Errno.EINVAL,
        `program ${this.name}: the context of ${this.info.type} programs is given in bytes`,
      )
    }
    return codec
  }

  #encodeContext(context: Context, data: Uint8Array | undefined): Uint8Array {
    if (context instanceof Uint8Array) return context
    const whole = this.#type === ProgType.XDP ? { data_end: data?.length ?? 0, ...context } : context
    return encode(this.#contextCodec(), whole, `program ${this.name}: context`)
  }
}
