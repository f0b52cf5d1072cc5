import { KernelError } from '../../kernel/error.ts'
import type { JsonWriter } from './json.ts'
import type { Syscalls } from '../../kernel/syscall.ts'

/** What an offloaded map or program is bound to. */
export interface Device {
  ifindex: number
  netnsDev: bigint
  netnsIno: bigint
}

/** ifindex_to_name_ns: a name only when the device is in this process's network namespace. */
function deviceName(system: Syscalls, device: Device): string | undefined {
  try {
    return system.ifName(device.ifindex)
  } catch (error) {
    if (error instanceof KernelError) return undefined
    throw error
  }
}

/** print_dev_plain: nothing where there is no device. */
export function devicePlain(system: Syscalls, device: Device): string {
  if (device.ifindex === 0) return ''
  const where = `ifindex ${device.ifindex} ns_dev ${device.netnsDev} ns_ino ${device.netnsIno}`
  return `  offloaded_to ${deviceName(system, device) ?? where}`
}

/** print_dev_json. */
export function deviceJson(json: JsonWriter, system: Syscalls, device: Device): void {
  if (device.ifindex === 0) return
  json.name('dev')
  json.startObject()
  json.numberField('ifindex', device.ifindex)
  json.numberField('ns_dev', device.netnsDev)
  json.numberField('ns_inode', device.netnsIno)
  const name = deviceName(system, device)
  if (name !== undefined) json.stringField('ifname', name)
  json.endObject()
}
