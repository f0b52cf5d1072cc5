import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { SEEDS, brief, withModule, withUnits } from './merges.ts'

const [bpftool = 'bpftool', to = '', modulesTo = ''] = process.argv.slice(2)
const ask = (words: string[], folder: string) => {
  const { status, stdout, stderr } = spawnSync(bpftool, words, { encoding: 'utf8', maxBuffer: 1 << 26 })
  return brief(status ?? -1, stdout, stderr, folder)
}
const answers: string[] = []
const modules: string[][] = []
for (let seed = 1; seed <= SEEDS; seed++) {
  answers.push(await withUnits(seed, ask))
  modules.push(await withModule(seed, ask))
}
writeFileSync(to, `${JSON.stringify(answers, null, 0).replaceAll(',', ',\n')}\n`)
writeFileSync(modulesTo, `${JSON.stringify(modules, null, 0).replaceAll('],', '],\n')}\n`)
