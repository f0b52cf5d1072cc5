import { LD_IMM64 } from '../../src/isa/opcode.ts'
import { MapFlag } from '../../src/uapi/flags.ts'
import { MapType } from '../../src/uapi/map-type.ts'
import { random } from '../random.ts'
import { WILD_ENTRIES, WILD_VALUE, WildMap, wildProgram } from '../runtime/wild-program.ts'
import type { Step } from '../steps/step.ts'
import { mutate } from './mutate.ts'

const map = (as: string, mapType: number, maxEntries: number, mapFlags = 0): Step => ({
  op: 'mapCreate',
  as,
  attr: { mapType, keySize: 4, valueSize: mapType === MapType.PROG_ARRAY ? 4 : WILD_VALUE, maxEntries, mapFlags },
})
const wildMaps = new Map<number, Step>([
  [WildMap.ARRAY, map('array', MapType.ARRAY, WILD_ENTRIES)],
  [WildMap.PERCPU, map('percpu', MapType.PERCPU_ARRAY, WILD_ENTRIES)],
  [WildMap.HASH, map('hash', MapType.HASH, WILD_ENTRIES)],
  [WildMap.GLOBAL, map('global', MapType.ARRAY, 1)],
  [WildMap.READ_ONLY, map('constant', MapType.ARRAY, 1, MapFlag.RDONLY_PROG)],
  [WildMap.PROGS, map('progs', MapType.PROG_ARRAY, 3)],
])

/** A wild program, with the maps that it names. */
export function wildCase(seed: number, logSize: number): Step[] {
  const { type, insns } = wildProgram(seed)
  const view = new DataView(insns.buffer, insns.byteOffset)
  const used = new Map<number, string>()
  for (let slot = 0; slot * 8 < insns.length; slot++) {
    if (insns[slot * 8] !== LD_IMM64) continue
    const named = wildMaps.get(view.getInt32(slot * 8 + 4, true))
    if (named?.as !== undefined) used.set(slot, named.as)
    slot++
  }
  const names = new Set(used.values())
  const changed = random(seed)() % 2 ? insns : mutate(insns, seed, new Set(used.keys()))
  return [
    ...[...wildMaps.values()].filter(({ as }) => as !== undefined && names.has(as)),
    {
      op: 'progLoad',
      attr: { progType: type, license: 'GPL', insns: changed, logLevel: 1, logSize },
      insnFds: [...used],
    },
  ]
}
