import { CommandError, UsageError } from '../command.ts'
import { attachTypeName } from '../../uapi/attach-type.ts'
import { helperNames } from '../../uapi/helper-names.ts'
import { linkTypeName } from '../../uapi/link-type.ts'
import { mapTypeName } from '../../uapi/map-type.ts'
import { progTypeName } from '../../uapi/prog-type.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'

/** What libbpf and bpftool have names for, whatever the kernel. */
const groups: readonly (readonly [string, (id: number) => string | undefined])[] = [
  ['prog_types', progTypeName],
  ['map_types', mapTypeName],
  ['attach_types', attachTypeName],
  ['link_types', linkTypeName],
  ['helpers', helperFullName],
]

/** A helper's name as bpftool has it, or undefined past the last. */
export function helperFullName(id: number): string | undefined {
  const name = helperNames[id]
  return name === undefined ? undefined : `bpf_${name}`
}

/** `feature list_builtins GROUP` (do_list_builtins). */
export function listBuiltins(cmd: Command, args: Args): number {
  if (args.length < 1) throw new UsageError()
  const group = groups.find(([name]) => args.is(name))
  if (group === undefined) {
    const expected = "'prog_types', 'map_types', 'attach_types', 'link_types' or 'helpers'"
    throw new CommandError(`expected ${expected}, got: ${args.peek() ?? ''}`)
  }
  const [, nameOf] = group
  const { json } = cmd
  json?.startArray()
  for (let id = 0, name = nameOf(0); name !== undefined; name = nameOf(++id)) {
    if (json === undefined) cmd.out(`${name}\n`)
    else json.string(name)
  }
  json?.endArray()
  return 0
}
