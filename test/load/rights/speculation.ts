import { MapType } from '../../../src/uapi/map-type.ts'
import { ProgType } from '../../../src/uapi/prog-type.ts'
import { random } from '../../random.ts'
import type { Step } from '../../steps/step.ts'
import { code, exit, insn, zero } from '../program.ts'

/**
 * Random programs that do what must be safe under speculation: they add numbers to pointers of a map's value and of the
 * stack, jump on constants, spill pointers, and store and load behind jumps. r6: the context; r7: the value; r8: a number;
 * r9: some pointer.
 */

const VALUE_SIZE = 48
const LOG_SIZE = 1 << 18
const LOOKUP = 1
const TAIL_CALL = 12
const PRANDOM = 7
const edges = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 47, 48, 63, 64, 127, 255, 511, 512, 0xffff]
const JEQ_K = 0x15
const conditions = [0x15, 0x25, 0x35, 0x55, 0x65, 0x75, 0xa5, 0xb5, 0xc5, 0xd5, 0x45]

export function speculationCase(seed: number, type: number = ProgType.SOCKET_FILTER): Step[] {
  const next = random(seed)
  const below = (n: number): number => next() % n
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T
  const imm = (): number => (below(3) === 0 ? -pick(edges) : pick(edges))
  const pointer = (): number => pick([7, 7, 9, 9])
  const number = (): number => pick([8, 8, 8, 1, 3])
  /** Places of a stack slot; most are aligned. */
  const slot = (): number => -8 * (1 + below(6)) - (below(8) === 0 ? below(8) : 0)
  const statement = (): Uint8Array[] => {
    switch (below(20)) {
      case 0:
        return [insn(0x57, number(), 0, 0, pick(edges))] // &=
      case 1:
        return [insn(0xb7, number(), 0, 0, imm())]
      case 2:
      case 3:
        return [insn(pick([0x0f, 0x0f, 0x1f]), pointer(), number())] // pointer +=, -= number
      case 4:
        return [insn(0x0f, number(), pointer())] // number += pointer
      case 5:
        return [insn(pick([0x07, 0x17]), pointer(), 0, 0, imm())]
      case 6:
        return [insn(0xbf, 9, pick([7, 7, 10, 10, 6]))]
      case 7:
        return [insn(0xbf, 9, 10), insn(0xb7, 3, 0, 0, -8 * (1 + below(8))), insn(0x0f, 9, 3)]
      case 8:
      case 9:
        return [insn(pick([0x71, 0x61, 0x69, 0x79]), number(), pointer(), below(4) * 8)]
      case 10:
        return [insn(pick([0x7b, 0x7b, 0x63, 0x73]), 10, pick([7, 8, 9, 6, 1]), slot())]
      case 11:
        return [insn(0x79, pick([9, 8, 1, 3]), 10, slot())]
      case 12:
        return [insn(pick([0x7a, 0x62, 0x72]), pick([10, 7, 9]), 0, slot(), imm())]
      case 13:
        return [insn(pick([0x7b, 0x63, 0x73]), pointer(), number(), below(5) * 8)]
      case 14:
      case 15:
        return [insn(pick(conditions), number(), 0, 1 + below(3), imm())]
      case 16: {
        const value = pick(edges)
        return [insn(0xb7, 3, 0, 0, value), insn(pick(conditions), 3, 0, 1 + below(3), pick([value, imm()]))]
      }
      case 17:
        return [insn(pick([0x1d, 0x2d, 0x5d, 0xbd]), pick([8, 7, 9]), pick([8, 3, 7]), 1 + below(2))]
      case 18:
        return [insn(pick([0x0c, 0x1c, 0x24, 0x67, 0x77, 0xc7, 0x0f, 0x87]), 8, 0, 0, 0)]
      default:
        return [insn(0x61, pick([8, 1]), 6, 4 * below(4))]
    }
  }
  const map = Buffer.concat([insn(0x18, 1, 1), insn(0)])
  const start = [insn(0xbf, 6, 1), insn(0x62, 10, 0, -4, 0), insn(0xbf, 2, 10), insn(0x07, 2, 0, 0, -4)]
  const found = [insn(0x85, 0, 0, 0, LOOKUP), insn(JEQ_K, 0, 0, 0, 0), insn(0xbf, 7, 0), insn(0xbf, 9, 0)]
  const given = pick([[insn(0x85, 0, 0, 0, PRANDOM), insn(0xbf, 8, 0)], [insn(0x61, 8, 6)], [insn(0x71, 8, 7)]])
  const rest = [insn(0xb7, 1), insn(0xb7, 3), insn(0x57, 8, 0, 0, pick([3, 7, 15, 31, 63])), insn(0x7b, 10, 1, -8)]
  const body = Array.from({ length: 3 + below(14) }, statement).flat()
  // A tail call now and then; jumps that lead too far are refused.
  const jump = below(6) === 0
  const progs = Buffer.concat([insn(0x18, 2, 1), insn(0)])
  const tail = jump ? [insn(0xbf, 1, 6), progs, insn(0xbf, 3, 8), insn(0x85, 0, 0, 0, TAIL_CALL)] : []
  const end = [insn(0x05), insn(0x05), insn(0x05), ...tail, zero, exit]
  const before = [...start, map, ...found, ...given, ...rest, ...body]
  const insns = code(...before, ...end)
  const length = before.reduce((sum, bytes) => sum + bytes.length, 0) / 8
  // Where the value isn't found: to the end.
  const jeq = start.length + 2 + 1
  new DataView(insns.buffer).setInt16(jeq * 8 + 2, insns.length / 8 - 2 - jeq - 1, true)
  return [
    {
      op: 'mapCreate',
      as: 'values',
      attr: { mapType: MapType.ARRAY, keySize: 4, valueSize: VALUE_SIZE, maxEntries: 3 },
    },
    ...(jump
      ? [
          {
            op: 'mapCreate',
            as: 'progs',
            attr: { mapType: MapType.PROG_ARRAY, keySize: 4, valueSize: 4, maxEntries: 5 },
          } as Step,
        ]
      : []),
    {
      op: 'progLoad',
      attr: { progType: type, license: 'GPL', insns, logLevel: 2, logSize: LOG_SIZE },
      insnFds: [[start.length, 'values'] as const, ...(jump ? [[length + 4, 'progs'] as const] : [])],
      translated: true,
    },
  ]
}
