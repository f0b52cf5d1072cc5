import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { bootMachine } from '../../src/kernel/boot.ts'
import { answer } from '../cli/memory.ts'
import { commands, minimal, objects, recordedFolder, whole, wordsOf } from './cases.mjs'
import type { OpenMachine } from '../../src/cli/main.ts'

interface Recorded {
  cpus: number
  answers: Record<string, Record<string, { status: number; stdout: string; stderr: string }>>
}

const recorded = JSON.parse(readFileSync(join(recordedFolder, 'answers.json'), 'utf8')) as Recorded
const machine = bootMachine({ cpus: recorded.cpus })
const open: OpenMachine = () => ({ process: () => machine.process('bpftool'), close: () => undefined })
const files = objects()

/** A command's answer, its output as bytes are: one character each. */
async function ask(words: readonly string[]) {
  const { status, stdout, stderr } = await answer(words, open)
  return { status: status & 0xff, stdout, stderr }
}

describe('gen, as the real bpftool answers', () => {
  test.each(Object.keys(commands))('%s', async (command) => {
    const expected: Record<string, unknown> = {}
    const received: Record<string, unknown> = {}
    for (const [name, file] of Object.entries(files)) {
      const real = recorded.answers[name]?.[command]
      if (real === undefined) continue
      expected[name] = real
      const { status, stdout, stderr } = await ask(wordsOf(command, file))
      const digest = createHash('sha256').update(stdout).digest('hex').slice(0, 16)
      received[name] = { status, stdout: digest, stderr: stderr.replaceAll(file, 'FILE') }
    }
    expect(received).toEqual(expected)
    expect(Object.keys(expected).length).toBeGreaterThan(15)
  })

  test.each(whole)('%s %s', async (name, command, recordedAs) => {
    const { stdout } = await ask(wordsOf(command, files[name] ?? ''))
    expect(stdout).toBe(readFileSync(join(recordedFolder, recordedAs), 'utf8'))
  })
})

describe('gen min_core_btf', () => {
  test('writes what the objects need of the types, as the real one does', async () => {
    const output = join(mkdtempSync(join(tmpdir(), 'gen-')), 'minimal.btf')
    const { status, stderr } = await ask(['gen', 'min_core_btf', minimal.input, output, ...minimal.objects])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(readFileSync(output).equals(readFileSync(minimal.recorded))).toBe(true)
    rmSync(dirname(output), { recursive: true })
  })

  test('is different for other objects', async () => {
    const output = join(mkdtempSync(join(tmpdir(), 'gen-')), 'other.btf')
    await ask(['gen', 'min_core_btf', minimal.input, output, ...minimal.objects.slice(1)])
    expect(readFileSync(output).length).toBeLessThan(readFileSync(minimal.recorded).length)
    rmSync(dirname(output), { recursive: true })
  })
})

describe('what a loader program can not do', () => {
  // The real bpftool dies of these: it has no BTF of the kernel's then, and no room for the variables.
  test('struct_ops maps', async () => {
    const { status, stderr } = await ask(['gen', 'skeleton', '-L', files['shapes.clang-19.o'] ?? ''])
    expect({ status, stderr }).toEqual({
      status: 161,
      stderr: "libbpf: map 'plain': a loader program can't have struct_ops maps\nError: failed to load object file\n",
    })
  })
})
