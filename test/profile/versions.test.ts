import { describe, expect, test } from '@jest/globals'
import { Btf, Kind } from '../../src/btf/btf.ts'
import { helperCount } from '../../src/kernel/helpers/access.ts'
import { loadProfile } from '../../src/kernel/profile/profile.ts'
import { isSince, linuxVersion } from '../../src/kernel/profile/release.ts'
import { hasAttachType, hasLinkType } from '../../src/kernel/profile/uapi-since.ts'
import { progTypes } from '../../src/kernel/progs/types.ts'
import { attachTypeCount } from '../../src/uapi/attach-type.ts'
import { linkTypeName } from '../../src/uapi/link-type.ts'

/** The highest number of an enumeration in a kernel's types, the ends of the enumeration left out. */
function highest(btf: Btf, name: string): number {
  const id = btf.findByNameKind(name, Kind.ENUM) ?? 0
  const values = Array.from({ length: btf.vlen(id) }, (_, i) => [btf.enumName(id, i), btf.enumValue(id, i)] as const)
  return Math.max(...values.filter(([each]) => !/^_*MAX_|_MAX(_ID)?$/.test(each)).map(([, value]) => Number(value)))
}

/** What versions have stands in tables; the kernels' own types say whether it's true. */
describe.each(['5.10', '6.1', '6.12', '6.18', '7.2'])('Linux %s', (name) => {
  const profile = loadProfile(name)
  const btf = Btf.parse(profile.vmlinuxBtf())

  test('is of that version', () => {
    expect(isSince(profile, name)).toBe(true)
    expect(profile.linux.startsWith(`${name}.`)).toBe(true)
  })

  test('has as many helpers, attach types, link types and program types as its types say', () => {
    const all = (count: number, has: (id: number) => boolean) =>
      Array.from({ length: count }, (_, id) => id).filter(has)
    let links = 0
    while (linkTypeName(links) !== undefined) links++
    expect({
      helpers: helperCount(profile) - 1,
      attach: Math.max(...all(attachTypeCount, (id) => hasAttachType(profile, id))),
      link: Math.max(...all(links, (id) => hasLinkType(profile, id))),
      prog: Math.max(...progTypes.filter(({ since }) => isSince(profile, since)).map(({ type }) => type)),
    }).toEqual({
      helpers: highest(btf, 'bpf_func_id'),
      attach: highest(btf, 'bpf_attach_type'),
      link: highest(btf, 'bpf_link_type'),
      prog: highest(btf, 'bpf_prog_type'),
    })
  })
})

test("versions between two recorded ones have the older one's types and their own version", () => {
  const profile = loadProfile('5.15')
  expect(profile).toMatchObject({ release: '5.15.0', linux: '5.15.0', nearest: '5.10' })
  expect(profile.vmlinuxBtfSize).toBe(loadProfile('5.10').vmlinuxBtfSize)
  expect(profile.option('CONFIG_BPF')).toBe('y')
  for (const name of ['4.9', '7.3', '10.0', '5.15.1', '5.x'])
    expect(() => loadProfile(name)).toThrow('there is no kernel')
})

test('facts of stable branches name each of them', () => {
  const since = '5.15.161 6.1.95 6.9'
  const has = (linux: string) => isSince({ linux }, since)
  expect(['5.15.161', '5.15.200', '6.1.95', '6.9', '6.9.0', '7.0', '10.1'].filter((linux) => !has(linux))).toEqual([])
  expect(['5.10.300', '5.15.160', '5.16.200', '6.1', '6.1.94', '6.2.99', '6.8.12'].filter(has)).toEqual([])
})

test('a version is the one that the kernel is built from', () => {
  expect(linuxVersion('6.1.0-50-amd64', '#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-07-02)')).toBe('6.1.176')
  expect(linuxVersion('6.12.9-test', '#1 SMP')).toBe('6.12.9')
  expect(linuxVersion('mine', '')).toBe('mine')
})
