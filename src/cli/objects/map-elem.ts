import { CommandError } from '../command.ts'
import { ElemFlag } from '../../uapi/flags.ts'
import { isMapOfMaps, isMapOfProgs, isPerCpu, roundUp8, valueBytes } from './map-kind.ts'
import { mapParseFd } from '../grammar/map.ts'
import { parseBytes } from '../grammar/data.ts'
import { progParseFd } from '../grammar/prog.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'
import type { Fd, MapInfo } from '../../uapi/attr.ts'

/** What a verb wants of `[key DATA] [value VALUE] [UPDATE_FLAGS]`. */
export interface ElemWants {
  /** Filled in; undefined when the verb or the map has no key. */
  key: Uint8Array | undefined
  /** As bpf(2) takes it, of all CPUs; undefined when the verb or the map has no value. */
  value: Uint8Array | undefined
  flags: boolean
  keySize: number
  /** 0 when the verb takes no value: decides between `duplicate` and `unnecessary`. */
  valueSize: number
  openFlags: number
}

/** A read element: its flags, and the descriptor that stands in the value of a map of maps or programs. */
export interface Elem {
  flags: number
  valueFd: Fd | undefined
}

/** alloc_key_value. */
export function allocKeyValue(
  cmd: Command,
  info: MapInfo,
): { key: Uint8Array | undefined; value: Uint8Array | undefined } {
  return {
    key: info.keySize > 0 ? new Uint8Array(info.keySize) : undefined,
    value: info.valueSize > 0 ? new Uint8Array(valueBytes(info, () => cmd.system().possibleCpus())) : undefined,
  }
}

/** Of the last command that used them: a batch has many of the same sizes, one after the other. */
let lastKey = new Uint8Array(0)
let lastValue = new Uint8Array(0)

/** As allocKeyValue, for a verb that's done with them when it returns. */
export function borrowKeyValue(
  cmd: Command,
  info: MapInfo,
): { key: Uint8Array | undefined; value: Uint8Array | undefined } {
  const { keySize } = info
  const valueSize = info.valueSize > 0 ? valueBytes(info, () => cmd.system().possibleCpus()) : 0
  if (lastKey.length !== keySize) lastKey = new Uint8Array(keySize)
  if (lastValue.length !== valueSize) lastValue = new Uint8Array(valueSize)
  return { key: keySize > 0 ? lastKey : undefined, value: valueSize > 0 ? lastValue : undefined }
}

function parseObjectValue(
  cmd: Command,
  args: Args,
  info: MapInfo,
  value: Uint8Array,
  wants: ElemWants,
): Fd | undefined {
  const maps = isMapOfMaps(info.type)
  if (wants.valueSize !== 4) {
    throw new CommandError(`value smaller than 4B for map ${maps ? 'in map' : 'of progs'}?`)
  }
  if (args.length < 2) throw new CommandError(`not enough value arguments for map ${maps ? 'in map' : 'of progs'}`)
  if (!maps && args.is('id')) {
    cmd.info(
      'Warning: updating program array via MAP_ID, make sure this map is kept open\n' +
        '         by some process or pinned otherwise update will be lost',
    )
  }
  const fd = maps ? mapParseFd(cmd, args, wants.openFlags) : progParseFd(cmd, args)
  if (fd !== undefined) new DataView(value.buffer, value.byteOffset).setInt32(0, fd, true)
  return fd
}

/** fill_per_cpu_value: the value given is every CPU's. */
function fillPerCpu(info: MapInfo, value: Uint8Array): void {
  const step = roundUp8(info.valueSize)
  for (let at = step; at < value.length; at += step) value.copyWithin(at, 0, info.valueSize)
}

/**
 * parse_elem, in any order of its parts.
 * @returns undefined when a MAP or PROG in the value matches nothing, which fails without a word.
 */
export function parseElem(cmd: Command, args: Args, info: MapInfo, wants: ElemWants): Elem | undefined {
  let { key, value, flags: wantFlags } = wants
  const elem: Elem = { flags: ElemFlag.ANY, valueFd: undefined }
  while (args.length > 0) {
    if (args.is('key')) {
      if (key === undefined) throw new CommandError(wants.keySize > 0 ? 'duplicate key' : 'unnecessary key')
      args.shift()
      parseBytes(args, 'key', key)
      key = undefined
    } else if (args.is('value')) {
      if (value === undefined) throw new CommandError(wants.valueSize > 0 ? 'duplicate value' : 'unnecessary value')
      args.shift()
      if (isMapOfMaps(info.type) || isMapOfProgs(info.type)) {
        elem.valueFd = parseObjectValue(cmd, args, info, value, wants)
        if (elem.valueFd === undefined) return undefined
      } else {
        parseBytes(args, 'value', value.length === info.valueSize ? value : value.subarray(0, info.valueSize))
        if (isPerCpu(info.type)) fillPerCpu(info, value)
      }
      value = undefined
    } else if (args.is('any') || args.is('noexist') || args.is('exist')) {
      if (!wantFlags) throw new CommandError(`flags specified multiple times: ${args.peek() ?? ''}`)
      elem.flags = args.is('any') ? ElemFlag.ANY : args.is('noexist') ? ElemFlag.NOEXIST : ElemFlag.EXIST
      args.shift()
      wantFlags = false
    } else {
      throw new CommandError(`expected key or value, got: ${args.peek() ?? ''}`)
    }
  }
  if (key !== undefined || value !== undefined) {
    throw new CommandError(`did not find ${key !== undefined ? 'key' : 'value'}`)
  }
  return elem
}
