import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { bootMachine } from '../../src/kernel/boot.ts'
import { KernelError } from '../../src/kernel/error.ts'
import { MemoryStore } from '../../src/kernel/store/memory.ts'
import { loadObject } from '../../src/libbpf/load.ts'
import { openObject } from '../../src/libbpf/open.ts'
import { Errno } from '../../src/uapi/errno.ts'
import { MapFlag } from '../../src/uapi/flags.ts'
import { MapType } from '../../src/uapi/map-type.ts'

const PAGE = 4096
const arena = { mapType: MapType.ARENA, keySize: 0, valueSize: 0, maxEntries: 100, mapFlags: MapFlag.MMAPABLE }
const PIN = '/sys/fs/bpf/arena'

function errnoOf(fn: () => unknown): number {
  try {
    fn()
    return 0
  } catch (error) {
    if (error instanceof KernelError) return error.errno
    throw error
  }
}

describe("an arena's pages", () => {
  test('are zero until they are written, and the same for every process and after a restart', () => {
    const store = new MemoryStore()
    const first = bootMachine({ store })
    const writer = first.process('writer')
    const fd = writer.bpf.mapCreate(arena)
    writer.bpf.objPin(fd, PIN)
    expect(writer.mmapRead(fd, 0, 8)).toEqual(new Uint8Array(8))
    writer.mmapWrite(fd, PAGE - 2, Uint8Array.of(1, 2, 3, 4))
    const other = first.process('reader')
    expect(other.mmapRead(other.bpf.objGet(PIN), PAGE - 3, 6)).toEqual(Uint8Array.of(0, 1, 2, 3, 4, 0))
    const again = bootMachine({ store }).process('later')
    expect(again.mmapRead(again.bpf.objGet(PIN), PAGE - 1, 2)).toEqual(Uint8Array.of(2, 3))
  })

  test('end where the arena does', () => {
    const process = bootMachine().process('writer')
    const fd = process.bpf.mapCreate(arena)
    expect(errnoOf(() => process.mmapRead(fd, 100 * PAGE, 1))).toBe(Errno.EINVAL)
    expect(process.mmapRead(fd, 100 * PAGE - 1, 1)).toEqual(Uint8Array.of(0))
  })

  test('are for programs alone to make with BPF_F_SEGV_ON_FAULT', () => {
    const process = bootMachine().process('writer')
    const fd = process.bpf.mapCreate({ ...arena, mapFlags: MapFlag.MMAPABLE | MapFlag.SEGV_ON_FAULT })
    expect(errnoOf(() => process.mmapRead(fd, 0, 1))).toBe(Errno.EFAULT)
  })

  test("hold an object's arena variables once it is loaded", () => {
    const file = readFileSync(new URL('./obj/arena.clang-19.o', import.meta.url))
    const object = openObject(file, 'arena.o')
    const process = bootMachine().process('loader')
    for (const prog of object.entryPrograms()) prog.autoload = false
    loadObject(object, process)
    const fd = object.findMap('arena')?.fd ?? -1
    const view = new DataView(process.mmapRead(fd, 0, 16).buffer)
    expect([view.getUint32(0, true), view.getUint32(4, true), view.getBigUint64(8, true)]).toEqual([7, 11, 13n])
  })
})
