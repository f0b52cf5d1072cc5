import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import { Reader, Writer } from '../objects/codec.ts'
import { afterPrefix, concat, fromUtf8, readU32, u32Key, utf8 } from '../store/bytes.ts'
import type { Store } from '../store/store.ts'
import { Table } from '../store/store.ts'

export type PinKind = 'map' | 'prog' | 'link'

/** An inode of a bpffs: a directory, a pinned object or a symbolic link. */
export interface Inode {
  readonly ino: number
  readonly kind: 'directory' | 'symlink' | PinKind
  /** Type and permission bits, as stat's st_mode. */
  readonly mode: number
  /** Id of the pinned object. */
  readonly id: number
}

interface Mount {
  readonly path: string
  readonly ino: number
}

/** A place in a mounted bpffs: the directory and the last name of a path. */
interface Place {
  dir: Inode
  name: string
}

const kindNumbers = ['directory', 'symlink', 'map', 'prog', 'link'] as const

const S_IFDIR = 0o040000
const S_IFREG = 0o100000
const NAME_MAX = 255
const PATH_MAX = 4096
/** Paths whose inodes are remembered. */
const MAX_KNOWN = 256

/** Table.BPFFS: `i` + inode number, `e` + directory's inode number + name, `m` + mount path. */
const INODE = utf8('i')
const ENTRY = utf8('e')
const MOUNT = utf8('m')
const NEXT_INO = utf8('next_ino')

/**
 * bpffs, as kernel/bpf/inode.c and libfs have it: mounted trees of directories and pinned objects. Paths are absolute
 * and normalized. Reference counts are the caller's: it is told what was pinned and unpinned.
 */
export class Bpffs {
  readonly #store: Store
  /** What was looked up since the last change: the same paths come again and again. */
  readonly #known = new Map<string, Inode>()
  #mounts: Mount[] | undefined

  constructor(store: Store) {
    this.#store = store
  }

  /** Mounts an empty bpffs; its root has mode 01777, as bpf_fill_super makes it. */
  mount(path: string): void {
    this.forget()
    const root = this.#newInode('directory', S_IFDIR | 0o1777, 0)
    this.#store.put(Table.BPFFS, concat(MOUNT, utf8(path)), u32Key(root.ino))
  }

  /** Another process changed something, or what was changed here is undone. */
  forget(): void {
    this.#known.clear()
    this.#mounts = undefined
  }

  /** Mount points, sorted. */
  mounts(): readonly Mount[] {
    return (this.#mounts ??= this.#readMounts())
  }

  #readMounts(): Mount[] {
    const found: Mount[] = []
    for (const [key, value] of this.#store.scan(Table.BPFFS, MOUNT, afterPrefix(MOUNT))) {
      found.push({ path: fromUtf8(key.subarray(1)), ino: readU32(value) })
    }
    return found
  }

  /** The mount that a path is on or below, the deepest first. */
  mountOf(path: string): Mount | undefined {
    let best: Mount | undefined
    for (const mount of this.mounts()) {
      if (path !== mount.path && !path.startsWith(`${mount.path}/`)) continue
      if (!best || mount.path.length > best.path.length) best = mount
    }
    return best
  }

  /** The inode of a path. @throws KernelError ENOENT, ENOTDIR, EPERM, ENAMETOOLONG. */
  lookup(path: string): Inode {
    const known = this.#known.get(path)
    if (known) return known
    const inode = this.#walkTo(path)
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(path, inode)
    return inode
  }

  #walkTo(path: string): Inode {
    const mount = this.mountOf(path)
    if (!mount) throw new KernelError(Errno.ENOENT)
    if (path.length >= PATH_MAX) throw new KernelError(Errno.ENAMETOOLONG)
    let inode = this.#inode(mount.ino)
    for (const name of path.slice(mount.path.length).split('/')) {
      if (name === '') continue
      const child = this.#child(inode, name)
      if (!child) throw new KernelError(Errno.ENOENT)
      inode = child
    }
    return inode
  }

  /** dcache_readdir: what was made last comes first. */
  readdir(path: string): { name: string; inode: Inode }[] {
    const dir = this.lookup(path)
    if (dir.kind !== 'directory') throw new KernelError(Errno.ENOTDIR)
    return this.#entries(dir).sort((a, b) => b.inode.ino - a.inode.ino)
  }

  mkdir(path: string, mode: number): void {
    const { dir, name } = this.#create(path)
    this.#link(dir, name, this.#newInode('directory', S_IFDIR | (mode & 0o1777), 0))
  }

  /** bpf_obj_do_pin. */
  pin(path: string, kind: PinKind, id: number): void {
    const { dir, name } = this.#create(path)
    this.#link(dir, name, this.#newInode(kind, S_IFREG | 0o600, id))
  }

  /** @returns the inode that went, for its object to be put. */
  unlink(path: string): Inode {
    const { dir, name, inode } = this.#existing(path)
    if (inode.kind === 'directory') throw new KernelError(Errno.EISDIR)
    this.#unlinkEntry(dir, name, inode)
    return inode
  }

  rmdir(path: string): void {
    const { dir, name, inode } = this.#existing(path)
    if (inode.kind !== 'directory') throw new KernelError(Errno.ENOTDIR)
    if (this.#entries(inode).length > 0) throw new KernelError(Errno.ENOTEMPTY)
    this.#unlinkEntry(dir, name, inode)
  }

  /** Every inode below the mount points with its path. */
  *walk(path: string): Iterable<{ path: string; inode: Inode }> {
    for (const { name, inode } of this.readdir(path)) {
      const below = `${path}/${name}`
      yield { path: below, inode }
      if (inode.kind === 'directory') yield* this.walk(below)
    }
  }

  /** Where a new name is to be made. @throws as filename_create does. */
  #create(path: string): Place {
    const place = this.#parent(path, Errno.EEXIST)
    if (this.#child(place.dir, place.name)) throw new KernelError(Errno.EEXIST)
    return place
  }

  #existing(path: string): Place & { inode: Inode } {
    const place = this.#parent(path, Errno.EBUSY)
    const inode = this.#child(place.dir, place.name)
    if (!inode) throw new KernelError(Errno.ENOENT)
    return { ...place, inode }
  }

  #parent(path: string, onRoot: number): Place {
    const mount = this.mountOf(path)
    if (!mount) throw new KernelError(Errno.ENOENT)
    if (mount.path === path) throw new KernelError(onRoot)
    const slash = path.lastIndexOf('/')
    const dir = this.lookup(path.slice(0, slash))
    if (dir.kind !== 'directory') throw new KernelError(Errno.ENOTDIR)
    return { dir, name: path.slice(slash + 1) }
  }

  /** bpf_lookup and simple_lookup: names with dots are kept for later use. */
  #child(dir: Inode, name: string): Inode | undefined {
    if (dir.kind !== 'directory') throw new KernelError(Errno.ENOTDIR)
    const bytes = utf8(name)
    const entry = bytes.length <= NAME_MAX && this.#store.get(Table.BPFFS, concat(ENTRY, u32Key(dir.ino), bytes))
    if (entry) return this.#inode(readU32(entry))
    if (name.includes('.')) throw new KernelError(Errno.EPERM)
    if (bytes.length > NAME_MAX) throw new KernelError(Errno.ENAMETOOLONG)
    return undefined
  }

  #entries(dir: Inode): { name: string; inode: Inode }[] {
    const prefix = concat(ENTRY, u32Key(dir.ino))
    const entries: { name: string; inode: Inode }[] = []
    for (const [key, value] of this.#store.scan(Table.BPFFS, prefix, afterPrefix(prefix))) {
      entries.push({ name: fromUtf8(key.subarray(prefix.length)), inode: this.#inode(readU32(value)) })
    }
    return entries
  }

  #inode(ino: number): Inode {
    const bytes = this.#store.get(Table.BPFFS, concat(INODE, u32Key(ino)))
    if (!bytes) throw new KernelError(Errno.ENOENT)
    const reader = new Reader(bytes)
    return { ino, kind: kindNumbers[reader.number()] ?? 'directory', mode: reader.number(), id: reader.number() }
  }

  #newInode(kind: Inode['kind'], mode: number, id: number): Inode {
    const last = this.#store.get(Table.BPFFS, NEXT_INO)
    const ino = last ? readU32(last) : 1
    this.#store.put(Table.BPFFS, NEXT_INO, u32Key(ino + 1))
    const bytes = new Writer().number(kindNumbers.indexOf(kind)).number(mode).number(id).done()
    this.#store.put(Table.BPFFS, concat(INODE, u32Key(ino)), bytes)
    return { ino, kind, mode, id }
  }

  #link(dir: Inode, name: string, inode: Inode): void {
    this.forget()
    this.#store.put(Table.BPFFS, concat(ENTRY, u32Key(dir.ino), utf8(name)), u32Key(inode.ino))
  }

  #unlinkEntry(dir: Inode, name: string, inode: Inode): void {
    this.forget()
    this.#store.remove(Table.BPFFS, concat(ENTRY, u32Key(dir.ino), utf8(name)))
    this.#store.remove(Table.BPFFS, concat(INODE, u32Key(inode.ino)))
  }
}
