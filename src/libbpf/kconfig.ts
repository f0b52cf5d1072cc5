import { gunzipSync } from 'node:zlib'
import { KernelError } from '../kernel/error.ts'
import type { Syscalls } from '../kernel/syscall.ts'
import { Errno } from '../uapi/errno.ts'
import { latin1 } from './elf.ts'
import { LibbpfError, errstr } from './error.ts'
import { KcfgType } from './model.ts'
import type { BpfObject, Extern } from './model.ts'

function fail(errno: number): never {
  throw new LibbpfError(errno)
}

/** bpf_object__read_kconfig_file: the running kernel's configuration, plain in /boot or compressed in /proc. */
export function readSystemKconfig(obj: BpfObject, sys: Syscalls, data: Uint8Array): void {
  const text = systemKconfig(sys)
  if (text === undefined) {
    obj.log.warn('failed to open system Kconfig')
    fail(Errno.EINVAL)
  }
  readLines(obj, text, data, 'system')
}

/** bpf_object__read_kconfig_mem. */
export function readExtraKconfig(obj: BpfObject, text: string, data: Uint8Array): void {
  readLines(obj, text, data, 'in-memory')
}

function systemKconfig(sys: Syscalls): string | undefined {
  for (const path of [`/boot/config-${sys.uname().release}`, '/proc/config.gz']) {
    try {
      const bytes = sys.files.read(path)
      const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? new Uint8Array(gunzipSync(bytes)) : bytes
      return latin1(plain, 0, plain.length)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
    }
  }
  return undefined
}

function readLines(obj: BpfObject, text: string, data: Uint8Array, where: string): void {
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at)
    const line = text.slice(at, end < 0 ? text.length : end)
    at = end < 0 ? text.length : end + 1
    if (!line.startsWith('CONFIG_')) continue
    try {
      takeLine(obj, line, data)
    } catch (error) {
      if (!(error instanceof LibbpfError)) throw error
      obj.log.warn(`error parsing ${where} Kconfig line '${line.split('=')[0]}': ${errstr(error.errno)}`)
      fail(Errno.EINVAL)
    }
  }
}

/** bpf_object__process_kconfig_line. */
function takeLine(obj: BpfObject, line: string, data: Uint8Array): void {
  const { log } = obj
  const equals = line.indexOf('=')
  if (equals < 0) {
    log.warn(`failed to parse '${line}': no separator`)
    fail(Errno.EINVAL)
  }
  const value = line.slice(equals + 1)
  if (value === '') {
    log.warn(`failed to parse '${line}': no value`)
    fail(Errno.EINVAL)
  }
  const name = line.slice(0, equals)
  const ext = obj.externs.find((each) => each.name === name)
  if (ext === undefined || ext.isSet) return
  switch (value[0]) {
    case 'y':
    case 'n':
    case 'm':
      setTristate(obj, ext, data, value[0])
      break
    case '"':
      setString(obj, ext, data, value)
      break
    default: {
      const number = parseU64(obj, value)
      if (number === undefined) {
        log.warn(`extern (kcfg) '${name}': value '${value}' isn't a valid integer`)
        fail(Errno.EINVAL)
      }
      if (ext.kcfg.type !== KcfgType.INT && ext.kcfg.type !== KcfgType.CHAR) {
        log.warn(`extern (kcfg) '${name}': value '${value}' implies integer type`)
        fail(Errno.EINVAL)
      }
      setNumber(obj, ext, data, number)
    }
  }
  log.debug(() => `extern (kcfg) '${name}': set to ${value}`)
}

function parseU64(obj: BpfObject, value: string): bigint | undefined {
  const [, sign, digits] = /^([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.exec(value) ?? []
  if (digits === undefined) {
    obj.log.warn(`failed to parse '${value}' as integer completely`)
    return undefined
  }
  const octal = /^0[0-7]+$/.test(digits)
  const number = BigInt(octal ? `0o${digits.slice(1)}` : digits)
  if (number >= 1n << 64n) {
    obj.log.warn(`failed to parse '${value}': ${errstr(Errno.ERANGE)}`)
    return undefined
  }
  return BigInt.asUintN(64, sign === '-' ? -number : number)
}

/** set_kcfg_value_tri. */
function setTristate(obj: BpfObject, ext: Extern, data: Uint8Array, value: string): void {
  const at = ext.kcfg.dataOff
  const view = new DataView(data.buffer, data.byteOffset)
  switch (ext.kcfg.type) {
    case KcfgType.BOOL:
      if (value === 'm') {
        obj.log.warn(`extern (kcfg) '${ext.name}': value 'm' implies tristate or char type`)
        fail(Errno.EINVAL)
      }
      view.setUint8(at, value === 'y' ? 1 : 0)
      break
    case KcfgType.TRISTATE:
      view.setUint32(at, value === 'y' ? 1 : value === 'm' ? 2 : 0, true)
      break
    case KcfgType.CHAR:
      view.setUint8(at, value.charCodeAt(0))
      break
    default:
      obj.log.warn(`extern (kcfg) '${ext.name}': value '${value}' implies bool, tristate, or char type`)
      fail(Errno.EINVAL)
  }
  ext.isSet = true
}

/** set_kcfg_value_str. */
function setString(obj: BpfObject, ext: Extern, data: Uint8Array, value: string): void {
  const { log } = obj
  if (ext.kcfg.type !== KcfgType.CHAR_ARR) {
    log.warn(`extern (kcfg) '${ext.name}': value '${value}' implies char array type`)
    fail(Errno.EINVAL)
  }
  if (value.length < 2 || !value.endsWith('"')) {
    log.warn(`extern (kcfg) '${ext.name}': invalid string config '${value}'`)
    fail(Errno.EINVAL)
  }
  let length = value.length - 2
  if (length >= ext.kcfg.size) {
    log.warn(
      `extern (kcfg) '${ext.name}': long string '${value}' of (${length} bytes) truncated to ${ext.kcfg.size - 1} bytes`,
    )
    length = ext.kcfg.size - 1
  }
  for (let i = 0; i < length; i++) data[ext.kcfg.dataOff + i] = value.charCodeAt(1 + i)
  data[ext.kcfg.dataOff + length] = 0
  ext.isSet = true
}

/** set_kcfg_value_num. */
export function setNumber(obj: BpfObject, ext: Extern, data: Uint8Array, value: bigint): void {
  const { log } = obj
  const { type, size, signed, dataOff } = ext.kcfg
  if (type !== KcfgType.INT && type !== KcfgType.CHAR && type !== KcfgType.BOOL) {
    log.warn(`extern (kcfg) '${ext.name}': value '${value}' implies integer, char, or boolean type`)
    fail(Errno.EINVAL)
  }
  if (type === KcfgType.BOOL && value > 1n) {
    log.warn(`extern (kcfg) '${ext.name}': value '${value}' isn't boolean compatible`)
    fail(Errno.EINVAL)
  }
  if (!inRange(size, signed, value)) {
    log.warn(`extern (kcfg) '${ext.name}': value '${value}' doesn't fit in ${size} bytes`)
    fail(Errno.ERANGE)
  }
  for (let i = 0; i < size; i++) data[dataOff + i] = Number((value >> BigInt(8 * i)) & 0xffn)
  ext.isSet = true
}

function inRange(size: number, signed: boolean, value: bigint): boolean {
  if (size === 8) return true
  const bits = BigInt(size * 8)
  if (!signed) return value >> bits === 0n
  return BigInt.asUintN(64, value + (1n << (bits - 1n))) < 1n << bits
}
