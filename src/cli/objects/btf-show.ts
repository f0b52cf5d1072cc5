import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { CommandError, UsageError } from '../command.ts'
import { badArg } from '../grammar/number-arg.ts'
import { strtoul } from '../grammar/number.ts'
import type { Args } from '../args.ts'
import type { BtfInfo, Fd } from '../../uapi/attr.ts'
import type { Command } from '../command.ts'

/**
 * Which objects use which BTF, by its id, in the order in which libbpf's hashmap gives them: the latest first, and what
 * is there turned round whenever the map grows.
 */
class Users {
  readonly #ids = new Map<number, number[]>()
  #size = 0
  #capacity = 0

  add(btfId: number, id: number): void {
    if (this.#capacity === 0 || Math.floor(((this.#size + 1) * 4) / 3) > this.#capacity) {
      this.#capacity = Math.max(4, this.#capacity * 2)
      for (const ids of this.#ids.values()) ids.reverse()
    }
    const ids = this.#ids.get(btfId)
    if (ids === undefined) this.#ids.set(btfId, [id])
    else ids.unshift(id)
    this.#size++
  }

  of(btfId: number): readonly number[] {
    return this.#ids.get(btfId) ?? []
  }
}

/** A step of a walk over objects that failed, told as bpftool tells it. */
function failed(what: string, error: unknown, hint = false): CommandError {
  if (!(error instanceof KernelError)) throw error
  const old = hint && error.errno === Errno.EINVAL ? ' -- kernel too old?' : ''
  return new CommandError(`${what}: ${strerror(error.errno)}${old}`)
}

/** Every object of a kind, with a descriptor while `visit` runs; those that go away meanwhile are left out. */
function eachObject(
  cmd: Command,
  kind: 'prog' | 'map' | 'btf',
  what: { next: string; open: string },
  visit: (fd: Fd, id: number) => void,
): void {
  const system = cmd.system()
  for (let id = 0; ;) {
    try {
      id = system.bpf.getNextId(kind, id)
    } catch (error) {
      if (error instanceof KernelError && error.errno === Errno.ENOENT) return
      throw failed(what.next, error, true)
    }
    let fd: Fd
    try {
      fd = system.bpf.getFdById(kind, id, kind === 'map' ? MapFlag.RDONLY : 0)
    } catch (error) {
      if (error instanceof KernelError && error.errno === Errno.ENOENT) continue
      throw failed(`${what.open} (${id})`, error)
    }
    try {
      visit(fd, id)
    } finally {
      system.close(fd)
    }
  }
}

/** build_btf_type_table. */
function usersOf(cmd: Command, kind: 'prog' | 'map'): Users {
  const users = new Users()
  const { bpf } = cmd.system()
  eachObject(cmd, kind, { next: `can't get next ${kind}`, open: `can't get ${kind} by id` }, (fd, id) => {
    let btfId: number
    try {
      btfId = kind === 'prog' ? bpf.progInfo(fd).btfId : bpf.mapInfo(fd).btfId
    } catch (error) {
      throw failed(`can't get ${kind} info`, error)
    }
    if (btfId !== 0) users.add(btfId, id)
  })
  return users
}

/** btf_parse_fd. */
function parseFd(cmd: Command, args: Args): Fd {
  if (!args.is('id')) throw new CommandError(`expected 'id', got: '${args.peek() ?? ''}'?`)
  args.shift()
  const word = args.peek()
  if (word === undefined) throw new UsageError()
  const { value: id, complete } = strtoul(word, 0)
  if (!complete) throw new CommandError(`can't parse ${word} as ID`)
  args.shift()
  try {
    return cmd.system().bpf.getFdById('btf', id)
  } catch (error) {
    throw failed(`can't get BTF object by id (${id})`, error)
  }
}

function show(cmd: Command, fd: Fd, progs: Users, maps: Users): void {
  let info: BtfInfo
  try {
    info = cmd.system().bpf.btfInfo(fd)
  } catch (error) {
    throw failed("can't get BTF object info", error)
  }
  const { json } = cmd
  if (json === undefined) {
    cmd.out(plainText(info, progs.of(info.id), maps.of(info.id)))
    return
  }
  json.startObject()
  json.numberField('id', info.id)
  json.numberField('size', info.btfSize)
  for (const [name, users] of [
    ['prog_ids', progs],
    ['map_ids', maps],
  ] as const) {
    json.name(name)
    json.startArray()
    for (const id of users.of(info.id)) json.number(id)
    json.endArray()
  }
  json.boolField('kernel', info.kernelBtf)
  if (info.name !== '') json.stringField('name', info.name)
  json.endObject()
}

/** show_btf_plain. */
function plainText(info: BtfInfo, progs: readonly number[], maps: readonly number[]): string {
  const name = info.kernelBtf ? `[${info.name}]` : info.name || '<anon>'
  const progIds = progs.length > 0 ? `  prog_ids ${progs.join(',')}` : ''
  const mapIds = maps.length > 0 ? `  map_ids ${maps.join(',')}` : ''
  return `${info.id}: name ${name}  size ${info.btfSize}B${progIds}${mapIds}\n`
}

/** `btf show`, `btf list` (do_show). */
export function btfShow(cmd: Command, args: Args): number {
  const fd = args.length === 2 ? parseFd(cmd, args) : undefined
  if (args.length > 0) throw badArg(args)
  const progs = usersOf(cmd, 'prog')
  const maps = usersOf(cmd, 'map')
  if (fd !== undefined) {
    show(cmd, fd, progs, maps)
    cmd.system().close(fd)
    return 0
  }
  cmd.json?.startArray()
  try {
    eachObject(cmd, 'btf', { next: "can't get next BTF object", open: "can't get BTF object by id" }, (fd) => {
      show(cmd, fd, progs, maps)
    })
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    cmd.error(error.message)
    return -1
  } finally {
    cmd.json?.endArray()
  }
  return 0
}
