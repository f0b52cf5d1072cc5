import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { BpfError, LoadError, boot } from '../../src/index.ts'
import type { BpfMap, BpfProgram, Kernel } from '../../src/index.ts'

const root = resolve(import.meta.dirname, '../..')
const fixture = (name: string) => join(root, 'fixtures/obj', name)
const packet = (name: string) => readFileSync(join(root, 'fixtures/packets', name))

let kernel: Kernel
beforeEach(async () => {
  kernel = await boot()
})
afterEach(() => {
  kernel.close()
})

/** What `fn` throws. */
function thrown(fn: () => unknown): unknown {
  try {
    fn()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('a kernel', () => {
  test('is what it was booted as', async () => {
    expect(kernel).toMatchObject({ name: '6.18', cpus: 4 })
    expect(kernel.release).toMatch(/^6\.18/)
    const small = await boot({ cpus: 1 })
    expect(small.cpus).toBe(1)
    small.close()
    await expect(boot({ kernel: '2.4' })).rejects.toThrow("no kernel '2.4': there is 5.10, 6.1, 6.12, 6.18, 7.2")
  })

  test('in a directory keeps what is pinned', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'bpftool-sim-library-'))
    try {
      const first = await boot({ directory, cpus: 2 })
      const object = first.load(fixture('xdp_counter.clang-19.o'))
      object.program('count').pin('/sys/fs/bpf/count')
      object.program('count').run({ data: packet('tcp') })
      first.close()
      await expect(boot({ directory, cpus: 3 })).rejects.toThrow('runs 6.18 on 2 CPUs')
      const second = await boot({ directory })
      expect(second.list()).toEqual(['count'])
      const program = second.program('/sys/fs/bpf/count')
      const [id] = program.info.mapIds
      expect([...second.map({ id: id ?? 0 })]).toEqual([[0x0800, 1n]])
      program.close()
      second.unpin('/sys/fs/bpf/count')
      expect(second.programs()).toEqual([])
      second.close()
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })

  test('stops its clock', async () => {
    const stopped = await boot({ time: new Date('2026-01-02T03:04:05Z') })
    stopped.load(fixture('no_btf.clang-14.o'))
    const { stdout } = await stopped.bpftool('-j', 'prog', 'show')
    expect(JSON.parse(stdout)).toMatchObject(Array(2).fill({ loaded_at: Date.parse('2026-01-02T03:04:05Z') / 1000 }))
    stopped.close()
  })

  test('runs bpftool, beside the programs of the library', async () => {
    const object = kernel.load(fixture('xdp_counter.clang-19.o'))
    const { id, tag } = object.program('count').info
    const { status, stdout, stderr } = await kernel.bpftool('prog', 'show', 'id', String(id))
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain(`${id}: xdp  name count  tag ${tag}  gpl\n`)
    expect(await kernel.bpftool('prog', 'show', 'id', '77')).toEqual({
      status: 255,
      stdout: '',
      stderr: 'Error: get by id (77): No such file or directory\n',
    })
  })

  test('has a trace, which is read once', async () => {
    const print = kernel.load(fixture('helpers.clang-19.o')).program('print')
    expect(kernel.trace()).toEqual([])
    print.run({ data: packet('tcp'), repeat: 2 })
    expect(kernel.trace()).toEqual(Array(2).fill(expect.stringMatching(/bpf_trace_printk: packet of 64 bytes$/)))
    expect(kernel.trace()).toEqual([])
    print.run({ data: packet('udp') })
    const { stdout } = await kernel.bpftool('prog', 'tracelog')
    expect(stdout).toMatch(/^ +node-\d+ +\[\d{3}\] .*: bpf_trace_printk: packet of \d+ bytes\n$/)
    expect(await kernel.bpftool('-j', 'prog', 'tracelog')).toEqual({ status: 0, stdout: '[]\n', stderr: '' })
  })

  test('ends: what it held is closed, and nothing works any more', () => {
    const { programs } = kernel.load(fixture('xdp_counter.clang-19.o'))
    kernel.close()
    kernel.close()
    expect(thrown(() => programs['count']?.run())).toMatchObject({ code: 'EBADF', message: /closed/ })
    expect(thrown(() => kernel.maps())).toBeInstanceOf(BpfError)
    programs['count']?.close()
  })
})

describe('an object', () => {
  interface Counter {
    programs: { count: BpfProgram }
    maps: { packets: BpfMap<number, bigint> }
  }

  test('is read, loaded and let go', () => {
    const file = kernel.open(fixture('xdp_counter.clang-19.o'))
    expect(file).toMatchObject({
      name: 'xdp_counter',
      license: 'GPL',
      programs: [{ name: 'count', section: 'xdp', type: 'xdp' }],
      maps: [{ name: 'packets', type: 'hash', keySize: 2, valueSize: 8, maxEntries: 64 }],
    })
    expect(kernel.programs()).toEqual([])
    const object = file.load()
    expect(kernel.programs()).toMatchObject([{ name: 'count', type: 'xdp' }])
    object.close()
    expect(kernel.programs()).toEqual([])
    expect(kernel.maps()).toEqual([])
    expect(thrown(() => object.program('count').run())).toMatchObject({ code: 'EBADF' })
  })

  test('comes from a path, a URL or bytes', () => {
    const path = fixture('xdp_counter.clang-19.o')
    for (const source of [path, pathToFileURL(path), readFileSync(path)]) {
      expect(Object.keys(kernel.load(source).programs)).toEqual(['count'])
    }
    expect(kernel.open(readFileSync(path), { name: 'mine.o' }).name).toBe('mine')
  })

  test('runs, and its maps tell of it', () => {
    const { programs, maps } = kernel.load<Counter>(fixture('xdp_counter.clang-19.o'))
    const data = packet('tcp')
    const result = programs.count.run({ data, repeat: 3 })
    expect(result).toMatchObject({ returnValue: 2, context: undefined })
    expect([...result.data]).toEqual([...data])
    expect(result.duration).toBeGreaterThan(0)
    expect(maps.packets.get(0x0800)).toBe(3n)
    expect(maps.packets.bytes.get(new Uint8Array([0, 8]))).toEqual(new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0]))
    expect(maps.packets.get(0x86dd)).toBeUndefined()
    expect(maps.packets.has(0x0800)).toBe(true)
    maps.packets.set(0x86dd, 5n)
    expect(new Map(maps.packets)).toEqual(
      new Map([
        [0x0800, 3n],
        [0x86dd, 5n],
      ]),
    )
    expect(maps.packets.keys().sort()).toEqual([0x0800, 0x86dd])
    expect(maps.packets.delete(0x86dd)).toBe(true)
    expect(maps.packets.delete(0x86dd)).toBe(false)
    maps.packets.clear()
    expect([...maps.packets.values()]).toEqual([])
  })

  test('takes what is set before it is loaded', () => {
    const path = fixture('xdp_counter.clang-19.o')
    const { maps } = kernel.load<Counter>(path, { maps: { packets: { maxEntries: 1 } } })
    maps.packets.set(1, 1n)
    const full = thrown(() => {
      maps.packets.set(2, 2n)
    })
    expect(full).toBeInstanceOf(BpfError)
    expect(full).toMatchObject({ code: 'E2BIG', errno: 7, message: 'map packets: set: Argument list too long (E2BIG)' })
    const other = kernel.load<Counter>(path, { maps: { packets: maps.packets } })
    expect(other.maps.packets.id).toBe(maps.packets.id)
    expect(other.maps.packets.get(1)).toBe(1n)
    const some = kernel.load(fixture('tc_skb.clang-19.o'), { programs: ['length', 'act'] })
    expect(Object.keys(some.programs)).toEqual(['length', 'act'])
    const typed = kernel.load(fixture('tc_skb.clang-19.o'), { programs: ['length'], types: { length: 'action' } })
    expect(typed.program('length').info.type).toBe('sched_act')
  })

  test('has global variables', () => {
    interface Globals {
      globals: { counter: number; limit: number; total: bigint; config: { level: number; color: string } }
    }
    const { globals, programs } = kernel.load<Globals>(fixture('globals.clang-19.o'), {
      globals: { limit: 7, counter: 1 },
    })
    expect(globals.config).toEqual({
      level: -3,
      on: true,
      name: 'eth0',
      color: 'GREEN',
      mask: 0xff00ff00ff00n,
      range: { low: -1, high: 2 },
      list: [1, 2, 3],
    })
    programs['bump']?.run({ data: packet('tcp') })
    expect([globals.counter, globals.total]).toEqual([2, 7n])
    globals.counter = 40
    programs['bump']?.run({ data: packet('tcp') })
    expect(globals.counter).toBe(41)
    globals.config = { ...globals.config, color: 'BLUE' }
    expect(globals.config.color).toBe('BLUE')
    expect(thrown(() => (globals.limit = 8))).toMatchObject({ code: 'EPERM' })
    expect(globals.limit).toBe(7)
  })

  test('says what there is where a name is none', () => {
    const object = kernel.load(fixture('xdp_counter.clang-19.o'))
    expect(() => object.program('cuont')).toThrow("no xdp_counter: program 'cuont': there is count")
    expect(() => object.map('packet')).toThrow('there is packets')
    expect(() => kernel.load(fixture('globals.clang-19.o'), { globals: { cuonter: 1 } })).toThrow('there is counter, ')
    expect(() => kernel.load(fixture('globals.clang-19.o'), { programs: ['x'] })).toThrow('there is bump')
    expect(() => kernel.load(fixture('globals.clang-19.o'), { globals: { limit: 'x' } })).toThrow(
      'globals: limit: x is not a whole number of 32 bits',
    )
  })

  test('pins itself', () => {
    const object = kernel.load(fixture('xdp_counter.clang-19.o'))
    object.pin('/sys/fs/bpf/progs', { maps: '/sys/fs/bpf/maps' })
    object.close()
    expect(kernel.list('/sys/fs/bpf/progs')).toEqual(['count'])
    expect(kernel.map('/sys/fs/bpf/maps/packets').info).toMatchObject({ name: 'packets', type: 'hash' })
    expect(thrown(() => kernel.map('/sys/fs/bpf/progs/count'))).toMatchObject({ code: 'EINVAL' })
    expect(thrown(() => kernel.map('/sys/fs/bpf/none'))).toMatchObject({ code: 'ENOENT' })
  })
})

describe('an object that is refused', () => {
  test('is no file', () => {
    const error = thrown(() => kernel.load('/nowhere/x.o'))
    expect(error).toBeInstanceOf(LoadError)
    expect(error).toMatchObject({ code: 'ENOENT', message: 'open /nowhere/x.o: No such file or directory (ENOENT)' })
  })

  test('is no object', () => {
    const error = thrown(() => kernel.load(new Uint8Array([1, 2, 3]), { name: 'x.o' }))
    expect(error).toMatchObject({ name: 'LoadError', code: 'LIBBPF_ERRNO__FORMAT', log: '' })
    expect((error as LoadError).messages).not.toEqual([])
  })

  test('has a program that the kernel refuses', () => {
    const { steps } = JSON.parse(readFileSync(join(root, 'fixtures/recorded/globals.gcc.json'), 'utf8')) as {
      steps: { argv: string[]; stderr: string }[]
    }
    const real = steps.find(({ argv }) => argv.includes('loadall'))?.stderr ?? ''
    const error = thrown(() =>
      kernel.load(readFileSync(fixture('globals.gcc.o')), { name: 'globals.gcc.o' }),
    ) as LoadError
    expect(error).toMatchObject({
      code: 'EINVAL',
      program: 'bump',
      log: expect.stringMatching(/^invalid access to map/),
    })
    expect(real).toContain(`-- BEGIN PROG LOAD LOG --\n${error.log}-- END PROG LOAD LOG --`)
    expect(error.message).toContain(`\n  ${error.log.split('\n')[0] ?? ''}`)
    for (const line of error.messages) expect(real).toContain(line)
  })

  test('has a program of no type', () => {
    const lines: string[] = []
    const error = thrown(() => kernel.load(fixture('unknown_section.clang-14.o'), { log: (text) => lines.push(text) }))
    expect(error).toMatchObject({ code: 'EINVAL' })
    expect((error as LoadError).messages.join('\n')).toContain('missing BPF prog type')
    expect(lines.join('')).toContain('libbpf: prog ')
    expect(kernel.programs()).toEqual([])
    expect(kernel.maps()).toEqual([])
  })
})

describe('contexts', () => {
  test('go by their members', () => {
    const marks = kernel.load(fixture('tc_skb.clang-19.o')).program('marks')
    const result = marks.run({ data: packet('tcp'), context: { mark: 3, cb: [41] } })
    expect(result.returnValue).toBe(10)
    expect(result.context).toMatchObject({ mark: 10, priority: 42, cb: [41, 10, 0, 0, 0] })
    const bytes = new Uint8Array(192)
    bytes[8] = 3
    const raw = marks.run({ data: packet('tcp'), context: bytes })
    expect(raw.context?.subarray(8, 12)).toEqual(new Uint8Array([10, 0, 0, 0]))
  })

  test('of XDP know the data', () => {
    const count = kernel.load(fixture('xdp_counter.clang-19.o')).program('count')
    const data = packet('tcp')
    expect(count.run({ data, context: {} }).context).toMatchObject({ data: 0, data_end: data.length })
    expect(thrown(() => count.run({ data, context: { data_end: 1000 } }))).toMatchObject({ code: 'EINVAL' })
    expect(() => count.run({ data, context: { mark: 1 } })).toThrow('xdp_md has no mark, it has data, data_end')
  })

  test('and data may be refused', () => {
    const count = kernel.load(fixture('xdp_counter.clang-19.o')).program('count')
    expect(thrown(() => count.run())).toMatchObject({ code: 'EINVAL' })
    expect(thrown(() => count.run({ data: packet('tcp'), dataSize: 4 }))).toMatchObject({ code: 'ENOSPC' })
  })
})

describe('maps', () => {
  test('of maps and programs', () => {
    const object = kernel.load(fixture('map_in_map.clang-19.o'))
    const outer = object.map<number, number>('outer')
    const first = object.map<number, number>('first')
    const second = object.map<number, number>('second')
    expect([...outer]).toEqual([
      [0, first.id],
      [2, second.id],
    ])
    outer.set(1, second)
    expect(outer.get(1)).toBe(second.id)
    expect(object.program('enter').run({ data: packet('tcp') }).returnValue).toBe(1)
    expect(first.get(0)).toBe(5)
    const jumps = object.map<number, number>('jumps')
    jumps.set(0, object.program('enter'))
    expect(jumps.get(0)).toBe(object.program('enter').id)
    expect(
      thrown(() => {
        jumps.set(1, kernel.load(fixture('tc_skb.clang-19.o')).program('act'))
      }),
    ).toMatchObject({ code: 'EINVAL' })
  })

  test('of one value for each CPU', () => {
    const map = kernel.createMap<number, number[]>({ type: 'percpu_array', keySize: 4, valueSize: 4, maxEntries: 2 })
    map.set(1, [1, 2, 3, 4])
    expect(map.get(1)).toEqual([1, 2, 3, 4].map((low) => new Uint8Array([low, 0, 0, 0])))
    expect(() => {
      map.set(1, [1])
    }).toThrow('must be an array of 4, one for each CPU')
  })

  test('without types take numbers and bytes, and give bytes', () => {
    const map = kernel.createMap({ type: 'hash', keySize: 4, valueSize: 3, maxEntries: 2, name: 'plain' })
    map.set(0x01020304, new Uint8Array([7, 8, 9]), 'noexist')
    expect([...map]).toEqual([[new Uint8Array([4, 3, 2, 1]), new Uint8Array([7, 8, 9])]])
    expect(
      thrown(() => {
        map.set(0x01020304, new Uint8Array(3), 'noexist')
      }),
    ).toMatchObject({ code: 'EEXIST' })
    expect(
      thrown(() => {
        map.set(1, new Uint8Array(3), 'exist')
      }),
    ).toMatchObject({ code: 'ENOENT' })
    expect(() => {
      map.set(1, 7)
    }).toThrow('map plain: value: 7 is not 3 bytes')
    expect(() => {
      map.set(1, new Uint8Array(2))
    }).toThrow('map plain: value: 2 bytes where 3 are due')
    map.freeze()
    expect(
      thrown(() => {
        map.clear()
      }),
    ).toMatchObject({ code: 'EPERM' })
    expect(thrown(() => kernel.createMap({ type: 'hash', keySize: 4, valueSize: 4, maxEntries: 0 }))).toMatchObject({
      code: 'EINVAL',
    })
    expect(() => kernel.createMap({ type: 'hsah', keySize: 4, valueSize: 4, maxEntries: 1 })).toThrow(
      "no map type 'hsah'",
    )
  })

  test('can be emptied while they are read', () => {
    const map = kernel.createMap<number, number>({ type: 'hash', keySize: 4, valueSize: 4, maxEntries: 100 })
    for (let i = 0; i < 100; i++) map.set(i, i)
    let seen = 0
    for (const [key] of map) {
      map.delete(key)
      seen++
    }
    expect(seen).toBe(100)
    expect(map.keys()).toEqual([])
  })
})
