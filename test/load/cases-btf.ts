import { Kind } from '../../src/btf/kinds.ts'
import type { ProgLoadAttr } from '../../src/uapi/attr.ts'
import { BtfBuilder } from '../btf-check/builder.ts'
import type { Step } from '../steps/step.ts'
import type { Case } from './program.ts'
import { attrOf, callTo, code, exit, insn, load64, zero } from './program.ts'

/** What a program says of its functions and lines. All programs but the last ones have an instruction too many. */

interface Library {
  btf: Uint8Array
  id: Readonly<Record<string, number>>
  text: (name: string) => number
}

function library(): Library {
  const b = new BtfBuilder()
  const id: Record<string, number> = {}
  id['int'] = b.int('int', 4, 1)
  id['wide'] = b.int('wide', 16)
  id['bits'] = b.int('bits', 4, 0, 31)
  id['enum'] = b.add('e', Kind.ENUM, 0, 4)
  id['enum64'] = b.add('e64', Kind.ENUM64, 0, 8)
  id['struct'] = b.struct('s', 4, [['a', 1, 0]])
  id['pointer'] = b.ref(Kind.PTR, 1)
  id['typedef'] = b.ref(Kind.TYPEDEF, 1, 't')
  const func = (name: string, returned: number, linkage = 0) => {
    id[name] = b.add(name, Kind.FUNC, linkage, b.add('', Kind.FUNC_PROTO, 0, returned))
    return id[name]
  }
  const main = func('main', 1)
  func('second', 1)
  func('global', 1, 1)
  func('nothing', 0)
  for (const type of ['wide', 'bits', 'enum', 'enum64', 'struct', 'pointer', 'typedef'])
    func(`of_${type}`, id[type] ?? 0)
  const tagged = func('tagged', 1)
  b.tag('exception_callback:global', tagged)
  const twice = func('twice', 1)
  b.tag('exception_callback:global', twice)
  b.tag('exception_callback:second', twice)
  b.tag('exception_callback:missing', func('misses', 1))
  b.tag('exception_callback:second', func('wants_static', 1))
  b.tag('exception_callback:', func('wants_none', 1))
  b.tag('other:global', main)
  const line = b.name('  int a = 1;')
  const file = b.name('a.c')
  return { btf: b.build(), id, text: (name) => (name === 'file' ? file : line) }
}

/** Words as records. */
function records(size: number, all: readonly (readonly number[])[]): Uint8Array {
  const bytes = Buffer.alloc(size * all.length)
  all.forEach((words, i) => {
    words.forEach((word, w) => bytes.writeUInt32LE(word >>> 0, i * size + w * 4))
  })
  return Uint8Array.from(bytes)
}

const one = [zero, exit, exit]
/** Three functions: at 0, 2 and 4. */
const three = [callTo(1), exit, callTo(1), exit, zero, exit]
const threeBad = [...three, exit]

export function progBtfCases(): Case[] {
  const { btf, id, text } = library()
  const load = (insns: readonly Uint8Array[], more: Partial<ProgLoadAttr>, fd: string | undefined = 'btf'): Step[] => [
    { op: 'btfLoad', attr: { btf }, as: 'btf' },
    { op: 'progLoad', attr: attrOf(code(...insns), more), ...(fd && { fds: { progBtfFd: fd } }) },
  ]
  const main = id['main'] ?? 0
  const funcs = (all: readonly (readonly number[])[], size = 8) => ({
    funcInfo: records(size, all),
    funcInfoRecSize: size,
  })
  const lines = (all: readonly (readonly number[])[], size = 16) => ({
    lineInfo: records(size, all),
    lineInfoRecSize: size,
  })
  const line = (off: number, number = 1): number[] => [off, text('file'), text('line'), number << 10]
  const third = (name: string) => funcs([[0, main], [2, id[name] ?? 0], [4, id['second'] ?? 0]]) // prettier-ignore
  const callback = (mainName: string, second = 'global', insns: readonly Uint8Array[] = threeBad) =>
    load(insns, funcs([[0, id[mainName] ?? 0], [2, id[second] ?? 0], [4, id['second'] ?? 0]])) // prettier-ignore

  const funcCases: Case[] = [
    ...[0, 4, 7, 9, 252, 256].map((size): Case => [
      `functions of ${size} bytes`,
      load(one, { funcInfo: new Uint8Array(Math.max(size, 8)), funcInfoRecSize: size }),
    ]),
    ['functions with zeros behind', load(one, funcs([[0, main, 0, 0]], 16))],
    ['functions with something behind', load(one, funcs([[0, main, 0, 1]], 16))],
    ['function not at 0', load(one, funcs([[1, main]]))],
    ['function of no type', load(one, funcs([[0, 0]]))],
    ['function of an int', load(one, funcs([[0, 1]]))],
    ['function of a type that is too high', load(one, funcs([[0, 0xffff]]))],
    ['function of a negative type', load(one, funcs([[0, -1]]))],
    ['function', load(one, funcs([[0, main]]))],
    ['two functions for one', load(one, funcs([[0, main], [1, main]]))], // prettier-ignore
    ['functions in no order', load(threeBad, funcs([[0, main], [4, main], [2, main]]))], // prettier-ignore
    ['functions at one place', load(threeBad, funcs([[0, main], [2, main], [2, main]]))], // prettier-ignore
    ['too few functions', load(threeBad, funcs([[0, main], [2, main]]))], // prettier-ignore
    ['functions elsewhere', load(threeBad, funcs([[0, main], [2, main], [5, main]]))], // prettier-ignore
    ['three functions', load(threeBad, third('main'))],
    ['no descriptor', load(one, funcs([[0, main]]), undefined)],
    ["a descriptor that isn't one", load(one, funcs([[0, main]]), 'nothing')],
    ['BTF alone', load(one, {})],
  ]

  const tailCall = insn(0x85, 0, 0, 0, 12)
  const returns = [
    'main',
    'nothing',
    'of_wide',
    'of_bits',
    'of_enum',
    'of_enum64',
    'of_struct',
    'of_pointer',
    'of_typedef',
  ]
  const returnCases = returns.flatMap((name): Case[] => {
    const info = funcs([[0, main], [2, id[name] ?? 0]]) // prettier-ignore
    return [
      [`tail call in ${name}`, load([callTo(1), exit, tailCall, zero, exit, exit], info)],
      [`ld_abs in ${name}`, load([callTo(1), exit, insn(0x30), zero, exit, exit], info)],
    ]
  })

  const lineCases: Case[] = [
    ...[0, 8, 12, 16, 18, 20, 252, 256].map((size): Case => [
      `lines of ${size} bytes`,
      load(one, { lineInfo: new Uint8Array(Math.max(size, 16)), lineInfoRecSize: size }),
    ]),
    ['lines with zeros behind', load(one, lines([[...line(0), 0]], 20))],
    ['lines with something behind', load(one, lines([[...line(0), 1]], 20))],
    ['line', load(one, lines([line(0)]))],
    ['line not at 0', load(one, lines([line(1)]))],
    ['line behind the end', load(one, lines([line(3)]))],
    ['line far behind the end', load(one, lines([line(-1)]))],
    ['lines in no order', load(one, lines([line(0), line(2), line(1)]))],
    ['lines at one place', load(one, lines([line(0), line(0)]))],
    ['line in a ld_imm64', load([load64(0, 0), zero, exit, exit], lines([line(0), line(1)]))],
    ['line of no text', load(one, lines([[0, text('file'), 0xffff, 0]]))],
    ['line of no file', load(one, lines([[0, 0xffff, text('line'), 0]]))],
    ['lines for one function of three', load(threeBad, lines([line(0)]))],
    ['lines for two functions of three', load(threeBad, lines([line(0), line(2)]))],
    ['lines for the last function only', load(threeBad, lines([line(0), line(4)]))],
    ['lines for three functions', load(threeBad, lines([line(0), line(2), line(4)]))],
    ['lines and functions', load(threeBad, { ...third('main'), ...lines([line(0), line(2), line(4)]) })],
    ['lines, no descriptor', load(one, lines([line(0)]), undefined)],
    ['lines and a tail call', load([callTo(1), exit, tailCall, zero, exit, exit], lines([line(0), line(2)]))],
  ]

  const relos = (all: readonly (readonly number[])[], size = 16) => ({
    coreRelos: records(size, all),
    coreReloRecSize: size,
  })
  const reloCases: Case[] = [
    ...[0, 8, 12, 18, 252, 256].map((size): Case => [
      `relocations of ${size} bytes`,
      load(one, { ...lines([line(0)]), coreRelos: new Uint8Array(Math.max(size, 16)), coreReloRecSize: size }),
    ]),
    ['relocations with something behind', load(one, { ...lines([line(0)]), ...relos([[0, 1, 0, 0, 1]], 20) })],
    ['relocation in the middle', load(one, { ...lines([line(0)]), ...relos([[4, 1, 0, 0]]) })],
    ['relocation behind the end', load(one, { ...lines([line(0)]), ...relos([[24, 1, 0, 0]]) })],
    ['relocations alone', load(one, relos([[24, 1, 0, 0]]))],
  ]

  const exceptionCases: Case[] = [
    ['callback for exceptions', callback('tagged')],
    ['two of them', callback('twice')],
    ['one that is missing', callback('misses')],
    ['one that is static', callback('wants_static', 'second')],
    ['one without a name', callback('wants_none')],
    ['one that is no function of the program', callback('tagged', 'second')],
    ['one that is the program itself', load(one, funcs([[0, id['global'] ?? 0]]))],
    ['one that nobody calls', callback('tagged', 'global', [zero, exit, zero, exit, zero, exit, exit])],
    ['another tag', callback('main')],
  ]
  return [...funcCases, ...returnCases, ...lineCases, ...reloCases, ...exceptionCases]
}
