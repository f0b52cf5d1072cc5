import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { run as runCommand } from '../../src/cli/main.ts'
import { StateError, bootDirectory, bootMachine } from '../../src/kernel/boot.ts'
import { ImportError, importKernel } from '../../src/kernel/import.ts'
import { loadProfile } from '../../src/kernel/profile/profile.ts'

const builtIn = loadProfile('6.18')
/** Small types of a kernel that nobody runs: an int, and a struct that maps are counted with. */
const types = tinyBtf()
const config = Buffer.from('#\n# Linux/x86 6.12.9-test Kernel Configuration\n#\nCONFIG_BPF=y\nCONFIG_HZ=300\n')
const kallsyms = Buffer.from(
  'ffffffff81000000 T _text\nffffffff81234560 T bpf_map_lookup_elem\nffffffffc0000000 t of_a_module\t[mod]\n',
)

let folder: string
let files: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kernels-'))
  files = mkdtempSync(join(tmpdir(), 'kernel-files-'))
  writeFileSync(join(files, 'types'), types)
  writeFileSync(join(files, 'config.gz'), gzipSync(config))
  writeFileSync(join(files, 'symbols'), kallsyms)
  writeFileSync(join(files, 'junk'), 'junk')
})

afterAll(() => {
  for (const each of [folder, files]) rmSync(each, { recursive: true })
})

async function run(...argv: string[]) {
  const out: string[] = []
  const err: string[] = []
  const io = {
    stdout: (text: string | Uint8Array) => out.push(Buffer.from(text as string).toString()),
    stderr: (text: string) => err.push(text),
    stdin: () => new Uint8Array(),
    env: { BPFTOOL_KERNELS: folder, BPFTOOL_STATE: join(files, 'state') },
    cwd: files,
    columns: undefined,
  }
  const status = await runCommand(argv, io)
  return { status, out: out.join(''), err: err.join('') }
}

describe('kernel import', () => {
  test('takes a kernel from files, boots it and shows it', async () => {
    const imported = await run('kernel', 'import', 'old', 'btf', 'types', 'config', 'config.gz', 'kallsyms', 'symbols')
    expect(imported).toMatchObject({ status: 0, err: '' })
    expect(imported.out).toBe('old: Linux 6.12.9-test x86_64\n\tnot told, and taken from another kernel: sysctl\n')
    expect(await run('--kernel', 'old', 'kernel', 'show')).toMatchObject({ status: 0 })
    expect((await run('-j', 'kernel', 'list')).out).toContain(
      '{"name":"old","release":"6.12.9-test","imported":true,"booted":false}',
    )
    const profile = loadProfile('old', folder)
    expect(profile.vmlinuxBtf()).toEqual(new Uint8Array(types))
    expect(profile.option('CONFIG_HZ')).toBe('300')
    expect(profile.symbol('bpf_map_lookup_elem')).toBe(0xffffffff81234560n)
    expect(profile.symbol('of_a_module')).toBeUndefined()
    expect(profile.structSize('bpf_map')).toBe(320)
    expect(profile.sysctl('kernel.ostype')).toBe(builtIn.sysctl('kernel.ostype'))
  })

  test('says what is wrong, and keeps nothing of it', async () => {
    const before = readdirSync(folder).sort()
    const wrong: [string[], RegExp][] = [
      [['bad', 'btf', 'junk'], /the types are no BTF/],
      [['bad', 'btf', 'nothing'], /can't read nothing/],
      [['bad', 'btf', 'types', 'config', 'junk'], /no config of a kernel/],
      [['bad', 'btf', 'types', 'kallsyms', 'junk'], /not those of \/proc\/kallsyms/],
      [['bad', 'btf', 'types', 'btf', 'types'], /'btf' is there twice/],
      [['bad', 'btf', 'types', 'release', 'new'], /not a kernel's release: 'new'/],
      [['bad', 'config', 'config.gz'], /from its types|from 'host'/],
      [['bad', 'vmlinux', 'types'], /expected 'host'/],
      [['../bad', 'btf', 'types'], /can't be a kernel's name/],
      [['cpus', 'btf', 'types'], /can't be a kernel's name/],
      [['6.18', 'btf', 'types'], /is built in/],
    ]
    for (const [words, message] of wrong) {
      const { status, err } = await run('kernel', 'import', ...words)
      expect([words, status, err]).toEqual([words, 255, expect.stringMatching(message)])
    }
    expect(readdirSync(folder).sort()).toEqual(before)
  })

  test('takes a kernel from its image, plain or packed', async () => {
    const image = tinyImage()
    writeFileSync(join(files, 'vmlinux'), image)
    writeFileSync(join(files, 'vmlinuz'), bootable(gzipSync(image)))
    for (const file of ['vmlinux', 'vmlinuz']) {
      const { status, out } = await run('kernel', 'import', 'imaged', 'image', file)
      expect({ status, out }).toEqual({
        status: 0,
        out: 'imaged: Linux 6.2.3-tiny x86_64\n\tnot told, and taken from another kernel: config, kallsyms, sysctl\n',
      })
      const profile = loadProfile('imaged', folder)
      expect(profile.version).toBe('#7 SMP Debian 6.2.5-1 (2023-01-01)')
      expect(profile.linux).toBe('6.2.5')
      expect(profile.vmlinuxBtf()).toEqual(new Uint8Array(types))
      // The nearest older one that's built in.
      expect(profile.config()).toEqual(loadProfile('6.1').config())
    }
  })

  test('takes a kernel from a Debian package', async () => {
    const tar = tarOf({
      './boot/': Buffer.alloc(0),
      './boot/System.map-6.2.3-tiny': Buffer.from('ffffffffffffffff B The real one is elsewhere\n'),
      './boot/config-6.2.3-tiny': config,
      './boot/vmlinuz-6.2.3-tiny': bootable(gzipSync(tinyImage())),
      './usr/lib/modules/6.2.3-tiny/kernel/some.ko': Buffer.alloc(3000, 1),
    })
    const parts = {
      'debian-binary': Buffer.from('2.0\n'),
      'control.tar.gz': Buffer.from('odd'),
      'data.tar.gz': gzipSync(tar),
    }
    writeFileSync(join(files, 'linux.deb'), arOf(parts))
    const { status, out } = await run('kernel', 'import', 'packaged', 'package', 'linux.deb')
    expect({ status, out }).toEqual({
      status: 0,
      out: 'packaged: Linux 6.2.3-tiny x86_64\n\tnot told, and taken from another kernel: kallsyms, sysctl\n',
    })
    expect(loadProfile('packaged', folder).option('CONFIG_HZ')).toBe('300')
  })

  test('takes damaged images and packages for what they are', async () => {
    const whole = {
      image: bootable(gzipSync(tinyImage())),
      package: arOf({ 'data.tar.gz': gzipSync(tarOf({ 'boot/vmlinuz-x': bootable(gzipSync(tinyImage())) })) }),
    }
    const rest = ['config', 'config.gz', 'kallsyms', 'symbols']
    for (const [word, bytes] of Object.entries(whole)) {
      for (let i = 0; i < 24; i++) {
        const damaged = Buffer.from(bytes.subarray(0, i % 2 ? bytes.length : Math.floor((bytes.length * i) / 25)))
        const at = Math.floor((damaged.length * i) / 25)
        if (i % 2) damaged.writeUInt8(damaged.readUInt8(at) ^ 0x55, at)
        writeFileSync(join(files, 'damaged'), damaged)
        const { status, err } = await run('kernel', 'import', 'damaged', word, 'damaged', ...rest)
        expect({ word, i, status, err: status === 0 ? '' : err }).toEqual({
          word,
          i,
          status: expect.any(Number),
          err: status === 0 ? '' : expect.stringMatching(/^Error: (?!internal)/),
        })
      }
    }
  })

  test('refuses a machine whose kernel went away or is another one now', () => {
    importKernel(folder, 'mine', { vmlinuxBtf: types, cpus: 3 })
    const state = join(files, 'mine')
    const machine = bootDirectory(state, { profile: 'mine', kernels: folder })
    expect(machine.facts.cpus).toBe(3)
    machine.close()
    importKernel(folder, 'mine', { vmlinuxBtf: builtIn.vmlinuxBtf() })
    expect(() => bootDirectory(state, { kernels: folder })).toThrow(/was imported anew since/)
    rmSync(join(folder, 'mine'), { recursive: true })
    expect(() => bootDirectory(state, { kernels: folder })).toThrow(StateError)
    expect(() => bootMachine({ profile: 'mine', kernels: folder })).toThrow(/there is no kernel "mine"/)
  })

  const host = existsSync('/sys/kernel/btf/vmlinux')
  if (!host) console.log('no running kernel shows its types here: importing it is skipped')
  const testHost = host ? test : test.skip
  testHost('takes the running kernel', () => {
    const profile = importKernel(folder, 'host')
    expect(profile.borrowed).toEqual([])
    expect(profile.sysctl('kernel.osrelease')).toBe(profile.release)
    expect(profile.vmlinuxBtfSize).toBe(profile.vmlinuxBtf().length)
    const machine = bootMachine({ profile: 'host', kernels: folder })
    expect(machine.process('test').uname().release).toBe(profile.release)
    machine.close()
  })

  test('an unknown kind of failure is no import', () => {
    expect(() => importKernel(join(files, 'junk'), 'x', { vmlinuxBtf: types })).toThrow(/ENOTDIR|EEXIST/)
    expect(() => importKernel(folder, '', { vmlinuxBtf: types })).toThrow(ImportError)
  })
})

/** An ELF file with the types in a section and a banner behind them. */
function tinyImage(): Buffer {
  const names = Buffer.from('\0.BTF\0.shstrtab\0')
  const banner = Buffer.from('Linux version 6.2.3-tiny (me@here) (cc 12) #7 SMP Debian 6.2.5-1 (2023-01-01)\n')
  const [typesAt, namesAt] = [64, 64 + types.length]
  const tableAt = (namesAt + names.length + banner.length + 7) & ~7
  const image = Buffer.alloc(tableAt + 3 * 64)
  image.write('\x7fELF\x02\x01\x01', 0, 'latin1')
  image.writeUInt16LE(2, 16)
  image.writeUInt16LE(62, 18)
  image.writeUInt32LE(1, 20)
  image.writeBigUInt64LE(BigInt(tableAt), 40)
  for (const [at, value] of [
    [52, 64],
    [58, 64],
    [60, 3],
    [62, 2],
  ] as const)
    image.writeUInt16LE(value, at)
  types.copy(image, typesAt)
  names.copy(image, namesAt)
  banner.copy(image, namesAt + names.length)
  const section = (i: number, name: number, type: number, at: number, size: number) => {
    const header = tableAt + i * 64
    image.writeUInt32LE(name, header)
    image.writeUInt32LE(type, header + 4)
    image.writeBigUInt64LE(BigInt(at), header + 24)
    image.writeBigUInt64LE(BigInt(size), header + 32)
  }
  section(1, 1, 1, typesAt, types.length)
  section(2, 6, 3, namesAt, names.length)
  return image
}

/** A vmlinuz: the boot protocol's header, and a packed image behind two sectors. */
function bootable(packed: Buffer): Buffer {
  const head = Buffer.alloc(1024)
  head[0x1f1] = 1
  head.write('HdrS', 0x202, 'latin1')
  head.writeUInt32LE(0, 0x248)
  head.writeUInt32LE(packed.length, 0x24c)
  return Buffer.concat([head, packed])
}

function tarOf(entries: Record<string, Buffer>): Buffer {
  const blocks = Object.entries(entries).flatMap(([name, content]) => {
    const header = Buffer.alloc(512)
    header.write(name, 0, 'latin1')
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1')
    header.write('ustar\0', 257, 'latin1')
    return [header, content, Buffer.alloc(-content.length & 511)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

function arOf(entries: Record<string, Buffer>): Buffer {
  const parts = Object.entries(entries).flatMap(([name, content]) => {
    const header = `${name.padEnd(48)}${String(content.length).padEnd(10)}\x60\n`
    return [Buffer.from(header, 'latin1'), content, Buffer.alloc(content.length & 1)]
  })
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts])
}

/** BTF with `int` and a `struct bpf_map` of 320 bytes. */
function tinyBtf(): Buffer {
  const strings = Buffer.from('\0int\0bpf_map\0')
  const rows = [
    [1, 0x01000000, 4, 0x01000020],
    [5, 0x04000000, 320],
  ].flat()
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0x0001eb9f, 0)
  header.writeUInt32LE(24, 4)
  header.writeUInt32LE(rows.length * 4, 12)
  header.writeUInt32LE(rows.length * 4, 16)
  header.writeUInt32LE(strings.length, 20)
  const body = Buffer.alloc(rows.length * 4)
  rows.forEach((word, i) => body.writeUInt32LE(word, i * 4))
  return Buffer.concat([header, body, strings])
}
