import { isDeepStrictEqual } from 'node:util'
import { runWild } from './wild-world.ts'

const [first = '1', count = '100000'] = process.argv.slice(2)
const from = Number(first)
const errors = new Map<string, number>()
const different: number[] = []
let clean = 0
for (let seed = from; seed < from + Number(count); seed++) {
  const one = runWild(seed, 'interpreter')
  const other = runWild(seed, 'compiler')
  if (!isDeepStrictEqual(one, other)) {
    different.push(seed)
    if (different.length <= 3) console.log(seed, one, other)
  }
  const error = one['error']
  if (typeof error === 'string') errors.set(error, (errors.get(error) ?? 0) + 1)
  else clean++
}
console.log(
  JSON.stringify({ programs: Number(count), clean, different: different.slice(0, 20), count: different.length }),
)
console.log([...errors].sort((a, b) => b[1] - a[1]).slice(0, 25))
process.exitCode = different.length > 0 ? 1 : 0
