import { Insns } from '../../isa/insn.ts'
import type { ProgLoadAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { ProgFlag } from '../../uapi/flags.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { KernelError } from '../error.ts'
import { VerifierLog } from '../log.ts'
import { checkName } from '../objects/names.ts'
import type { ProgRecord } from '../objects/records.ts'
import { isSince } from '../profile/release.ts'
import { mayLoad } from '../progs/rights.ts'
import { progTypeRow } from '../progs/types.ts'
import { fixedAttachType, mayAttach } from './attach-type.ts'
import { checkProgram } from './check.ts'
import type { Capabilities } from '../verifier/input.ts'
import type { LoadEnv } from './env.ts'
import { keepProgram } from './keep.ts'
import { isGplCompatible } from './license.ts'
import type { LoadKernel, LoadProgram } from './load.ts'
import { verifySignature } from './signature.ts'

const OLD_FLAGS =
  ProgFlag.STRICT_ALIGNMENT |
  ProgFlag.ANY_ALIGNMENT |
  ProgFlag.TEST_STATE_FREQ |
  ProgFlag.SLEEPABLE |
  ProgFlag.TEST_RND_HI32

/** Flags that came later than Linux 5.10. */
const laterFlags: readonly (readonly [since: string, flag: number])[] = [
  ['5.18', ProgFlag.XDP_HAS_FRAGS],
  ['6.3', ProgFlag.XDP_DEV_BOUND_ONLY],
  ['6.8', ProgFlag.TEST_REG_INVARIANTS],
  ['6.9', ProgFlag.TOKEN_FD],
]

function knownFlags(kernel: LoadKernel): number {
  return laterFlags.reduce((flags, [since, flag]) => (isSince(kernel, since) ? flags | flag : flags), OLD_FLAGS)
}

/** BPF_COMPLEXITY_LIMIT_INSNS: as many instructions as a program may have, and as the verifier looks at. */
export const MAX_INSNS = 1_000_000

/** BPF_MAXINSNS: of those without CAP_BPF. */
const MAX_INSNS_UNPRIVILEGED = 4096

/** bpf_prog_load: the attributes, the checks, and what is kept of the program. */
export const loadProgram: LoadProgram = (kernel, attr) => {
  const env = checkAttributes(kernel, attr)
  const log = checkProgram(env)
  return log.errno ? new KernelError(log.errno, log.text, log.trueSize) : keepProgram(env, log)
}

const NOTHING = new Uint8Array(0)

function no(errno: number): never {
  throw new KernelError(errno)
}

/** bpf_prog_load up to the verifier, in its order. */
function checkAttributes(kernel: LoadKernel, attr: ProgLoadAttr): LoadEnv {
  const { progType: type, progFlags: flags = 0, attachBtfId = 0 } = attr
  if (flags & ~knownFlags(kernel)) no(Errno.EINVAL)
  const expectedAttachType = fixedAttachType(kernel, type, attr.expectedAttachType ?? 0)
  // bpf_token_get_from_fd: there are no tokens, so no descriptor is one.
  if (flags & ProgFlag.TOKEN_FD) no(isOpen(kernel, attr.progTokenFd ?? 0) ? Errno.EINVAL : Errno.EBADF)
  const bpfCapable = capable(kernel, 'CAP_BPF')
  if (kernel.unprivilegedDisabled && !bpfCapable) no(Errno.EPERM)
  const insns = new Insns(attr.insns)
  if (insns.length === 0 || insns.length > (bpfCapable ? MAX_INSNS : MAX_INSNS_UNPRIVILEGED)) no(Errno.E2BIG)
  if (!mayLoad(type, (capability) => capable(kernel, capability))) no(Errno.EPERM)

  const target = attachTarget(kernel, attr)
  const request = { type, expectedAttachType, attachBtfId, toBtf: target.kernelBtf, toProg: target.prog !== undefined }
  if (!mayAttach(kernel, request)) no(Errno.EINVAL)
  if (attr.progIfindex) checkDevice(type, flags, attr.progIfindex)
  const row = progTypeRow(type)
  if (!row || !isSince(kernel, row.since)) no(Errno.EINVAL)
  if (!row.options.every((option) => kernel.option(option) !== undefined)) no(Errno.EINVAL)
  const name = checkName(attr.progName ?? '')
  if (attr.signature !== undefined) checkSignature(kernel, attr.insns, attr.signature)
  return {
    kernel,
    attr,
    name,
    insns,
    type,
    expectedAttachType,
    sleepable: (flags & ProgFlag.SLEEPABLE) !== 0,
    gplCompatible: isGplCompatible(attr.license),
    capabilities: capabilitiesOf(kernel),
    dstProg: target.prog,
    attachToKernel: target.kernelBtf,
    btf: undefined,
    btfId: 0,
    funcInfo: [],
    lineInfo: NOTHING,
    subprogs: [],
    exceptionCallback: 0,
    usedMaps: [],
    usedBtfs: new Set(),
    mapUses: [],
    ksymAddresses: new Map(),
    attachFuncName: undefined,
    attachProgProto: 0,
    subprogFlags: [],
    opsName: undefined,
    insnsProcessed: 0,
    // bpf_vlog_init comes last: what is wrong above leaves no log.
    log: new VerifierLog(attr.logLevel ?? 0, attr.logSize ?? 0),
  }
}

/** What bpf_check asks of the loader's rights: CAP_PERFMON may see kernel addresses, and needs no protection from itself. */
function capabilitiesOf(kernel: LoadKernel): Capabilities {
  const perfmon = capable(kernel, 'CAP_PERFMON')
  return {
    bpfCapable: capable(kernel, 'CAP_BPF'),
    allowPtrLeaks: perfmon,
    allowUninitStack: perfmon,
    bypassSpecV1: perfmon,
    bypassSpecV4: perfmon,
    sysAdmin: kernel.capable('CAP_SYS_ADMIN'),
  }
}

/** bpf_token_capable, without a token. */
function capable(kernel: LoadKernel, capability: string): boolean {
  return kernel.capable(capability) || kernel.capable('CAP_SYS_ADMIN')
}

/** bpf_prog_verify_signature, by the keys of the process's session. */
function checkSignature(kernel: LoadKernel, insns: Uint8Array, signature: Uint8Array): void {
  if (kernel.option('CONFIG_KEYS') === undefined) no(Errno.EINVAL)
  if (kernel.option('CONFIG_SYSTEM_DATA_VERIFICATION') === undefined) no(Errno.EOPNOTSUPP)
  verifySignature(insns, signature, kernel.sessionKeys?.() ?? [])
}

interface Target {
  prog: ProgRecord | undefined
  kernelBtf: boolean
}

/** attach_prog_fd and attach_btf_obj_fd are one field: a program's descriptor, or a BTF's. */
function attachTarget(kernel: LoadKernel, attr: ProgLoadAttr): Target {
  const fd = attr.attachProgFd ?? attr.attachBtfObjFd ?? 0
  if (!fd) return { prog: undefined, kernelBtf: Boolean(attr.attachBtfId) }
  const prog = ifFound(() => kernel.progByFd(fd))
  if (prog) return { prog, kernelBtf: false }
  const btf = ifFound(() => kernel.btfByFd(fd))
  if (!btf) no(Errno.EINVAL)
  if (!btf.kernelBtf) no(Errno.ENOTSUPP)
  return { prog: undefined, kernelBtf: true }
}

function ifFound<T>(get: () => T): T | undefined {
  try {
    return get()
  } catch (error) {
    if (error instanceof KernelError) return undefined
    throw error
  }
}

function isOpen(kernel: LoadKernel, fd: number): boolean {
  try {
    kernel.progByFd(fd)
    return true
  } catch (error) {
    return error instanceof KernelError && error.errno !== Errno.EBADF
  }
}

/** The only device. */
const LOOPBACK = 1

/** bpf_prog_dev_bound_init. No device takes programs: there's only lo. */
function checkDevice(type: number, flags: number, ifindex: number): never {
  if (type !== ProgType.SCHED_CLS && type !== ProgType.XDP) no(Errno.EINVAL)
  const bound = (flags & ProgFlag.XDP_DEV_BOUND_ONLY) !== 0
  if (flags & ~(ProgFlag.XDP_DEV_BOUND_ONLY | ProgFlag.XDP_HAS_FRAGS)) no(Errno.EINVAL)
  if (flags & ProgFlag.XDP_HAS_FRAGS && !bound) no(Errno.EINVAL)
  if (type === ProgType.SCHED_CLS && bound) no(Errno.EINVAL)
  no(ifindex === LOOPBACK ? Errno.ENOTSUP : Errno.EINVAL)
}
