import { BpfCmd } from '../../src/uapi/cmd.ts'
import type { Step } from './step.ts'

/** Steps as bytes, for ask.c. Offsets are those of union bpf_attr. */

const END_OF_CASE = 0xff
const NO_SLOT = 0xff

class Bytes {
  readonly #parts: Buffer[] = []

  u32(...values: number[]): this {
    for (const value of values) {
      const part = Buffer.alloc(4)
      part.writeUInt32LE(value >>> 0)
      this.#parts.push(part)
    }
    return this
  }

  raw(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes))
    return this
  }

  done(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

/** One command: its attributes, and what they point to. */
interface Command {
  cmd: number
  size: number
  numbers: Readonly<Record<number, number | undefined>>
  wide?: Readonly<Record<number, bigint | undefined>>
  name?: readonly [offset: number, name: string | undefined]
  /** By the offset of their pointer. */
  buffers: readonly (readonly [offset: number, bytes: Uint8Array])[]
  fdFields: Readonly<Record<string, number>>
  insnFds?: readonly (readonly [slot: number, name: string])[]
  fdArray?: readonly string[]
  log?: { pointer: number; size: number; trueSize: number }
}

export function encodeCase(steps: readonly Step[]): Buffer {
  const slots = new Map<string, number>()
  const slotOf = (name: string) => {
    let slot = slots.get(name)
    if (slot === undefined) slots.set(name, (slot = slots.size))
    return slot
  }
  return Buffer.concat([...steps.map((step) => encodeStep(step, slotOf)), new Bytes().u32(END_OF_CASE).done()])
}

function encodeStep(step: Step, slotOf: (name: string) => number): Buffer {
  const command = commandOf(step)
  const attr = Buffer.alloc(command.size)
  for (const [offset, value] of Object.entries(command.numbers)) attr.writeUInt32LE((value ?? 0) >>> 0, Number(offset))
  for (const [offset, value] of Object.entries(command.wide ?? {})) attr.writeBigUInt64LE(value ?? 0n, Number(offset))
  if (command.name) attr.set(Buffer.from(command.name[1] ?? '').subarray(0, 16), command.name[0])
  const buffers = [...command.buffers]
  const fds: [where: number, offset: number, slot: number][] = []
  for (const [field, name] of Object.entries(step.fds ?? {})) {
    const offset = command.fdFields[field]
    if (offset === undefined) throw new Error(`${step.op} has no descriptor ${field}`)
    fds.push([0, offset, slotOf(name)])
  }
  const insns = buffers.findIndex(([offset]) => offset === INSNS) + 1
  for (const [slot, name] of command.insnFds ?? []) fds.push([insns, slot * 8 + 4, slotOf(name)])
  if (command.fdArray) {
    buffers.push([FD_ARRAY, new Uint8Array(command.fdArray.length * 4)])
    command.fdArray.forEach((name, i) => fds.push([buffers.length, i * 4, slotOf(name)]))
  }
  const out = new Bytes().u32(command.cmd, step.as === undefined ? NO_SLOT : slotOf(step.as), command.size).raw(attr)
  out.u32(buffers.length)
  for (const [offset, bytes] of buffers) out.u32(offset, bytes.length).raw(bytes)
  out.u32(fds.length)
  for (const fd of fds) out.u32(...fd)
  const { pointer = 0, size = 0, trueSize = 0 } = command.log ?? {}
  return out.u32(pointer, size, trueSize, Number(wantsTranslated(step))).done()
}

/** Whether the answer has the program as it became. */
export function wantsTranslated(step: Step): boolean {
  return step.op === 'progLoad' && step.translated === true
}

const INSNS = 8
const FD_ARRAY = 120

function commandOf(step: Step): Command {
  switch (step.op) {
    case 'btfLoad': {
      const { btf, logLevel, logSize = 0, btfFlags, btfTokenFd } = step.attr
      return {
        cmd: BpfCmd.BTF_LOAD,
        size: 40,
        numbers: { 16: btf.length, 20: logSize, 24: logLevel, 32: btfFlags, 36: btfTokenFd },
        buffers: [[0, btf]],
        fdFields: { btfTokenFd: 36 },
        log: { pointer: 8, size: logSize, trueSize: 28 },
      }
    }
    case 'mapCreate': {
      const a = step.attr
      return {
        cmd: BpfCmd.MAP_CREATE,
        size: 80,
        numbers: {
          0: a.mapType,
          4: a.keySize,
          8: a.valueSize,
          12: a.maxEntries,
          16: a.mapFlags,
          20: a.innerMapFd,
          24: a.numaNode,
          44: a.mapIfindex,
          48: a.btfFd,
          52: a.btfKeyTypeId,
          56: a.btfValueTypeId,
          60: a.btfVmlinuxValueTypeId,
          72: a.valueTypeBtfObjFd,
          76: a.mapTokenFd,
        },
        wide: { 64: a.mapExtra },
        name: [28, a.mapName],
        buffers: [],
        fdFields: { innerMapFd: 20, btfFd: 48, valueTypeBtfObjFd: 72, mapTokenFd: 76 },
      }
    }
    case 'progLoad':
      return progLoad(step)
  }
}

/** Records and how many of them there are. */
function count(bytes: Uint8Array | undefined, size = 0): number {
  return bytes ? (size ? Math.floor(bytes.length / size) : Number(bytes.length > 0)) : 0
}

function progLoad({ attr: a, insnFds, fdArray }: Step & { op: 'progLoad' }): Command {
  const buffers: [number, Uint8Array][] = [
    [INSNS, a.insns],
    [16, Buffer.from(`${a.license}\0`, 'latin1')],
  ]
  if (a.funcInfo) buffers.push([80, a.funcInfo])
  if (a.lineInfo) buffers.push([96, a.lineInfo])
  if (a.coreRelos) buffers.push([128, a.coreRelos])
  return {
    cmd: BpfCmd.PROG_LOAD,
    size: 152,
    numbers: {
      0: a.progType,
      4: a.insns.length / 8,
      24: a.logLevel,
      28: a.logSize,
      40: a.kernVersion,
      44: a.progFlags,
      64: a.progIfindex,
      68: a.expectedAttachType,
      72: a.progBtfFd,
      76: a.funcInfoRecSize,
      88: count(a.funcInfo, a.funcInfoRecSize),
      92: a.lineInfoRecSize,
      104: count(a.lineInfo, a.lineInfoRecSize),
      108: a.attachBtfId,
      112: a.attachProgFd ?? a.attachBtfObjFd,
      116: count(a.coreRelos, a.coreReloRecSize),
      136: a.coreReloRecSize,
      144: a.progTokenFd,
      148: a.fdArrayCnt,
    },
    name: [48, a.progName],
    buffers,
    fdFields: { progBtfFd: 72, attachProgFd: 112, attachBtfObjFd: 112, progTokenFd: 144 },
    ...(insnFds && { insnFds }),
    ...(fdArray && { fdArray }),
    log: { pointer: 32, size: a.logSize ?? 0, trueSize: 140 },
  }
}
