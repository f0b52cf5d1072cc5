import { ProgType } from '../../src/uapi/prog-type.ts'
import type { Case } from './program.ts'
import { btfStep, callTo, exit, insn, load64, loadOf, zero } from './program.ts'

/** Instructions alone: opcodes, fields, jumps, functions. */

function opcodes(): Case[] {
  return Array.from({ length: 256 }, (_, op): Case[] => [
    [`opcode ${op}`, loadOf([zero, insn(op), exit])],
    [`opcode ${op}, with all fields`, loadOf([zero, insn(op, 1, 2, 1, 7), zero, exit])],
  ]).flat()
}

function loads64(): Case[] {
  const cases: Case[] = []
  for (let src = 0; src < 16; src++) {
    for (const [low, high] of [
      [0, 0],
      [0, 1],
      [-1, 0],
      [4095, 0],
      [1, 0],
    ] as const)
      // prettier-ignore
      cases.push([`ld_imm64 src ${src} imm ${low} ${high}`, loadOf([load64(src, low, high), zero, exit])])
  }
  const first = insn(0x18, 1)
  return [
    ...cases,
    ['ld_imm64 at the end', loadOf([zero, first])],
    ['ld_imm64, second slot with code', loadOf([first, insn(0xb7), zero, exit])],
    ['ld_imm64, second slot with dst', loadOf([first, insn(0, 1), zero, exit])],
    ['ld_imm64, second slot with src', loadOf([first, insn(0, 0, 1), zero, exit])],
    ['ld_imm64, second slot with off', loadOf([first, insn(0, 0, 0, 1), zero, exit])],
    ['ld_imm64 with off', loadOf([insn(0x18, 1, 0, 1), insn(0), zero, exit])],
    ['ld_imm64 to r11', loadOf([insn(0x18, 11), insn(0), zero, exit])],
    ['ld_imm64 of 32 bits', loadOf([insn(0x10, 1), insn(0), zero, exit])],
    ['jump into a ld_imm64', loadOf([insn(0x05, 0, 0, 1), load64(0, 0), zero, exit])],
    ['jump into a ld_imm64, also from before', loadOf([zero, insn(0x15, 0, 0, 1), load64(0, 0), zero, exit])],
    ['second slot alone', loadOf([zero, insn(0), exit])],
  ]
}

function jumps(): Case[] {
  const cases: Case[] = []
  for (const off of [-32768, -3, -2, -1, 0, 1, 2, 3, 32767]) {
    cases.push([`ja ${off}`, loadOf([zero, insn(0x05, 0, 0, off), zero, exit])])
    cases.push([`jeq ${off}`, loadOf([zero, insn(0x15, 0, 0, off), zero, exit])])
    cases.push([`jeq32 ${off}`, loadOf([zero, insn(0x16, 0, 0, off), zero, exit])])
    cases.push([`may_goto ${off}`, loadOf([zero, insn(0xe5, 0, 0, off), zero, exit])])
  }
  for (const imm of [-0x80000000, -3, -2, -1, 0, 1, 2, 3, 0x7ffffffe, 0x7fffffff]) {
    cases.push([`gotol ${imm}`, loadOf([zero, insn(0x06, 0, 0, 0, imm), zero, exit])])
  }
  return [
    ...cases,
    ['jump over an instruction', loadOf([insn(0x05, 0, 0, 1), zero, zero, exit])],
    ['after exit', loadOf([zero, exit, zero])],
    ['after exit, another', loadOf([zero, exit, zero, exit])],
    ['two that nobody reaches', loadOf([zero, exit, zero, insn(0x05, 0, 0, -2)])],
    ['loop alone', loadOf([insn(0x05, 0, 0, -1)])],
    ['no exit', loadOf([zero])],
    ['exit of 32 bits', loadOf([zero, insn(0x96)])],
    ['call at the end', loadOf([zero, insn(0x85, 0, 0, 0, 5)])],
    ['exit alone', loadOf([exit])],
    ['legacy exit in front', loadOf([exit, exit])],
    ['gotox', loadOf([zero, insn(0x0d), exit])],
    ['ja with a register', loadOf([zero, insn(0x0e), exit])],
  ]
}

function functions(): Case[] {
  const callBack = (n: number) => insn(0x18, 2, 4, 0, n)
  const cases: Case[] = []
  for (const imm of [-0x80000000, -100, -3, -2, -1, 0, 1, 2, 3, 4, 100, 0x7fffffff]) {
    cases.push([`call ${imm}`, loadOf([zero, callTo(imm), zero, exit, zero, exit])])
    cases.push([`func ${imm}`, loadOf([callBack(imm), insn(0), zero, exit, zero, exit])])
  }
  const many = (count: number) => {
    const body = Array.from({ length: count }, (_, i) => callTo(count + 1 - i + i * 2))
    return loadOf([...body, zero, exit, ...Array.from({ length: count }, () => [zero, exit]).flat()])
  }
  const tailCall = insn(0x85, 0, 0, 0, 12)
  const abs = insn(0x30)
  return [
    ...cases,
    ['fall through into a function', loadOf([callTo(1), zero, zero, exit])],
    ['jump out of a function', loadOf([callTo(2), zero, exit, zero, insn(0x05, 0, 0, -4)])],
    ['jump into another function', loadOf([callTo(3), insn(0x05, 0, 0, 2), zero, exit, zero, exit])],
    ['branch into another function', loadOf([zero, callTo(3), insn(0x15, 0, 0, 3), zero, exit, zero, exit])],
    ['function that is only called from what nobody reaches', loadOf([zero, exit, callTo(1), exit, zero, exit])],
    ['function with an unreachable end', loadOf([callTo(1), exit, zero, exit, zero, exit])],
    ['into the middle of a ld_imm64', loadOf([callTo(3), zero, exit, load64(0, 0), zero, exit])],
    ['255 functions', many(255)],
    ['256 functions', many(256)],
    ['300 functions', many(300)],
    ['tail call in a function', loadOf([callTo(1), exit, tailCall, zero, exit])],
    ['ld_abs in a function', loadOf([callTo(1), exit, abs, zero, exit])],
    ['ld_ind in a function', loadOf([callTo(1), exit, insn(0x50), zero, exit])],
    ['both in two functions', loadOf([callTo(2), callTo(3), exit, tailCall, exit, abs, exit])],
    ['tail call by a register', loadOf([callTo(1), exit, insn(0x8d, 0, 0, 0, 12), zero, exit])],
  ]
}

function kfuncs(): Case[] {
  const call = (id: number, off = 0) => insn(0x85, 0, 2, off, id)
  const xdp = { progType: ProgType.XDP }
  return [
    ...[0, 1, 0x7fffffff, -1, 0xfffff].map((id): Case => [`kfunc ${id}`, loadOf([call(id), zero, exit], xdp)]),
    ...[-1, -32768, 1, 2, 32767].map((off): Case => [
      `kfunc of module ${off}`,
      loadOf([call(1, off), zero, exit], xdp),
    ]),
    ['kfunc of a BTF', [btfStep(), ...withFds('btf', call(1, 1))]],
    ['kfunc of no descriptor', withFds('nothing', call(1, 1))],
    ['kfunc that nobody reaches', loadOf([zero, exit, call(1)], xdp)],
    ['kfunc of no name', loadOf([call(0, 1), zero, exit], xdp)],
  ]
}

function withFds(name: string, insn: Uint8Array): Case[1] {
  const [step] = loadOf([insn, zero, exit])
  return step?.op === 'progLoad' ? [{ ...step, fdArray: [name, name] }] : []
}

function sizes(): Case[] {
  const of = (count: number) => loadOf([...Array.from({ length: count - 1 }, () => zero), exit])
  return [
    ['no instructions', loadOf([])],
    ['5000 instructions, and an unreachable one', loadOf([...Array.from({ length: 4998 }, () => zero), exit, exit])],
    ['one instruction', of(1)],
  ]
}

export function insnCases(): Case[] {
  return [...opcodes(), ...loads64(), ...jumps(), ...functions(), ...kfuncs(), ...sizes()]
}
