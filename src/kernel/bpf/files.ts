import { existsSync, statSync } from 'node:fs'
import { Errno } from '../../uapi/errno.ts'
import type { Inode } from '../bpffs/bpffs.ts'
import { KernelError } from '../error.ts'
import { mustHave } from '../process/capabilities.ts'
import { utf8 } from '../store/bytes.ts'
import { programSymbols } from './jited.ts'
import { takeTrace } from './trace.ts'
import type { KernelFiles, Stat } from '../syscall.ts'
import { UNPRIVILEGED_BPF_DISABLED } from './kernel.ts'
import type { Kernel, Task } from './kernel.ts'

/** f_type of the file systems (include/uapi/linux/magic.h). */
/** The first free one: perf's own PMUs have those below. */
const KPROBE_PMU_TYPE = 8
const Magic = { BPF: 0xcafe4a11, PROC: 0x9fa0, SYSFS: 0x62656572, TRACEFS: 0x74726163, EXT4: 0xef53 } as const

/** umask of the simulated processes. */
const UMASK = 0o022

/** Whoever reads these takes out what is in them. */
const tracePipes: ReadonlySet<string> = new Set([
  '/sys/kernel/tracing/trace_pipe',
  '/sys/kernel/debug/tracing/trace_pipe',
])

/** Sysctls that not even root reads without its capabilities. */
const restricted: ReadonlySet<string> = new Set([
  'net.core.bpf_jit_harden',
  'net.core.bpf_jit_kallsyms',
  'net.core.bpf_jit_limit',
])

/** A file of the machine that isn't on a bpffs. */
interface Special {
  magic: number
  mode: number
  read?: () => Uint8Array
  write?: (bytes: Uint8Array) => void
}

/** The machine's own files, as one process sees them. */
export class MachineFiles implements KernelFiles {
  readonly #kernel: Kernel
  readonly #task: Task

  constructor(kernel: Kernel, task: Task) {
    this.#kernel = kernel
    this.#task = task
  }

  owns(path: string): boolean {
    if (path.startsWith('/sys/') || path.startsWith('/proc/') || path === '/sys' || path === '/proc') return true
    if (path.startsWith('/boot/config-')) return true
    return this.#read(() => this.#kernel.bpffs.mountOf(path)) !== undefined
  }

  read(path: string): Uint8Array {
    if (tracePipes.has(path)) return this.#write(() => takeTrace(this.#kernel))
    return this.#read(() => {
      const special = this.#special(path)
      if (special) {
        if (!special.read) throw new KernelError(Errno.EACCES)
        return special.read()
      }
      const inode = this.#inode(path)
      if (!inode || inode.kind === 'directory') throw new KernelError(Errno.EISDIR)
      // bpffs_obj_open; maps that can show their elements do so only for debugging.
      throw new KernelError(Errno.EIO)
    })
  }

  write(path: string, bytes: Uint8Array): void {
    this.#write(() => {
      const special = this.#special(path)
      if (special) {
        if (!special.write) throw new KernelError(Errno.EACCES)
        special.write(bytes)
        return
      }
      const inode = this.#inode(path)
      throw new KernelError(!inode || inode.kind === 'directory' ? Errno.EISDIR : Errno.EIO)
    })
  }

  stat(path: string): Stat {
    return this.#read(() => {
      const special = this.#special(path)
      if (special) return { kind: 'file', fsMagic: special.magic, mode: special.mode }
      const inode = this.#inode(path)
      if (!inode) return { kind: 'directory', fsMagic: directoryMagic(path), mode: 0o040755 }
      return { kind: inode.kind, fsMagic: Magic.BPF, mode: inode.mode }
    })
  }

  readdir(path: string): string[] {
    return this.#read(() => {
      if (this.#special(path)) throw new KernelError(Errno.ENOTDIR)
      const inode = this.#inode(path)
      if (!inode) return this.#children(path)
      return this.#kernel.bpffs.readdir(path).map(({ name }) => name)
    })
  }

  mkdir(path: string): void {
    this.#write(() => {
      this.#mustBeOnBpffs(path)
      this.#kernel.bpffs.mkdir(path, 0o777 & ~UMASK)
    })
  }

  unlink(path: string): void {
    this.#write(() => {
      this.#mustBeOnBpffs(path)
      const { kind, id } = this.#kernel.bpffs.unlink(path)
      if (kind === 'map' || kind === 'prog') this.#kernel.objects.put(kind, id, true)
    })
  }

  rmdir(path: string): void {
    this.#write(() => {
      this.#mustBeOnBpffs(path)
      this.#kernel.bpffs.rmdir(path)
    })
  }

  mountBpffs(path: string): void {
    this.#write(() => {
      const mount = this.#kernel.bpffs.mountOf(path)
      if (mount) {
        if (this.#kernel.bpffs.lookup(path).kind !== 'directory') throw new KernelError(Errno.ENOTDIR)
        if (mount.path === path) return
      } else if (this.#special(path)) {
        throw new KernelError(Errno.ENOTDIR)
      } else if (this.owns(path)) {
        this.#inode(path)
      } else if (!existsSync(path)) {
        throw new KernelError(Errno.ENOENT)
      } else if (!statSync(path).isDirectory()) {
        throw new KernelError(Errno.ENOTDIR)
      }
      this.#kernel.bpffs.mount(path)
    })
  }

  #read<T>(fn: () => T): T {
    return this.#kernel.read(this.#task, fn)
  }

  #write<T>(fn: () => T): T {
    return this.#kernel.write(this.#task, fn)
  }

  /** /proc, /sys and /boot don't let anyone make or remove files. */
  #mustBeOnBpffs(path: string): void {
    if (this.#kernel.bpffs.mountOf(path)) return
    const there = this.#special(path) ?? this.#children(path).length > 0
    throw new KernelError(there ? Errno.EPERM : Errno.ENOENT)
  }

  /** The inode on a bpffs, or undefined for a directory of /proc and /sys. @throws KernelError ENOENT. */
  #inode(path: string): Inode | undefined {
    if (this.#kernel.bpffs.mountOf(path)) return this.#kernel.bpffs.lookup(path)
    if (this.#children(path).length === 0 && !emptyDirectories.includes(path)) throw new KernelError(Errno.ENOENT)
    return undefined
  }

  #special(path: string): Special | undefined {
    const { profile, possibleCpus } = this.#kernel
    const text = (content: string, magic: number, mode = 0o100444): Special => ({
      magic,
      mode,
      read: () => utf8(content),
    })
    if (path.startsWith('/proc/sys/')) {
      const name = path.slice('/proc/sys/'.length).replaceAll('/', '.')
      const value = this.#kernel.sysctl(name)
      if (value === undefined) return undefined
      if (name === UNPRIVILEGED_BPF_DISABLED) {
        const write = (bytes: Uint8Array) => {
          this.#letUnprivileged(value, bytes)
        }
        return { ...text(`${value}\n`, Magic.PROC, 0o100644), write }
      }
      if (!restricted.has(name)) return text(`${value}\n`, Magic.PROC, 0o100644)
      return { ...text(`${value}\n`, Magic.PROC, 0o100600), read: () => this.#restricted(value) }
    }
    switch (path) {
      case '/proc/kallsyms':
        return { magic: Magic.PROC, mode: 0o100444, read: () => utf8(this.#kallsyms()) }
      case `/boot/config-${profile.release}`:
        return { magic: Magic.EXT4, mode: 0o100644, read: () => profile.config() }
      case '/sys/kernel/btf/vmlinux':
        return { magic: Magic.SYSFS, mode: 0o100444, read: () => profile.vmlinuxBtf() }
      case '/sys/devices/system/cpu/possible':
      case '/sys/devices/system/cpu/online':
      case '/sys/devices/system/cpu/present':
        return text(possibleCpus > 1 ? `0-${possibleCpus - 1}\n` : '0\n', Magic.SYSFS)
      case '/sys/bus/event_source/devices/kprobe/type':
        return profile.option('CONFIG_KPROBE_EVENTS') === 'y' ? text(`${KPROBE_PMU_TYPE}\n`, Magic.SYSFS) : undefined
      case '/sys/kernel/tracing/trace_pipe':
      case '/sys/kernel/debug/tracing/trace_pipe':
        return { magic: Magic.TRACEFS, mode: 0o100440 }
      case '/proc/mounts':
      case '/proc/self/mounts':
        return text(this.#mounts(), Magic.PROC)
      case '/proc/version':
        return text(`Linux version ${profile.release} ${profile.version}\n`, Magic.PROC)
      default:
        return this.#ofProcess(path)
    }
  }

  #kallsyms(): string {
    return this.#kernel.profile.kallsyms() + programSymbols(this.#kernel)
  }

  /** proc_dointvec_minmax_bpf_restricted. */
  #restricted(value: string): Uint8Array {
    mustHave(this.#task.capabilities, 'CAP_SYS_ADMIN')
    return utf8(`${value}\n`)
  }

  /** bpf_unpriv_handler: 1 is for good. */
  #letUnprivileged(before: string, bytes: Uint8Array): void {
    mustHave(this.#task.capabilities, 'CAP_SYS_ADMIN')
    const [, value] = /^\s*([012])\s*$/.exec(new TextDecoder().decode(bytes)) ?? []
    if (value === undefined) throw new KernelError(Errno.EINVAL)
    if (before === '1' && value !== '1') throw new KernelError(Errno.EPERM)
    this.#kernel.setSysctl(UNPRIVILEGED_BPF_DISABLED, value)
  }

  #mounts(): string {
    return [
      'sysfs /sys sysfs rw,nosuid,nodev,noexec,relatime 0 0',
      'proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0',
      ...this.#kernel.bpffs.mounts().map(({ path }) => `bpf ${path} bpf rw,nosuid,nodev,noexec,relatime,mode=700 0 0`),
      'tracefs /sys/kernel/tracing tracefs rw,nosuid,nodev,noexec,relatime 0 0',
      '',
    ].join('\n')
  }

  /** /proc/PID/comm, /proc/PID/fdinfo/FD. */
  #ofProcess(path: string): Special | undefined {
    const [, pid, rest] = /^\/proc\/(self|\d+)\/(.+)$/.exec(path) ?? []
    if (rest !== 'comm') return undefined
    const own = pid === 'self' || Number(pid) === this.#task.pid
    const comm = own ? this.#task.comm : this.#kernel.processes.get(Number(pid))?.comm
    return comm === undefined ? undefined : { magic: Magic.PROC, mode: 0o100644, read: () => utf8(`${comm}\n`) }
  }

  /** Names in a directory of /proc, /sys or /boot, as far as anything is there. */
  #children(path: string): string[] {
    const below = path === '/' ? '/' : `${path}/`
    const names = new Set<string>()
    const known = [
      ...directories,
      ...emptyDirectories,
      `/boot/config-${this.#kernel.profile.release}`,
      ...this.#kernel.bpffs.mounts().map((mount) => mount.path),
      `/proc/${this.#task.pid}/comm`,
      ...this.#kernel.processes.list().map(({ pid }) => `/proc/${pid}/comm`),
    ]
    for (const name of known) {
      if (name.startsWith(below)) names.add(name.slice(below.length).split('/')[0] as string)
    }
    return [...names].sort()
  }
}

/** Files and directories under /proc and /sys that are listed. */
const directories = [
  '/proc/kallsyms',
  '/proc/mounts',
  '/proc/version',
  '/proc/self/comm',
  '/proc/sys/kernel/bpf_stats_enabled',
  '/proc/sys/kernel/unprivileged_bpf_disabled',
  '/proc/sys/net/core/bpf_jit_enable',
  '/proc/sys/net/core/bpf_jit_harden',
  '/proc/sys/net/core/bpf_jit_kallsyms',
  '/proc/sys/net/core/bpf_jit_limit',
  '/sys/devices/system/cpu/possible',
  '/sys/devices/system/cpu/online',
  '/sys/devices/system/cpu/present',
  '/sys/kernel/btf/vmlinux',
  '/sys/kernel/tracing/trace_pipe',
  '/sys/kernel/debug/tracing/trace_pipe',
]

/** Where something could be mounted. */
const emptyDirectories: readonly string[] = ['/sys/fs/cgroup']

function directoryMagic(path: string): number {
  if (path.startsWith('/proc')) return Magic.PROC
  if (path.startsWith('/sys/kernel/tracing') || path.startsWith('/sys/kernel/debug/tracing')) return Magic.TRACEFS
  return path.startsWith('/sys') ? Magic.SYSFS : Magic.EXT4
}
