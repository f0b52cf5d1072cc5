import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Step } from './answers.ts'
import { answer, folderOf, removeFolder } from './answers.ts'
import { kept } from './kept.mjs'

// What compare.mjs runs: see there.
const [kernel = '', file = '', out = '', ...paths] = process.argv.slice(2)
const { steps } = JSON.parse(readFileSync(file, 'utf8')) as { steps: Step[] }
const folder = folderOf(Object.fromEntries(paths.map((path) => [path.replace(/.*\//, ''), resolve(path)])))
const mask = kept
const counts = { verdict: 0, plain: 0, log: 0, steps: 0 }
for (const [i, step] of steps.entries()) {
  const object = step.argv.find((word) => word.endsWith('.o')) ?? ''
  if (!paths.some((path) => path.endsWith(`/${object}`))) continue
  const debug = step.argv[0] === '-d'
  const ours = await answer(kernel, step.argv, folder)
  const same =
    ours.status === step.status && mask(ours.stdout) === mask(step.stdout) && mask(ours.stderr) === mask(step.stderr)
  const marks: string[] = []
  if (ours.status !== step.status) marks.push('VERDICT')
  if (!same) marks.push(debug ? 'log' : 'MESSAGES')
  if (debug) counts.steps++
  if (debug && same) counts.log++
  if (!debug && same) counts.plain++
  if (!debug && ours.status === step.status) counts.verdict++
  if (marks.length > 0) {
    console.log(kernel, step.argv.join(' '), marks.join(' '))
    if (out !== '') {
      writeFileSync(join(out, `${i}.real`), `${step.status}\n${step.stdout}${mask(step.stderr)}`)
      writeFileSync(join(out, `${i}.ours`), `${ours.status}\n${ours.stdout}${mask(ours.stderr)}`)
      console.log(`  ${join(out, `${i}.{real,ours}`)}`)
    }
  }
}
removeFolder(folder)
console.log(
  `Linux ${kernel}: ${counts.steps} objects; the same verdict of ${counts.verdict}, messages of ${counts.plain}, logs of ${counts.log}`,
)
