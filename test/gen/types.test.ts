import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { boot } from '../../src/index.ts'
import { Btf, Kind } from '../../src/btf/btf.ts'
import { TypeScript } from '../../src/library/typescript.ts'
import { Codecs, decode } from '../../src/library/codec.ts'
import { findBtfSections } from '../../src/cli/objects/btf-elf.ts'
import { answer, memoryMachine } from '../cli/memory.ts'
import { random } from '../random.ts'
import { objects } from './cases.mjs'
import type { Kernel } from '../../src/index.ts'

const root = resolve(import.meta.dirname, '../..')
const files = {
  ...objects(),
  odd: join(root, 'test/btf/recorded/odd.o'),
  gcc: join(root, 'test/btf/recorded/odd-gcc.o'),
}
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'types-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** A module of emitted TypeScript, run. */
async function runs(name: string, text: string): Promise<Record<string, (...args: unknown[]) => unknown>> {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
  })
  const file = join(folder, `${name}.mjs`)
  writeFileSync(file, outputText)
  return (await import(pathToFileURL(file).href)) as Record<string, (...args: unknown[]) => unknown>
}

/** What tsc says of files, as strictly as it can. */
function diagnostics(paths: readonly string[]): string[] {
  const program = ts.createProgram(paths, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
    types: [],
    strict: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    paths: { 'bpftool-sim': [join(root, 'dist/types/index.d.ts')] },
  })
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText, start }) => {
    const line = file && start !== undefined ? file.text.slice(start).split('\n')[0] : ''
    return `${file?.fileName.replace(folder, '') ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}: ${line}`
  })
}

describe('gen types', () => {
  test('is TypeScript that a strict compiler takes, of each object', async () => {
    const machine = memoryMachine()
    const paths: string[] = []
    for (const [name, file] of Object.entries(files)) {
      const { status, stdout } = await answer(['gen', 'types', file, 'name', 'test'], machine)
      if (status !== 0) continue
      paths.push(join(folder, `${name}.ts`))
      writeFileSync(paths.at(-1) as string, stdout)
    }
    const use = join(folder, 'use.ts')
    writeFileSync(
      use,
      `import type { Kernel } from 'bpftool-sim'
import { load, readEverything } from './typed_values.clang-19.o.ts'
export function use(kernel: Kernel): [bigint, number, string, string | Uint8Array] {
  const skel = load(kernel, 'file')
  const { value } = skel.data
  skel.data.value = { ...value, i: 3, e: 'SOME' }
  const element = skel.maps.everything.get(0)
  if (element === undefined) throw new Error('no element')
  // @ts-expect-error: no member of that name
  void element.nothing
  // @ts-expect-error: a number is no text
  element.text = 5
  return [value.l, element.bits.a, String(skel.programs.fill.name), readEverything(new Uint8Array(160)).text]
}
`,
    )
    expect(diagnostics([...paths, use])).toEqual([])
    expect(paths.length).toBeGreaterThan(55)
  })

  test('reads what the library reads', async () => {
    let structures = 0
    for (const [name, file] of Object.entries(files)) {
      const sections = findBtfSections(readFileSync(file), name)
      if (typeof sections === 'string' || sections.btf === undefined) continue
      const btf = Btf.parse(Uint8Array.from(sections.btf))
      if (!btf.littleEndian) continue
      const types = new TypeScript(btf, [])
      const codecs = new Codecs(btf)
      const ids: [id: number, name: string][] = []
      for (let id = 1; id < btf.typeCount; id++) {
        const isStruct = btf.kind(id) === Kind.STRUCT || btf.kind(id) === Kind.UNION
        if (isStruct && btf.name(id) !== '') ids.push([id, types.typeOf(id) ?? ''])
      }
      const module = await runs(name, `${types.declarations}\n${types.readers}`)
      const next = random(structures + 1)
      for (const [id, type] of ids) {
        const codec = codecs.of(id)
        if (codec === undefined) throw new Error(`${name}: ${type}`)
        for (const fill of [() => 0, () => 0xff, () => next() & 0xff, () => (next() % 3 ? 0x41 : 1)]) {
          const bytes = Uint8Array.from({ length: codec.size }, fill)
          const read = module[`read${type}`]
          expect({ name, type, value: read?.(bytes) }).toEqual({ name, type, value: decode(codec, bytes) })
        }
        structures++
      }
    }
    expect(structures).toBeGreaterThan(150)
  })

  test('gives a loaded object’s variables, maps and programs by name', async () => {
    const machine = memoryMachine()
    const file = join(root, 'fixtures/obj/globals.clang-19.o')
    const { stdout, stderr } = await answer(['gen', 'types', file], machine)
    expect(stderr).toBe('')
    const { load } = await runs('globals', stdout)
    const kernel = await boot()
    const skel = load?.(kernel, file) as {
      object: ReturnType<Kernel['load']>
      programs: Record<string, unknown>
      maps: Record<string, unknown>
    } & Record<string, Record<string, unknown>>
    const bySection: Record<string, Record<string, unknown>> = {}
    for (const section of Object.keys(skel)) {
      if (!['object', 'programs', 'maps'].includes(section)) bySection[section] = { ...skel[section] }
    }
    expect(Object.keys(bySection)).toEqual(expect.arrayContaining(['bss', 'data', 'rodata']))
    expect(Object.assign({}, ...Object.values(bySection))).toEqual({ ...skel.object.globals })
    for (const values of Object.values(bySection)) expect(Object.keys(values).length).toBeGreaterThan(0)
    const [name = ''] = Object.entries(bySection['bss'] ?? {}).find(([, value]) => typeof value === 'number') ?? []
    const bss = skel['bss'] ?? {}
    bss[name] = 77
    expect(skel.object.globals[name]).toBe(77)
    kernel.close()
  })
})
