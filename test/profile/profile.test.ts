import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { build } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Btf, Kind } from '../../src/btf/btf.ts'
import { findKernel } from '../../src/kernel/profile/folders.ts'
import { findMember } from '../../src/kernel/btf/members.ts'
import { loadProfile } from '../../src/kernel/profile/profile.ts'
import { isSince } from '../../src/kernel/profile/release.ts'

describe('the profile of 6.18', () => {
  const profile = loadProfile('6.18')

  test('is what a Debian kernel says of itself', () => {
    expect(profile.release).toMatch(/^6\.18\.\d+.*amd64$/)
    expect(profile.version).toMatch(/^#1 SMP /)
    expect(profile.machine).toBe('x86_64')
    expect(profile.sysctl('kernel.osrelease')).toBe(profile.release)
    expect(profile.sysctl('no.such.thing')).toBeUndefined()
    expect(Buffer.from(profile.config()).toString()).toContain('\nCONFIG_BPF_SYSCALL=y\n')
  })

  test('has its types, at the size that it says', () => {
    expect(profile.vmlinuxBtf().length).toBe(profile.vmlinuxBtfSize)
    expect(Btf.parse(profile.vmlinuxBtf()).findByNameKind('task_struct', 4)).toBeGreaterThan(0)
  })

  test('has its symbols, the short list being part of the long one', () => {
    const lines = profile.kallsyms().split('\n')
    const address = (name: string) => {
      const line = lines.find((each) => each.endsWith(` ${name}`))
      return line === undefined ? undefined : BigInt(`0x${line.slice(0, 16)}`)
    }
    for (const name of ['__bpf_call_base', 'bpf_map_lookup_elem', 'init_task', 'schedule']) {
      expect(profile.symbol(name)).toBe(address(name))
      expect(profile.symbol(name)).toBeGreaterThan(0xffffffff80000000n)
    }
    expect(profile.symbol('no_such_symbol')).toBeUndefined()
  })

  test('has the sizes of its structs at hand, as its types have them', () => {
    const btf = Btf.parse(profile.vmlinuxBtf())
    const { structSizes } = JSON.parse(readFileSync('profiles/6.18/meta.json', 'utf8')) as {
      structSizes: Record<string, number>
    }
    expect(Object.keys(structSizes).length).toBeGreaterThan(20)
    for (const [name, size] of Object.entries(structSizes)) {
      expect([name, btf.size(btf.findByNameKind(name, Kind.STRUCT) ?? 0)]).toEqual([name, size])
      expect(profile.structSize(name)).toBe(size)
    }
    expect(profile.structSize('task_struct')).toBe(btf.size(btf.findByNameKind('task_struct', Kind.STRUCT) ?? 0))
    expect(profile.structSize('no_such_struct')).toBe(0)
  })

  test('has members that rewrites name at hand, as its types have them', () => {
    const btf = Btf.parse(profile.vmlinuxBtf())
    const { members } = JSON.parse(readFileSync('profiles/6.18/meta.json', 'utf8')) as { members: object }
    expect(Object.keys(members).length).toBeGreaterThan(40)
    for (const path of Object.keys(members)) expect([path, profile.member(path)]).toEqual([path, findMember(btf, path)])
    expect(findMember(btf, 'sk_buff.no_such_member')).toBeUndefined()
    expect(profile.member('task_struct.pid')).toBeUndefined()
  })

  test('is of a release', () => {
    for (const since of ['5.10', '6.1', '6.18']) expect(isSince(profile, since)).toBe(true)
    for (const since of ['6.19', '7.0', '10.1']) expect(isSince(profile, since)).toBe(false)
    expect(isSince({ linux: '7.2.13' }, '7.2')).toBe(true)
  })

  test('is one of a kind, and others are not there', () => {
    expect(loadProfile('6.18')).toBe(profile)
    expect(findKernel('6.18')?.folder).toMatch(/profiles.6\.18$/)
    expect(findKernel('..')).toBeUndefined()
    expect(findKernel('../profiles/6.18')).toBeUndefined()
    expect(() => loadProfile('2.4')).toThrow('there is no kernel "2.4"')
  })
})

describe('the profile is found from a bundle', () => {
  let root: string
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'profile-'))
    mkdirSync(join(root, 'dist'))
    cpSync('package.json', join(root, 'package.json'))
    cpSync('profiles', join(root, 'profiles'), { recursive: true })
  })
  afterAll(() => {
    rmSync(root, { recursive: true })
  })

  test.each(['cjs', 'esm'] as const)('%s', async (format) => {
    const file = join(root, 'dist', format === 'cjs' ? 'bundle.cjs' : 'bundle.js')
    await build({
      stdin: {
        contents: `import { loadProfile } from './src/kernel/profile/profile.ts'
          console.log(loadProfile('6.18').vmlinuxBtf().length)`,
        resolveDir: process.cwd(),
      },
      bundle: true,
      platform: 'node',
      target: 'node20',
      format,
      outfile: file,
      logLevel: 'silent',
    })
    expect(execFileSync(process.execPath, [file], { cwd: tmpdir() }).toString().trim()).toBe(
      String(loadProfile('6.18').vmlinuxBtfSize),
    )
  })
})
