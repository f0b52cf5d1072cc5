import { KernelError } from '../../kernel/error.ts'
import type { Command } from '../command.ts'
import type { ObjectKind } from '../../uapi/attr.ts'

/** Paths by object id, for -f (build_pinned_obj_table): every bpffs that /proc/mounts names is walked. */
export type PinTable = ReadonlyMap<number, readonly string[]>

/** Mount points of type bpf, spaces and the like decoded as getmntent(3) does. */
function bpffsMounts(mounts: string): string[] {
  const dirs: string[] = []
  for (const line of mounts.split('\n')) {
    const [, dir, type] = line.split(' ')
    if (dir === undefined || type === undefined || !type.startsWith('bpf')) continue
    dirs.push(dir.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))))
  }
  return dirs
}

export function pinTable(cmd: Command, kind: Exclude<ObjectKind, 'btf'>): PinTable {
  const system = cmd.system()
  const { bpf, files } = system
  const table = new Map<number, string[]>()
  let entries = 0
  let capacity = 0
  const visit = (path: string): void => {
    const stat = files.stat(path)
    if (stat.kind === 'directory') {
      for (const name of files.readdir(path)) visit(`${path === '/' ? '' : path}/${name}`)
      return
    }
    if (stat.kind !== kind) return
    const fd = bpf.objGet(path)
    const id = kind === 'map' ? bpf.mapInfo(fd).id : kind === 'prog' ? bpf.progInfo(fd).id : bpf.linkInfo(fd).id
    system.close(fd)
    // hashmap__append puts the newest first, and growing the table turns the order of a key's entries round.
    if (Math.floor(((entries + 1) * 4) / 3) > capacity) {
      capacity = Math.max(4, capacity * 2)
      for (const paths of table.values()) paths.reverse()
    }
    entries++
    const paths = table.get(id)
    if (paths === undefined) table.set(id, [path])
    else paths.unshift(path)
  }
  try {
    for (const dir of bpffsMounts(Buffer.from(files.read('/proc/mounts')).toString())) visit(dir)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
  }
  return table
}
