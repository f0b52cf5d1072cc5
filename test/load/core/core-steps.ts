import { loadObject, openObject } from '../../../src/libbpf/object.ts'
import type { LoaderProgram } from '../../../src/libbpf/gen-loader/loader.ts'
import type { CoreRelo } from '../../../src/btf/core/spec.ts'
import type { Syscalls } from '../../../src/kernel/syscall.ts'
import type { ProgLoadAttr } from '../../../src/uapi/attr.ts'
import type { Step } from '../../steps/step.ts'
import { LOG_SIZE } from '../program.ts'
import { random as randomOf } from '../../random.ts'

/** Programs whose CO-RE relocations the kernel makes: as a generated loader leaves them, and with records that were changed. */

/** A program without its relocations, and those. */
export interface Unrelocated {
  name: string
  btf: Uint8Array
  attr: ProgLoadAttr
  relos: readonly CoreRelo[]
}

const SIZE = 16

/** What a loader would load of an object. */
export function unrelocated(bytes: Uint8Array, file: string, sys: Syscalls): Unrelocated[] {
  const object = openObject(bytes, file)
  const found: Unrelocated[] = []
  let btf = new Uint8Array(0)
  let relos: CoreRelo[] = []
  const capture: Partial<LoaderProgram> = {
    begin: () => undefined,
    finish: () => 0,
    loadBtf: (data: Uint8Array) => {
      btf = data.slice()
    },
    recordCoreRelo: (relo: CoreRelo) => {
      relos.push(relo)
    },
    progLoad: (attr: ProgLoadAttr, name: string) => {
      found.push({ name, btf, attr, relos })
      relos = []
    },
  }
  object.loader = capture as LoaderProgram
  loadObject(object, sys)
  return found
}

export function records(relos: readonly CoreRelo[], size = SIZE): Uint8Array {
  const bytes = Buffer.alloc(relos.length * size)
  relos.forEach(({ insnOff, typeId, accessStrOff, kind }, i) => {
    ;[insnOff, typeId, accessStrOff, kind].forEach((word, w) => bytes.writeUInt32LE(word >>> 0, i * size + w * 4))
  })
  return Uint8Array.from(bytes)
}

export function stepsOf({ btf, attr, name }: Unrelocated, more: Partial<ProgLoadAttr>, insns = attr.insns): Step[] {
  const { progBtfFd, ...rest } = attr
  const asked = { ...rest, insns, progName: name.slice(0, 15), logSize: LOG_SIZE, ...more }
  return [
    { op: 'btfLoad', attr: { btf }, as: 'btf' },
    { op: 'progLoad', attr: asked, translated: true, ...(progBtfFd !== undefined && { fds: { progBtfFd: 'btf' } }) },
  ]
}

export type CoreCase = readonly [name: string, steps: Step[]]

/** Each program as it is, at both levels. */
export function plainCases(all: readonly Unrelocated[]): CoreCase[] {
  return all.flatMap((one) =>
    [1, 2].map((logLevel): CoreCase => {
      const coreRelos = records(one.relos)
      return [`${one.name}, level ${logLevel}`, stepsOf(one, { coreRelos, coreReloRecSize: SIZE, logLevel })]
    }),
  )
}

/** Records of sizes that aren't theirs. */
export function sizeCases(all: readonly Unrelocated[]): CoreCase[] {
  const one = all.find(({ relos }) => relos.length > 1)
  if (!one) return []
  const sizes = [4, 8, 12, 15, 16, 17, 18, 20, 24, 252, 256, 260]
  const filled = records(one.relos, 20).fill(1, 16, 20)
  const last = records(one.relos, 20)
  last[last.length - 1] = 1
  return [
    ...sizes.map((size): CoreCase => {
      const coreRelos = size < SIZE ? new Uint8Array(size * 3) : records(one.relos, size)
      return [`record size ${size}`, stepsOf(one, { coreRelos, coreReloRecSize: size, logLevel: 1 })]
    }),
    ['tail of the first record', stepsOf(one, { coreRelos: filled, coreReloRecSize: 20, logLevel: 1 })],
    ['tail of the last record', stepsOf(one, { coreRelos: last, coreReloRecSize: 20, logLevel: 1 })],
    ['no size', stepsOf(one, { coreRelos: new Uint8Array(1), coreReloRecSize: 0, logLevel: 1 })],
  ]
}

/** Something of one record, or of the instruction that it is about, changed at random. */
export function randomCoreCase(all: readonly Unrelocated[], seed: number): CoreCase {
  const next = randomOf(seed)
  const below = (limit: number): number => next() % limit
  const one = all[below(all.length)] as Unrelocated
  const relos = one.relos.map((relo) => ({ ...relo }))
  const insns = one.attr.insns.slice()
  for (let changes = 1 + below(2); changes > 0 && relos.length > 0; changes--) {
    const relo = relos[below(relos.length)] as CoreRelo
    const other = all[below(all.length)]?.relos.at(0) ?? relo
    const at = Math.min(relo.insnOff, insns.length - 8)
    switch (below(8)) {
      case 0:
        relo.kind = below(15)
        break
      case 1:
        relo.kind = below(13)
        relo.accessStrOff = other.accessStrOff
        break
      case 2:
        relo.typeId = other.typeId
        break
      case 3:
        relo.accessStrOff += below(3)
        break
      case 4:
        relo.insnOff += below(4) === 0 ? below(8) : 8 * (below(5) - 2)
        break
      case 5:
        // ALU, LDX, ST, STX, jump, ld_imm64 at either place.
        insns[at] = [0xb7, 0x07, 0x0f, 0x61, 0x71, 0x79, 0x7a, 0x62, 0x05, 0x18, 0x30][below(11)] as number
        break
      case 6:
        insns[at + 4 * below(2) + (below(2) ? 2 : 0)] = below(256)
        break
      default:
        relo.typeId = below(8) === 0 ? below(0x7fff_ffff) : below(120)
        // Types that relocations aren't made for: the kernel would take a type's name for the log (relo_core.c's pr_warn).
        if (relo.kind > 5) relo.kind = below(6)
    }
  }
  const more = { coreRelos: records(relos), coreReloRecSize: SIZE, logLevel: 1 + below(2) }
  return [`random ${seed}`, stepsOf(one, more, insns)]
}
