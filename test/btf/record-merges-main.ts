import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { SEEDS, brief, withUnits } from './merges.ts'

const [bpftool = 'bpftool', to = ''] = process.argv.slice(2)
const answers: string[] = []
for (let seed = 1; seed <= SEEDS; seed++) {
  answers.push(
    await withUnits(seed, (words, folder) => {
      const { status, stdout, stderr } = spawnSync(bpftool, words, { encoding: 'utf8', maxBuffer: 1 << 26 })
      return brief(status ?? -1, stdout, stderr, folder)
    }),
  )
}
writeFileSync(to, `${JSON.stringify(answers, null, 0).replaceAll(',', ',\n')}\n`)
