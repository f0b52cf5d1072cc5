import { CommandError } from '../command.ts'
import { Probes } from '../../libbpf/probes.ts'
import { Errno } from '../../uapi/errno.ts'
import { systemConfig } from './feature-config.ts'
import { probeDeviceTypes } from './feature-device.ts'
import { probeHelpers, probeMapTypes, probeProgTypes } from './feature-kernel.ts'
import { probeMisc } from './feature-misc.ts'
import { JsonReport, MacroReport, TextReport } from './feature-report.ts'
import { probeWords } from './feature-words.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'
import type { ProbeModes } from './feature-words.ts'
import type { Report } from './feature-report.ts'

const modesOf = new WeakMap<Command, ProbeModes>()

/** Capabilities that probing wants, as handle_perms names them. */
const wanted = ['CAP_SYS_ADMIN', 'CAP_BPF', 'CAP_NET_ADMIN', 'CAP_PERFMON'] as const

/** `feature probe` (do_probe). */
export async function probe(cmd: Command, args: Args): Promise<number> {
  const modes = modesOf.get(cmd) ?? { full: false, unprivileged: false }
  modesOf.set(cmd, modes)
  const { component, prefix } = probeWords(cmd, args, modes)
  handlePermissions(cmd, modes)
  const { json } = cmd
  const report: Report =
    json !== undefined
      ? new JsonReport(json)
      : prefix === undefined
        ? new TextReport(cmd)
        : new MacroReport(cmd, prefix)
  json?.startObject()
  if (typeof component !== 'number') {
    report.begin({
      json: 'system_config',
      plain: 'Scanning system configuration...',
      macros: '/*** Misc kernel config items ***/',
    })
    await systemConfig(cmd, report, prefix !== undefined && json === undefined)
    report.end()
  }
  const probes = new Probes(cmd.system())
  // One step for the machine: six thousand programs that come and go needn't be written down one by one.
  cmd.system().atomically(() => {
    probeSyscall(probes, report)
    if (typeof component === 'number') probeDeviceTypes(probes, report, component, modes.full)
    else probeTypes(probes, report, modes)
    probeMisc(probes, report, typeof component === 'number' ? component : 0)
  })
  json?.endObject()
  cmd.errno = probes.errno
  return 0
}

/** Program types, map types and helpers of the kernel. */
function probeTypes(probes: Probes, report: Report, { full, unprivileged }: ProbeModes): void {
  // bpftool looks at errno, whichever call it is of.
  const allowed = () => !unprivileged || probes.errno !== Errno.EPERM
  const supported = probeProgTypes(report, (type) => probes.progType(type) && allowed())
  probeMapTypes(report, (type) => probes.mapType(type))
  const has = (type: number, helper: number) => probes.helper(type, helper) && allowed()
  probeHelpers(report, { has, supported, full })
}

/** handle_perms: bpftool gives up what it holds where it is to find out what others may do. */
function handlePermissions(cmd: Command, { unprivileged }: ProbeModes): void {
  const system = cmd.system()
  const held = system.capabilities()
  if (unprivileged) {
    system.dropCapabilities(wanted)
    return
  }
  const missing = wanted.filter((name) => !held.has(name))
  if (missing.length === 0) return
  const list = missing.map((name) => `${name}, `).join('')
  throw new CommandError(`missing ${list}required for full feature probing; run as root or use 'unprivileged'`)
}

/** probe_bpf_syscall. */
function probeSyscall(probes: Probes, report: Report): void {
  report.begin({
    json: 'syscall_config',
    plain: 'Scanning system call availability...',
    macros: '/*** System call availability ***/',
  })
  probes.loads({ progType: 0, insns: new Uint8Array(0), license: '' })
  const has = probes.errno !== Errno.ENOSYS
  report.feature({ json: 'have_bpf_syscall', plain: 'bpf() syscall', macro: 'BPF_SYSCALL' }, has)
  report.end()
}
