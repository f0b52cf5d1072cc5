import { writeFileSync } from 'node:fs'
import { checkBtf } from '../../src/kernel/btf/check.ts'
import type { CheckedBtf } from '../../src/kernel/btf/checked.ts'
import { openChecked } from '../../src/kernel/btf/checked.ts'
import { vmlinuxTypes } from '../../src/kernel/btf/vmlinux.ts'
import { KernelError } from '../../src/kernel/error.ts'
import { loadProfile } from '../../src/kernel/profile/profile.ts'
import { MapType } from '../../src/uapi/map-type.ts'
import { randomBtf } from '../btf-check/random-btf.ts'
import { random } from '../random.ts'
import { ask } from '../steps/ask.ts'
import type { MapCase } from './cases.ts'
import { mapCases, mapSteps } from './cases.ts'
import { checkTypes } from './check.ts'

const [source = '', , record = '', count = '2000', ...boot] = process.argv.slice(2)
const profile = loadProfile('6.18')
const kernel = { vmlinuxTypes: () => vmlinuxTypes(profile) }

/** Random types for hashes, arrays and storages. */
function randomCases(seed: number): MapCase[] {
  const btf = randomBtf(seed, [])
  try {
    checkBtf(kernel, { bytes: btf, logLevel: 0, logSize: 0 })
  } catch (error) {
    if (error instanceof KernelError) return []
    throw error
  }
  const checked = openChecked(btf, kernel)
  const next = random(seed)
  return Array.from({ length: 12 }, (_, i) => {
    const valueId = 1 + (next() % checked.types.typeCount)
    const valueSize = Math.min((checked.idSize(valueId)?.size ?? 4) || 4, 60000)
    const [type, mapFlags] = ([[MapType.HASH, 0], [MapType.ARRAY, 0], [MapType.LRU_HASH, 0], [MapType.TASK_STORAGE, 1]] as const)[next() % 4] ?? [1, 0] // prettier-ignore
    const maxEntries = type === MapType.TASK_STORAGE ? 0 : 1
    return {
      name: `seed ${seed} ${i}`,
      btf,
      map: { type, keySize: 4, valueSize, maxEntries, mapFlags },
      keyId: 1,
      valueId,
    }
  })
}

const named = mapCases()
const cases = [...named, ...Array.from({ length: Number(count) }, (_, i) => randomCases(i + 1)).flat()]
const answers = await ask(source, boot, cases.map(mapSteps))
const errnos = new Map<number, number>()
const different: string[] = []
const kept: Record<string, number> = {}
const open = new Map<Uint8Array, CheckedBtf>()
cases.forEach((each, i) => {
  const [loaded, plain, typed] = answers[i] ?? []
  if (i < named.length && loaded?.errno) throw new Error('the types are refused')
  // Storages are never made without types.
  const isStorage = each.map.maxEntries === 0 && each.map.mapFlags & 1
  if (isStorage ? !each.keyId || !each.valueId || !each.map.valueSize : plain?.errno) return
  if (loaded?.errno || !typed) return
  errnos.set(typed.errno, (errnos.get(typed.errno) ?? 0) + 1)
  if (i < named.length) kept[each.name] = typed.errno
  let btf = open.get(each.btf)
  if (!btf) open.set(each.btf, (btf = openChecked(each.btf, kernel)))
  if (checkTypes(kernel, btf, each) !== typed.errno)
    different.push(`${each.name}: ${typed.errno}, not ${checkTypes(kernel, btf, each)}`)
})
if (record) writeFileSync(record, `${JSON.stringify(kept, undefined, 0).replaceAll(',"', ',\n"')}\n`)
console.log(JSON.stringify({ errnos: [...errnos], differences: different.length }))
for (const each of different.slice(0, 20)) console.log(each)
process.exitCode = different.length > 0 ? 1 : 0
