import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { random } from '../random.ts'
import { mutated } from './mutate.ts'

/** Object files that are linked, those of the fixtures and of links/, by `gen object`, with -d. */

const folderOf = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const links = folderOf('links/')
const fixtures = [folderOf('../../fixtures/obj/'), folderOf('obj/')]
/** How many changed objects, and pairs and triples, are recorded. */
const CHANGED = 400
const CHOSEN = 150

/** Names of the inputs; `changed SEED` is an object with some of its bytes changed. */
export type LinkCase = string[]

/** `roots` of the test's own, not those of the module that bundling makes. */
export function linkCases(root: { links: string; fixtures: readonly string[] } = { links, fixtures }): {
  cases: LinkCase[]
  pathOf: (name: string) => string
} {
  const paths = new Map<string, string>()
  for (const folder of [...root.fixtures, root.links]) {
    for (const name of readdirSync(folder).sort()) if (name.endsWith('.o')) paths.set(name, join(folder, name))
  }
  const names = [...paths.keys()]
  const cases: LinkCase[] = names.map((name) => [name])
  for (const clang of [14, 19, 22]) {
    cases.push([`link_one.clang-${clang}.o`, `link_two.clang-${clang}.o`])
    cases.push([`link_two.clang-${clang}.o`, `link_one.clang-${clang}.o`])
  }
  cases.push(['link_one.clang-14.o', 'link_two.clang-22.o'], ['link_one-eb.clang-19.o', 'link_two-eb.clang-19.o'])
  for (const name of names.filter((each) => each.startsWith('link_wrong'))) {
    cases.push(['link_one.clang-19.o', name], [name, 'link_one.clang-19.o'])
  }
  const next = random(1)
  const pick = () => names[next() % names.length] as string
  for (let i = 0; i < CHOSEN; i++) cases.push(Array.from({ length: 2 + (next() % 2) }, pick))
  for (let seed = 1; seed <= CHANGED; seed++) cases.push([`changed ${seed}`])
  for (let seed = 1; seed <= CHANGED; seed += 8) cases.push([pick(), `changed ${seed}`])
  cases.push(['no-such-file.o'], ['link_one.clang-19.o', 'link_one.clang-19.o'])
  return { cases, pathOf: (name) => paths.get(name) ?? name }
}

/** Links a case in a folder. @param ask runs a command. @returns what is recorded of its answer. */
export async function link(
  names: LinkCase,
  pathOf: (name: string) => string,
  all: readonly string[],
  folder: string,
  ask: (words: string[]) => Promise<{ status: number; stdout: string; stderr: string }>,
): Promise<{ status: number; says: string; made: string }> {
  const inputs = names.map((name, i) => {
    const file = join(folder, `${i}.o`)
    const [, seed] = /^changed (\d+)$/.exec(name) ?? []
    if (seed === undefined) {
      if (name === 'no-such-file.o') return join(folder, name)
      writeFileSync(file, readFileSync(pathOf(name)))
      return file
    }
    const next = random(Number(seed) + 1000)
    writeFileSync(file, mutated(readFileSync(pathOf(all[next() % all.length] as string)), next))
    return file
  })
  const output = join(folder, 'linked.o')
  rmSync(output, { force: true })
  const { status, stdout, stderr } = await ask(['-d', 'gen', 'object', output, ...inputs])
  const says = `${stdout}${stderr}`.replaceAll(`${folder}/`, '')
  // The last two lines tell why; of the rest a digest is enough.
  const lines = says.split('\n').slice(0, -1)
  return {
    status,
    says: `${digest(says)} ${status === 0 ? '' : lines.slice(-2).join(' | ')}`.trim(),
    made: status === 0 ? digest(readFileSync(output)) : '',
  }
}

function digest(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex').slice(0, 12)
}
