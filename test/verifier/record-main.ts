import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask } from '../steps/ask.ts'
import { brief } from '../steps/recorded.ts'
import { programSteps, settled } from './program-steps.ts'

const [source = '', folder = '', profile = '', ...boot] = process.argv.slice(2)
const files = readdirSync(join(folder, 'obj')).filter((file) => file.endsWith('.o'))
const cases = files.flatMap((file) =>
  programSteps(readFileSync(join(folder, 'obj', file)), file, profile === '' ? {} : { profile }).map(
    ([name, steps]) => ({ file, name, steps }),
  ),
)
const answers = await ask(
  source,
  boot,
  cases.map(({ steps }) => steps),
)
mkdirSync(join(folder, 'recorded'), { recursive: true })
for (const file of files) {
  const lines = cases.flatMap(({ name, steps, ...one }, i) => {
    const all = answers[i] ?? []
    if (one.file !== file) return []
    const broken = all.slice(0, -1).find(({ errno }) => errno !== 0)
    if (broken)
      throw new Error(`${file}: ${name}: step ${all.indexOf(broken)} of ${steps.length}: errno ${broken.errno}`)
    const last = all.at(-1)
    return last ? [`${JSON.stringify(name)}:${JSON.stringify(brief(settled(last)))}`] : []
  })
  writeFileSync(join(folder, 'recorded', file.replace(/\.o$/, '.json')), `{\n${lines.join(',\n')}\n}\n`)
}
console.log(`${cases.length} programs of ${files.length} objects`)
