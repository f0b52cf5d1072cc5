// Programs that are refused for what they are made of, on a real kernel and on ours. For maintainers; see
// ../steps/ask.ts.
//
//   node test/load/compare.mjs [COUNT [COMMAND ARG ...]]            compares, with COUNT random programs too
//   node test/load/compare.mjs --record [COUNT [COMMAND ARG ...]]   and keeps the answers for the tests
//
// Without a command, the running kernel is asked; then cases that name the kernel's types are left out. The recorded
// answers are those of Debian's Linux 6.18. What a kernel refuses only while it follows the program is not compared.
import { fileURLToPath } from 'node:url'
import { common, run } from '../steps/run.mjs'

const [first, ...rest] = process.argv.slice(2)
const record = first === '--record'
const file = record ? fileURLToPath(new URL('recorded/cases.json', import.meta.url)) : ''
const args = record ? rest : process.argv.slice(2)
await run(new URL('compare-main.ts', import.meta.url), [...common, file, ...args])
