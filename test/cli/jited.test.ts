import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readWasmImage } from '../../src/isa/wasm-image.ts'
import { runStep } from '../replay/replay.ts'

interface Insn {
  pc: string
  operation: string
  operands: (string | null)[]
  opcodes: string[]
  line_num?: number
}
interface Func {
  proto: string
  name: string
  insns: Insn[]
}

describe('prog dump jited', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bpftool-sim-jited-'))
  const bpftool = async (...argv: string[]) => {
    const { status, stdout, stderr } = await runStep(argv, folder, { BPFTOOL_STATE: join(folder, 'machine') })
    expect([stderr, status]).toEqual(['', 0])
    return stdout
  }
  const dump = ['prog', 'dump', 'jited', 'pinned', '/sys/fs/bpf/p/compute']

  beforeAll(() => bpftool('prog', 'loadall', resolve('fixtures/obj/subprogs.clang-19.o'), '/sys/fs/bpf/p'))
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  test('writes a module that the engine takes, of the size that prog show tells', async () => {
    await bpftool(...dump, 'file', 'image')
    const image = readFileSync(join(folder, 'image'))
    expect(WebAssembly.validate(image)).toBe(true)
    expect(await bpftool('prog', 'show', 'pinned', '/sys/fs/bpf/p/compute')).toContain(`jited ${image.length}B`)
  })

  test('shows each function, all of its bytes, and where the source lines are', async () => {
    await bpftool(...dump, 'file', 'image')
    const image = readFileSync(join(folder, 'image'))
    const functions = JSON.parse(await bpftool('-j', ...dump, 'opcodes', 'linum')) as Func[]
    const xlated = JSON.parse(await bpftool('-j', 'prog', 'dump', 'xlated', 'pinned', '/sys/fs/bpf/p/compute')) as {
      proto?: string
    }[]
    expect(functions.map(({ proto }) => proto)).toEqual(xlated.flatMap(({ proto }) => proto ?? []))
    expect(functions.length).toBe(4)
    const places = readWasmImage(image)?.functions ?? []
    functions.forEach(({ name, insns }, i) => {
      expect(name).toMatch(/^bpf_prog_[0-9a-f]{16}_(compute|sum|cube|square)$/)
      const bytes = insns.flatMap(({ opcodes }) => opcodes.map(Number))
      const { at, length } = places[i] ?? { at: 0, length: 0 }
      expect(bytes).toEqual([...image.subarray(at, at + length)])
      let pc = 0
      for (const insn of insns) {
        expect(Number(insn.pc)).toBe(pc)
        pc += insn.opcodes.length
        expect(insn.operands.length).toBeGreaterThan(0)
      }
      expect(insns[0]?.operation).toBe('local')
      expect(insns[0]?.line_num).toBeGreaterThan(0)
      expect(insns.at(-1)?.operation).toBe('end')
    })
    const calls = functions[0]?.insns.filter(({ operation }) => operation === 'call').map(({ operands }) => operands[0])
    expect(calls).toContain(`$${functions[1]?.name}`)
  })

  test('says the same in text', async () => {
    const functions = JSON.parse(await bpftool('-j', ...dump)) as Func[]
    const text = await bpftool(...dump)
    const lines = text.split('\n').filter((line) => /^ *[0-9a-f]+:\t/.test(line))
    const words = functions.flatMap(({ insns }) =>
      insns.map(({ pc, operation, operands }) => {
        const said = [operation, ...operands.filter((operand) => operand !== null)].join(' ')
        return `${pc.slice(2)}: ${operation === 'local' ? `(${said})` : said}`
      }),
    )
    expect(lines.map((line) => line.trim().replace(/:\t */, ': '))).toEqual(words)
    expect(text).toContain('int compute(struct xdp_md * ctx):\nbpf_prog_')
  })

  test('names the functions of programs among the kernel symbols', async () => {
    const calls = (await bpftool('prog', 'dump', 'xlated', 'pinned', '/sys/fs/bpf/p/compute')).match(/call pc.*/g)
    expect(calls).toEqual([
      expect.stringMatching(/^call pc\+2#bpf_prog_[0-9a-f]{16}_sum$/),
      expect.stringMatching(/^call pc\+7#bpf_prog_[0-9a-f]{16}_cube$/),
      expect.stringMatching(/^call pc\+7#bpf_prog_[0-9a-f]{16}_square$/),
      expect.stringMatching(/^call pc\+2#bpf_prog_[0-9a-f]{16}_square$/),
    ])
  })
})
