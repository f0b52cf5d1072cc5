// Arguments of kernel functions as programs that are attached to them see them, on a real kernel and on ours. For
// maintainers; see ../steps/ask.ts. The types are those of Debian's Linux 6.18: it must be the kernel that is asked.
//
//   node test/verifier/arguments.mjs EVERY COMMAND ARG ...      compares; of tracepoints it takes each EVERY-th
//   node test/verifier/arguments.mjs --record COMMAND ARG ...   keeps the answers for the tests
import { fileURLToPath } from 'node:url'
import { common, run } from '../steps/run.mjs'

const file = fileURLToPath(new URL('recorded/arguments.json', import.meta.url))
await run(new URL('arguments-main.ts', import.meta.url), [...common, file, ...process.argv.slice(2)])
