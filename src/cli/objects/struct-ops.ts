import { UsageError } from '../command.ts'
import { KernelError } from '../../kernel/error.ts'
import { strerror } from '../../uapi/errno.ts'
import { objectHelp } from '../help-text.ts'
import { kernelTypes } from './struct-ops-types.ts'
import { searchStructOps, takeWanted } from './struct-ops-search.ts'
import { structOpsDump } from './struct-ops-dump.ts'
import { structOpsRegister } from './struct-ops-register.ts'
import type { Verb } from '../command.ts'

const show: Verb = (cmd, args) => {
  const { json } = cmd
  return searchStructOps(cmd, takeWanted(args), json, (_, { id, name, btfVmlinuxValueTypeId }) => {
    const kernelName = kernelTypes(cmd).nameOf(btfVmlinuxValueTypeId)
    if (json === undefined) {
      cmd.out(`${id}: ${name.padEnd(15)} ${kernelName.padEnd(32)}\n`)
      return true
    }
    json.startObject()
    json.numberField('id', id)
    json.stringField('name', name)
    json.stringField('kernel_struct_ops', kernelName)
    json.endObject()
    return true
  })
}

const unregister: Verb = (cmd, args) => {
  if (args.length !== 2) throw new UsageError()
  return searchStructOps(cmd, takeWanted(args), undefined, (fd, { id, name, btfVmlinuxValueTypeId }) => {
    const what = () => `${kernelTypes(cmd).nameOf(btfVmlinuxValueTypeId)} ${name} id ${id}`
    try {
      cmd.system().bpf.mapDeleteElem(fd, new Uint8Array(4))
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      cmd.error(`can't unload ${what()}: ${strerror(error.errno)}`)
      return false
    }
    cmd.info(`Unregistered ${what()}`)
    return true
  })
}

/** `bpftool struct_ops` (struct_ops.c). */
export const structOps = {
  verbs: [
    ['show', show],
    ['list', show],
    ['register', structOpsRegister],
    ['unregister', unregister],
    ['dump', structOpsDump],
    ['help', 'help'],
  ],
  help: objectHelp.struct_ops,
} as const
