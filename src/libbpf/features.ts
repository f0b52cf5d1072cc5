import type { Syscalls } from '../kernel/syscall.ts'
import type { BpfObject } from './model.ts'

/** Kernel features that libbpf asks for (enum kern_feature_id), and the Linux version that brought each. */
const since = {
  progName: [4, 15],
  globalData: [5, 2],
  btf: [4, 18],
  btfFunc: [5, 0],
  btfDatasec: [5, 2],
  btfFloat: [5, 13],
  btfDeclTag: [5, 16],
  btfTypeTag: [5, 17],
  btfEnum64: [6, 0],
  arrayMmap: [5, 5],
  expAttachType: [4, 17],
  probeReadKern: [5, 5],
  progBindMap: [5, 10],
  moduleBtf: [5, 11],
  bpfCookie: [5, 15],
  syscallWrapper: [4, 17],
  uprobeMultiLink: [6, 6],
  argCtxTag: [6, 8],
  ldimm64FullRangeOff: [7, 0],
} as const

export type Feature = keyof typeof since

/** KERNEL_VERSION as the running kernel's release gives it. */
export function kernelVersion(sys: Syscalls): number {
  const [, major, minor, patch] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(sys.uname().release) ?? []
  const sub = Math.min(Number(patch ?? 0), 255)
  return (Number(major ?? 0) << 16) + (Number(minor ?? 0) << 8) + sub
}

/** get_kernel_version: Debian tells the version it builds from apart from its release. */
export function distributionVersion(sys: Syscalls): number {
  const [, major, minor, patch] = /Debian (\d+)\.(\d+)\.(\d+)/.exec(sys.uname().version) ?? []
  if (major === undefined) return kernelVersion(sys)
  return (Number(major) << 16) + (Number(minor) << 8) + Math.min(Number(patch), 255)
}

/** kernel_supports, without a program loaded to find out: what a version has is known. */
export function kernelSupports(sys: Syscalls, feature: Feature): boolean {
  const [major, minor] = since[feature]
  return kernelVersion(sys) >= (major << 16) + (minor << 8)
}

/** kernel_supports for an object: a loader program is written for the latest kernel. */
export function objectSupports(obj: BpfObject, sys: Syscalls, feature: Feature): boolean {
  return obj.loader !== undefined || kernelSupports(sys, feature)
}
