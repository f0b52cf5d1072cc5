import { KernelError } from '../../src/kernel/error.ts'
import type { Syscalls } from '../../src/kernel/syscall.ts'
import { LibbpfError } from '../../src/libbpf/error.ts'
import { loadObject, openObject } from '../../src/libbpf/object.ts'
import { fixVerifierLog } from '../../src/libbpf/verifier-log.ts'

/** One program of an object, loaded alone into our kernel, as verdicts.c loads it into a real one. */

export interface Verdict {
  errno: number
  log: string
  /** What broke. */
  missing: string
  /** What kept the program from reaching the verifier. */
  stopped: string
  reached: boolean
}

const LOG_SIZE = 16 << 20
/** Of a program, as the kernel keeps it. */
const NAME_LENGTH = 15

/** Kernel addresses, which are another machine's each time; the time that it took. */
export function normalize(log: string): string {
  return log
    .replace(/^verification time \d+ usec$/gm, 'verification time')
    .replace(/\(18\) r(\d+) = 0xff[0-9a-f]{14}/g, '(18) r$1 = 0xADDR')
}

/** @param ownOps whether of structs of operations only PROGRAM_ops is made. */
export function loadOne(
  process: Syscalls,
  bytes: Uint8Array,
  file: string,
  prog: string,
  level: number,
  ownOps: boolean,
): Verdict {
  const result: Verdict = { errno: 0, log: '', missing: '', stopped: '', reached: false }
  let obj: ReturnType<typeof openObject> | undefined
  try {
    obj = openObject(bytes, file)
    for (const map of ownOps ? obj.maps : []) {
      if (map.structOps !== undefined && map.name !== `${prog}_ops`) map.autocreate = false
    }
    for (const each of obj.entryPrograms()) {
      each.autoload = each.name === prog
      each.logLevel = level
    }
    loadObject(obj, withLog(process, prog, result))
  } catch (error) {
    if (!result.reached) result.stopped = String(error)
    if (error instanceof LibbpfError || error instanceof KernelError) result.errno = error.errno
    else
      result.missing = `broken: ${error instanceof Error ? (error.stack ?? '').split('\n').slice(0, 3).join(' ') : ''}`
  }
  // What the recorded ones went through too: libbpf explains its poison.
  const loaded = [...(obj?.entryPrograms() ?? [])].find(({ name }) => name === prog)
  if (result.errno && obj && loaded) result.log = fixVerifierLog(obj, loaded, result.log)
  return result
}

/** The process's system calls, with the log of the program's load kept. */
function withLog(process: Syscalls, prog: string, result: Verdict): Syscalls {
  const { bpf } = process
  const progLoad: typeof bpf.progLoad = (attr) => {
    // Operations of a struct load along with the program that is asked for.
    if (attr.progName !== prog.slice(0, NAME_LENGTH)) return bpf.progLoad(attr)
    result.reached = true
    try {
      const loaded = bpf.progLoad(attr.logLevel ? { ...attr, logSize: LOG_SIZE } : attr)
      result.log = loaded.log
      return loaded
    } catch (error) {
      if (error instanceof KernelError) result.log = error.log ?? ''
      throw error
    }
  }
  const wrapped = { ...bpf, progLoad }
  return new Proxy<Syscalls>(process, {
    get(target, name) {
      if (name === 'bpf') return wrapped
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
