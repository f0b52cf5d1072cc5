import type { Syscalls } from '../../src/kernel/syscall.ts'
import type { Rights } from './ask.ts'

/** Capabilities that bpf(2) asks for, by number. */
const numbers: Readonly<Record<string, number>> = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21, CAP_PERFMON: 38, CAP_BPF: 39 }

/** The capabilities of a list such as `CAP_BPF,CAP_NET_ADMIN`; `none` for none. */
export function keepOnly(list: string): number[] {
  return list === 'none' ? [] : list.split(',').map((name) => numbers[name] ?? -1)
}

/** Leaves our process the rights that the real one asks with. */
export function restrict(process: Syscalls, { keep, unprivileged }: Rights): void {
  if (unprivileged) process.files.write('/proc/sys/kernel/unprivileged_bpf_disabled', Buffer.from('0\n'))
  if (!keep) return
  process.dropCapabilities(Object.keys(numbers).filter((name) => !keep.includes(numbers[name] ?? -1)))
}
