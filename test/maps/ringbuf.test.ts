import { afterAll, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { INSN_SIZE, Insns } from '../../src/isa/insn.ts'
import type { Process } from '../../src/kernel/boot.ts'
import { bootDirectory } from '../../src/kernel/boot.ts'
import { MapType } from '../../src/uapi/map-type.ts'
import { ProgType } from '../../src/uapi/prog-type.ts'

/** A ring buffer's positions and data stay in the machine, for whoever looks at them later. */

const directory = mkdtempSync(join(tmpdir(), 'bpftool-sim-ringbuf-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})

const PAGE = 4096
const PINS = { map: '/sys/fs/bpf/ring', prog: '/sys/fs/bpf/prog' }

/** Does something on the machine, as a command of its own. */
function command<T>(fn: (process: Process) => T): T {
  const machine = bootDirectory(directory)
  const process = machine.process('ringbuf')
  try {
    return fn(process)
  } finally {
    process.exit()
    machine.close()
  }
}

/** bpf_ringbuf_output(map, &value, 8, 0), where value is 0x1122. */
function output(mapFd: number): Uint8Array {
  const insns = new Insns(new Uint8Array(9 * INSN_SIZE))
  insns.set(0, 0x7a, 10, 0, -8, 0x1122)
  insns.set(1, 0xbf, 2, 10, 0, 0)
  insns.set(2, 0x07, 2, 0, 0, -8)
  insns.set(3, 0xb7, 3, 0, 0, 8)
  insns.set(4, 0xb7, 4, 0, 0, 0)
  insns.set(5, 0x18, 1, 1, 0, mapFd)
  insns.set(7, 0x85, 0, 0, 0, 130)
  insns.set(8, 0x95, 0, 0, 0, 0)
  return insns.bytes
}

function run(process: Process, repeat: number): number {
  const fd = process.bpf.objGet(PINS.prog)
  return process.bpf.progTestRun(fd, { dataIn: new Uint8Array(14), repeat }).retval
}

/** Consumer's and producer's position, and the value of the record at `position`. */
function look(process: Process, position = 0): [number, number, number] {
  const fd = process.bpf.objGet(PINS.map)
  const at = 2 * PAGE + (position % PAGE)
  const view = new DataView(process.mmapRead(fd, 0, 4 * PAGE).buffer)
  return [view.getUint32(0, true), view.getUint32(PAGE, true), view.getUint32(at + 8, true)]
}

test('from one command to the next', () => {
  command(({ bpf }) => {
    const map = bpf.mapCreate({ mapType: MapType.RINGBUF, keySize: 0, valueSize: 0, maxEntries: PAGE })
    const prog = bpf.progLoad({ progType: ProgType.XDP, insns: output(map), license: 'GPL' }).fd
    bpf.objPin(map, PINS.map)
    bpf.objPin(prog, PINS.prog)
  })
  expect(command(look)).toEqual([0, 0, 0])
  expect(command((process) => run(process, 1))).toBe(0)
  expect(command(look)).toEqual([0, 16, 0x1122])
  expect(command((process) => run(process, 200))).toBe(0)
  expect(command((process) => look(process, 3200))).toEqual([0, 3216, 0x1122])
  // Full: 4096 bytes less one is what may be in it.
  expect(command((process) => run(process, 100)) | 0).toBe(-11)
  expect(command(look)).toEqual([0, 4080, 0x1122])
  // A reader goes on, and there's room again; the data is there twice, one behind the other.
  command((process) => {
    const position = new Uint8Array(8)
    new DataView(position.buffer).setUint32(0, 4080, true)
    process.mmapWrite(process.bpf.objGet(PINS.map), 0, position)
  })
  expect(command((process) => run(process, 2))).toBe(0)
  expect(command((process) => look(process, 4080))).toEqual([4080, 4112, 0x1122])
})

test('but readers can write their own position only', () => {
  command((process) => {
    const fd = process.bpf.objGet(PINS.map)
    expect(() => {
      process.mmapWrite(fd, PAGE, new Uint8Array(8))
    }).toThrow('EPERM')
    expect(() => {
      process.mmapWrite(fd, 2 * PAGE, new Uint8Array(8))
    }).toThrow('EPERM')
    const queue = process.bpf.mapCreate({ mapType: MapType.QUEUE, keySize: 0, valueSize: 4, maxEntries: 4 })
    expect(() => process.mmapRead(queue, 0, PAGE)).toThrow('ENOTSUPP')
  })
})
