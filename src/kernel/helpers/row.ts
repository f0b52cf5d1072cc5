/** struct bpf_func_proto: how a helper may be called, and what it gives back. */
export interface HelperProto {
  /** Which of the helper's prototypes, as protos.ts calls it. */
  readonly name: string
  /** The kernel's function; undefined for tail_call, which is none. */
  readonly func: string | undefined
  readonly gplOnly: boolean
  /** Its memory arguments may lie in a packet. */
  readonly pktAccess: boolean
  readonly mightSleep: boolean
  readonly allowFastcall: boolean
  /** The kernel's own function that decides about a program, by its name. */
  readonly allowed: string | undefined
  readonly ret: ArgType
  readonly args: readonly ArgType[]
}

/** An argument's or a return value's type. */
export interface ArgType {
  /** ARG_* or RET_* without the prefix, such as PTR_TO_MEM. */
  readonly base: string
  /** MEM_*, PTR_* and OBJ_* flags as the kernel writes them. */
  readonly flags: readonly string[]
  /** The kernel's struct that a pointer must be to. */
  readonly btfType: string | undefined
  /** Bytes of memory, for fixed sizes; else 0. */
  readonly size: number
}

/** Reads a row of protos.ts. */
export function parseProto(name: string, row: string): HelperProto {
  const colon = row.indexOf(':')
  const open = row.indexOf('(', colon)
  const [func = '-', ...flags] = row.slice(0, colon).split(' ')
  const args = row.slice(open + 1, -1)
  return {
    name,
    func: func === '-' ? undefined : func,
    gplOnly: flags.includes('gpl'),
    pktAccess: flags.includes('pkt'),
    mightSleep: flags.includes('sleep'),
    allowFastcall: flags.includes('fast'),
    allowed: flags.find((flag) => flag.startsWith('allowed='))?.slice('allowed='.length),
    ret: parseType(row.slice(colon + 1, open).trim()),
    args: args === '' ? [] : args.split(', ').map(parseType),
  }
}

function parseType(text: string): ArgType {
  const [, types = '', detail] = /^([^[]*)(?:\[(\w+)\])?$/.exec(text) ?? []
  const [base = '', ...flags] = types.split('|')
  const size = Number(detail)
  return Number.isInteger(size) ? { base, flags, btfType: undefined, size } : { base, flags, btfType: detail, size: 0 }
}
