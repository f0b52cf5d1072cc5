// Maps with types for their keys and values, on a real kernel and on ours. For maintainers; see ../steps/ask.ts.
//
//   node test/map-btf/compare.mjs [COUNT [COMMAND ARG ...]]            compares, with COUNT random BTF too
//   node test/map-btf/compare.mjs --record [COUNT [COMMAND ARG ...]]   and keeps the answers for the tests
//
// Without a command, the running kernel is asked. The recorded answers are those of Debian's Linux 6.18.
import { fileURLToPath } from 'node:url'
import { common, run } from '../steps/run.mjs'

const [first, ...rest] = process.argv.slice(2)
const record = first === '--record'
const file = record ? fileURLToPath(new URL('recorded/cases.json', import.meta.url)) : ''
const args = record ? rest : process.argv.slice(2)
await run(new URL('compare-main.ts', import.meta.url), [...common, file, ...args])
