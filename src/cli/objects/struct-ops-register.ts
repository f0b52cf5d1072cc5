import { CommandError, UsageError } from '../command.ts'
import { KernelError } from '../../kernel/error.ts'
import { LibbpfError } from '../../libbpf/error.ts'
import { attachStructOps } from '../../libbpf/attach-struct-ops.ts'
import { createAndMountBpffsDir } from '../grammar/pin.ts'
import { loadObject } from '../../libbpf/load.ts'
import { strerror } from '../../uapi/errno.ts'
import { kernelTypes } from './struct-ops-types.ts'
import { closeObject, openObjectFile } from './object-file.ts'
import type { BpfObject } from '../../libbpf/model.ts'
import type { Command, Verb } from '../command.ts'

/** `struct_ops register OBJ [LINK_DIR]` (do_register). */
export const structOpsRegister: Verb = (cmd, args) => {
  if (args.length !== 1 && args.length !== 2) throw new UsageError()
  const file = args.shift()
  if (args.length > 0) makeLinkDir(cmd, args.shift())
  const object = loaded(cmd, file)
  if (object === undefined) return -1
  try {
    return registerAll(cmd, file, object)
  } finally {
    closeObject(cmd, object)
  }
}

function makeLinkDir(cmd: Command, dir: string): void {
  try {
    createAndMountBpffsDir(cmd, dir)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    cmd.error(error.message)
    throw new CommandError("can't mount bpffs for pinning")
  }
}

/** The object, open and loaded; undefined after libbpf has told what is wrong with it. */
function loaded(cmd: Command, file: string): BpfObject | undefined {
  let object: BpfObject | undefined
  try {
    object = openObjectFile(cmd, file)
    loadObject(object, cmd.system())
    return object
  } catch (error) {
    if (object !== undefined) closeObject(cmd, object)
    if (error instanceof LibbpfError) return undefined
    throw error
  }
}

function registerAll(cmd: Command, file: string, object: BpfObject): number {
  let registered = 0
  let errors = 0
  for (const map of object.maps) {
    if (map.structOps === undefined) continue
    try {
      attachStructOps(map, map.structOps, cmd.system())
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      cmd.error(`can't register struct_ops ${map.name}: ${strerror(error.errno)}`)
      errors++
      continue
    }
    registered++
    const info = cmd.system().bpf.mapInfo(map.fd)
    cmd.info(`Registered ${kernelTypes(cmd).nameOf(info.btfVmlinuxValueTypeId)} ${info.name} id ${info.id}`)
  }
  if (errors > 0) return -1
  if (registered === 0) throw new CommandError(`no struct_ops found in ${file}`)
  cmd.json?.nullValue()
  return 0
}
