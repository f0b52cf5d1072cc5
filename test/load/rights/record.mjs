// Records what Debian's Linux 6.18 lets those do who don't have all rights, and what it makes of their programs; shows
// where ours does something else. For maintainers; see ../../steps/ask.ts.
//
//   node test/load/rights/record.mjs [--count N] COMMAND ARG ...
//
// COMMAND boots that kernel, or none: the running one. With a number of random programs nothing is kept.
import { fileURLToPath } from 'node:url'
import { common, run } from '../../steps/run.mjs'

const words = process.argv.slice(2)
const count = words[0] === '--count' ? words.splice(0, 2)[1] : ''
await run(new URL('record-main.ts', import.meta.url), [
  common[0],
  fileURLToPath(new URL('recorded/rights.json', import.meta.url)),
  count,
  ...words,
])
