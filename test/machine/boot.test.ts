import { describe, expect, test } from '@jest/globals'
import { bootMachine } from '../../src/kernel/boot.ts'
import { KernelError } from '../../src/kernel/error.ts'

function errnoOf(fn: () => unknown): string {
  try {
    fn()
  } catch (error) {
    if (error instanceof KernelError) return error.message
    throw error
  }
  return 'ok'
}

describe('a machine that has just booted', () => {
  test('has the BTF of its kernel as number 1 and nothing else', () => {
    const { bpf } = bootMachine().process('bpftool')
    expect(bpf.getNextId('btf', 0)).toBe(1)
    expect(errnoOf(() => bpf.getNextId('btf', 1))).toBe('ENOENT')
    expect(errnoOf(() => bpf.getNextId('prog', 0))).toBe('ENOENT')
    expect(errnoOf(() => bpf.getNextId('map', 0))).toBe('ENOENT')
    const fd = bpf.getFdById('btf', 1)
    expect(bpf.btfInfo(fd)).toMatchObject({ id: 1, name: 'vmlinux', kernelBtf: true })
  })

  test('has a bpffs on /sys/fs/bpf', () => {
    const { files } = bootMachine().process('bpftool')
    expect(files.stat('/sys/fs/bpf')).toEqual({ kind: 'directory', fsMagic: 0xcafe4a11, mode: 0o041777 })
    expect(files.readdir('/sys/fs/bpf')).toEqual([])
  })
})
