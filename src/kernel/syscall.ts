/**
 * The only door into the kernel: what one process can ask of it. bpf(2)'s commands as methods with typed attributes,
 * and the few other things that bpftool and libbpf ask an operating system for. `src/libbpf` and `src/cli` use this and
 * nothing behind it; a real kernel could stand behind it as well.
 *
 * Every method throws KernelError with the errno that the kernel gives. Names are the kernel's, in camel case; a field
 * left out is zero, as in a cleared `union bpf_attr`.
 */

import type {
  BatchAttr,
  BatchResult,
  BtfInfo,
  BtfLoadAttr,
  Fd,
  LinkInfo,
  Loaded,
  MapCreateAttr,
  MapInfo,
  ObjectKind,
  ProgInfo,
  ProgInfoWants,
  ProgLoadAttr,
  TestRunAttr,
  TestRunResult,
} from '../uapi/attr.ts'

/** bpf(2). */
export interface Bpf {
  mapCreate(attr: MapCreateAttr): Fd
  /** Value as bpf(2) gives it: of all possible CPUs, each rounded up to 8 bytes, for per-CPU maps. */
  mapLookupElem(fd: Fd, key: Uint8Array, flags?: number): Uint8Array
  /** `key` may be empty for maps without keys (queue, stack, bloom filter). */
  mapUpdateElem(fd: Fd, key: Uint8Array, value: Uint8Array, flags?: number): void
  mapDeleteElem(fd: Fd, key: Uint8Array): void
  mapLookupAndDeleteElem(fd: Fd, key: Uint8Array, flags?: number): Uint8Array
  /** @throws KernelError ENOENT after the last key. */
  mapGetNextKey(fd: Fd, key: Uint8Array | undefined): Uint8Array
  /** These four: @throws KernelError when the command as a whole is refused; what came of a part is in the result. */
  mapLookupBatch(fd: Fd, attr: BatchAttr): BatchResult
  mapLookupAndDeleteBatch(fd: Fd, attr: BatchAttr): BatchResult
  mapUpdateBatch(fd: Fd, keys: Uint8Array, values: Uint8Array, attr: BatchAttr): BatchResult
  mapDeleteBatch(fd: Fd, keys: Uint8Array, attr: BatchAttr): BatchResult
  mapFreeze(fd: Fd): void
  progLoad(attr: ProgLoadAttr): Loaded
  progTestRun(fd: Fd, attr: TestRunAttr): TestRunResult
  progBindMap(progFd: Fd, mapFd: Fd): void
  /**
   * No command of bpf(2), but what thousands of loads would find out: whether a program of that type that calls the helper
   * gets as far as the helper's arguments. Left out by a kernel that has no such table to look at.
   */
  offersHelper?(progType: number, expectedAttachType: number, helper: number): boolean
  btfLoad(attr: BtfLoadAttr): Loaded
  objPin(fd: Fd, path: string): void
  /** @param fileFlags 0, BPF_F_RDONLY or BPF_F_WRONLY. */
  objGet(path: string, fileFlags?: number): Fd
  /** The smallest id above `id`. @throws KernelError ENOENT when there is none. */
  getNextId(kind: ObjectKind, id: number): number
  getFdById(kind: ObjectKind, id: number, openFlags?: number): Fd
  /** @param buffer what the caller's struct bpf_map_info holds: it stays where the kernel has nothing to write. */
  mapInfo(fd: Fd, buffer?: MapInfo): MapInfo
  progInfo(fd: Fd, wants?: ProgInfoWants): ProgInfo
  btfInfo(fd: Fd, wantBtf?: boolean): BtfInfo
  linkInfo(fd: Fd): LinkInfo
  /** Any other command: those that this kernel doesn't simulate yet answer with the kernel's errno for "not there". */
  other(cmd: number, attr: Readonly<Record<string, unknown>>): never
}

/** What `stat` tells of a file in the simulated machine. */
export interface Stat {
  kind: 'file' | 'directory' | 'map' | 'prog' | 'link' | 'symlink'
  /** statfs's f_type of the file system it is on, such as 0xcafe4a11 for bpffs. */
  fsMagic: number
  mode: number
}

/**
 * The simulated machine's own files: /sys/fs/bpf and its kin, and what a process reads under /proc and /sys. Paths
 * are absolute and normalized by the caller. Whatever is not there is the host's: objects, data files.
 */
export interface KernelFiles {
  /** Whether the path belongs to the simulated machine (below /proc, /sys, /boot/config-RELEASE or a bpffs mount). */
  owns(path: string): boolean
  /** @throws KernelError ENOENT, EACCES, EISDIR. */
  read(path: string): Uint8Array
  write(path: string, bytes: Uint8Array): void
  stat(path: string): Stat
  readdir(path: string): string[]
  mkdir(path: string): void
  unlink(path: string): void
  rmdir(path: string): void
  /** mount -t bpf; the directory must be there. */
  mountBpffs(path: string): void
}

export interface Utsname {
  sysname: string
  release: string
  version: string
  machine: string
}

/** A process of the simulated machine. */
export interface Syscalls {
  readonly bpf: Bpf
  readonly files: KernelFiles
  readonly pid: number
  uname(): Utsname
  geteuid(): number
  /** capget(2): what is effective of the capabilities that bpf(2) asks for, such as `CAP_BPF`. */
  capabilities(): ReadonlySet<string>
  /** capset(2): gives capabilities up for good. */
  dropCapabilities(names: readonly string[]): void
  /** add_key(2): puts an X.509 certificate (DER) into the session's keyring. @throws KernelError ENODEV. */
  addKey(certificate: Uint8Array): void
  /** libbpf_num_possible_cpus. */
  possibleCpus(): number
  /** Nanoseconds of CLOCK_BOOTTIME and of CLOCK_REALTIME. */
  clock(which: 'boottime' | 'realtime'): bigint
  /** What a descriptor's /proc/PID/fdinfo says, lines of `name:\tvalue`. */
  fdinfo(fd: Fd): ReadonlyMap<string, string>
  /** What a descriptor is: readlink of /proc/self/fd/FD, such as `anon_inode:bpf-map`. */
  fdKind(fd: Fd): ObjectKind | undefined
  /** if_indextoname and its reverse; undefined where there is no such device. */
  ifName(index: number): string | undefined
  ifIndex(name: string): number | undefined
  close(fd: Fd): void
  /**
   * mmap(2) of an arena, shared, to read and write: from then on it can't be frozen, for Linux never counts it back. The
   * process then writes `image` into it, at `offset`.
   */
  mmapArena(fd: Fd, offset?: number, image?: Uint8Array): void
  /**
   * Runs `fn` so that either all its effects on the machine are kept or, when it throws or the process dies, none.
   * A real kernel can't; there it would just run `fn`.
   */
  atomically<T>(fn: () => T): T
  /**
   * Runs `fn`, which only reads: its many calls see one state of the machine, which costs less than looking for news
   * before each. A real kernel can't; there it would just run `fn`.
   */
  steadily<T>(fn: () => T): T
  /** Closes all descriptors: objects that nothing holds any more go away. */
  exit(): void
}
