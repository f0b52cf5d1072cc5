import type * as Zlib from 'node:zlib'
import { KernelError } from '../../kernel/error.ts'
import { strerror } from '../../uapi/errno.ts'
import type { Command } from '../command.ts'
import type { Report } from './feature-report.ts'

/** What `feature probe` tells of the system: sysctls and the options that the kernel was built with. */

type Asking = Pick<Command, 'system' | 'info'>

const PROC_SUPER_MAGIC = 0x9fa0

/** Sysctls with what text says for each of their values; `other` for all the rest. */
const sysctls: readonly {
  name: string
  path: string
  values: readonly string[]
  unreadable: string
  other: (value: number) => string
}[] = [
  {
    name: 'unprivileged_bpf_disabled',
    path: '/proc/sys/kernel/unprivileged_bpf_disabled',
    values: [
      'bpf() syscall for unprivileged users is enabled',
      'bpf() syscall restricted to privileged users (without recovery)',
      'bpf() syscall restricted to privileged users (admin can change)',
    ],
    unreadable: 'Unable to retrieve required privileges for bpf() syscall',
    other: (value) => `bpf() syscall restriction has unknown value ${value}`,
  },
  {
    name: 'bpf_jit_enable',
    path: '/proc/sys/net/core/bpf_jit_enable',
    values: [
      'JIT compiler is disabled',
      'JIT compiler is enabled',
      'JIT compiler is enabled with debugging traces in kernel logs',
    ],
    unreadable: 'Unable to retrieve JIT-compiler status',
    other: (value) => `JIT-compiler status has unknown value ${value}`,
  },
  {
    name: 'bpf_jit_harden',
    path: '/proc/sys/net/core/bpf_jit_harden',
    values: [
      'JIT compiler hardening is disabled',
      'JIT compiler hardening is enabled for unprivileged users',
      'JIT compiler hardening is enabled for all users',
    ],
    unreadable: 'Unable to retrieve JIT hardening status',
    other: (value) => `JIT hardening status has unknown value ${value}`,
  },
  {
    name: 'bpf_jit_kallsyms',
    path: '/proc/sys/net/core/bpf_jit_kallsyms',
    values: ['JIT compiler kallsyms exports are disabled', 'JIT compiler kallsyms exports are enabled for root'],
    unreadable: 'Unable to retrieve JIT kallsyms export status',
    other: (value) => `JIT kallsyms exports status has unknown value ${value}`,
  },
  {
    name: 'bpf_jit_limit',
    path: '/proc/sys/net/core/bpf_jit_limit',
    values: [],
    unreadable: 'Unable to retrieve global memory limit for JIT compiler for unprivileged users',
    other: (value) => `Global memory limit for JIT compiler for unprivileged users is ${value} bytes`,
  },
]

/** Options in bpftool's order; the last one is in C headers too. */
const options =
  `BPF BPF_SYSCALL HAVE_EBPF_JIT BPF_JIT BPF_JIT_ALWAYS_ON DEBUG_INFO_BTF DEBUG_INFO_BTF_MODULES CGROUPS CGROUP_BPF
  CGROUP_NET_CLASSID SOCK_CGROUP_DATA BPF_EVENTS KPROBE_EVENTS UPROBE_EVENTS TRACING FTRACE_SYSCALLS
  FUNCTION_ERROR_INJECTION BPF_KPROBE_OVERRIDE NET XDP_SOCKETS LWTUNNEL_BPF NET_ACT_BPF NET_CLS_BPF NET_CLS_ACT
  NET_SCH_INGRESS XFRM IP_ROUTE_CLASSID IPV6_SEG6_BPF BPF_LIRC_MODE2 BPF_STREAM_PARSER NETFILTER_XT_MATCH_BPF TEST_BPF
  HZ`
    .split(/\s+/)
    .map((name) => `CONFIG_${name}`)

const macroOptions: readonly string[] = ['CONFIG_HZ']

/** section_system_config, without its title. */
export async function systemConfig(cmd: Asking, report: Report, macros: boolean): Promise<void> {
  if (!macros) {
    if (isProcfs(cmd)) for (const each of sysctls) readSysctl(cmd, report, each)
    else cmd.info('/* procfs not mounted, skipping related probes */')
  }
  const config = await kernelConfig(cmd)
  if (config === undefined) return
  for (const name of macros ? macroOptions : options) report.option(name, optionIn(config, name))
}

function isProcfs(cmd: Asking): boolean {
  try {
    return cmd.system().files.stat('/proc').fsMagic === PROC_SUPER_MAGIC
  } catch (error) {
    if (error instanceof KernelError) return false
    throw error
  }
}

function readSysctl(cmd: Asking, report: Report, each: (typeof sysctls)[number]): void {
  const value = readProcfs(cmd, each.path)
  const sentence = value === undefined ? each.unreadable : (each.values[value] ?? each.other(value))
  report.sysctl(each.name, value, sentence)
}

/** read_procfs: a number on the first line. */
function readProcfs(cmd: Asking, path: string): number | undefined {
  try {
    const [, digits] = /^\s*(-?\d+)\n/.exec(text(cmd.system().files.read(path))) ?? []
    return digits === undefined || digits === '-1' ? undefined : Number(digits)
  } catch (error) {
    if (error instanceof KernelError) return undefined
    throw error
  }
}

/** read_kernel_config: the text of the file, or undefined after saying what is wrong with it. */
async function kernelConfig(cmd: Asking): Promise<string | undefined> {
  const skip = (why: string): undefined => {
    cmd.info(`skipping kernel config, ${why}`)
    return undefined
  }
  let bytes: Uint8Array
  try {
    const { files } = cmd.system()
    const path = `/boot/config-${cmd.system().uname().release}`
    bytes = exists(cmd, path) ? files.read(path) : files.read('/proc/config.gz')
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    return skip(`can't open file: ${strerror(error.errno)}`)
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const { gunzipSync } = (await import('node:zlib')) as typeof Zlib
    bytes = gunzipSync(bytes)
  }
  const config = text(bytes)
  if (!/^.*\n# Automatically generated file; DO NOT EDIT\.\n/.test(config)) return skip("can't find correct file")
  return config
}

function exists(cmd: Asking, path: string): boolean {
  try {
    cmd.system().files.stat(path)
    return true
  } catch (error) {
    if (error instanceof KernelError) return false
    throw error
  }
}

function optionIn(config: string, name: string): string | undefined {
  const at = config.indexOf(`\n${name}=`)
  if (at < 0) return undefined
  const start = at + name.length + 2
  const end = config.indexOf('\n', start)
  const value = config.slice(start, end < 0 ? undefined : end)
  return value === '' ? undefined : value
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
