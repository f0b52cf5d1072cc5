import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'

/** The capabilities that bpf(2) and its sysctls ask for. */
const known = ['CAP_SYS_ADMIN', 'CAP_BPF', 'CAP_NET_ADMIN', 'CAP_PERFMON'] as const
export type Capability = (typeof known)[number]

/** What a process may do beside being root: it can give capabilities up, and never gets one back. */
export type Capabilities = Set<string>

export function rootCapabilities(): Capabilities {
  return new Set(known)
}

/** bpf_token_capable without a token: CAP_SYS_ADMIN stands for each of the narrower ones. */
export function has(held: ReadonlySet<string>, capability: Capability): boolean {
  return held.has(capability) || held.has('CAP_SYS_ADMIN')
}

/** @throws KernelError EPERM. */
export function mustHave(held: ReadonlySet<string>, capability: Capability): void {
  if (!has(held, capability)) throw new KernelError(Errno.EPERM)
}
