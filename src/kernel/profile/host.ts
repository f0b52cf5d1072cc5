import { readFileSync, readdirSync, statSync } from 'node:fs'
import { machine, platform, release, version } from 'node:os'
import { join } from 'node:path'
import type * as Zlib from 'node:zlib'
import type { KernelSource } from './source.ts'
import { ImportError } from './source.ts'
import { lateRequire } from './package-root.ts'

/** The kernel that runs on this very machine, as far as it lets itself be read. */

const VMLINUX = '/sys/kernel/btf/vmlinux'

/** @throws ImportError where it isn't Linux, or doesn't show its types. */
export function hostKernel(): KernelSource {
  if (platform() !== 'linux') throw new ImportError('this system runs no Linux: import a kernel from its files')
  const vmlinuxBtf = tryRead(VMLINUX)
  if (!vmlinuxBtf) throw new ImportError(`the running kernel does not show its types: can't read ${VMLINUX}`)
  return {
    vmlinuxBtf,
    config: hostConfig(),
    kallsyms: tryRead('/proc/kallsyms'),
    sysctl: Buffer.from(sysctls('/proc/sys', ''), 'latin1'),
    release: release(),
    version: version(),
    machine: machine(),
    cpus: possibleCpus(),
  }
}

/** Where bpftool itself looks (probe_kernel_image_config). */
function hostConfig(): Uint8Array | undefined {
  const plain = tryRead(`/boot/config-${release()}`)
  if (plain) return plain
  const packed = tryRead('/proc/config.gz')
  return packed && (lateRequire('node:zlib') as typeof Zlib).gunzipSync(packed)
}

/** As `sysctl -a` prints them: those that can be read. */
function sysctls(folder: string, prefix: string): string {
  return readdirSync(folder)
    .sort()
    .map((entry) => {
      const path = join(folder, entry)
      const { mode, isFolder } = statOf(path)
      if (isFolder) return sysctls(path, `${prefix}${entry}.`)
      if (!(mode & 0o444)) return ''
      const text = Buffer.from(tryRead(path) ?? []).toString('latin1')
      if (text === '') return ''
      return text
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => `${prefix}${entry} = ${line}\n`)
        .join('')
    })
    .join('')
}

function statOf(path: string): { mode: number; isFolder: boolean } {
  try {
    const stat = statSync(path)
    return { mode: stat.mode, isFolder: stat.isDirectory() }
  } catch {
    return { mode: 0, isFolder: false }
  }
}

/** The number of CPUs in a list such as `0-3,8`; undefined where the kernel doesn't say. */
function possibleCpus(): number | undefined {
  const text = Buffer.from(tryRead('/sys/devices/system/cpu/possible') ?? []).toString('latin1')
  const last = /(\d+)\s*$/.exec(text)?.[1]
  return last === undefined ? undefined : Number(last) + 1
}

function tryRead(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}
