// Random programs of kernel functions (random-kfuncs.ts), by the verifier here and by the running kernel's.
//
//   node test/verifier/compare-random.mjs [FIRST [COUNT]]
//
// Prints how many agree in errno and in the whole log, and what differs, by seed.
import { fileURLToPath } from 'node:url'
import { compareOn } from './running.mjs'

const source = fileURLToPath(new URL('../steps/ask.c', import.meta.url))
process.exitCode = await compareOn(new URL('compare-random-main.ts', import.meta.url), [
  source,
  ...process.argv.slice(2),
])
