// Records who may call which kernel function, and what each says of all sorts of arguments (kfuncs.ts); prints where
// ours differs. For maintainers; see ../steps/ask.ts. The recorded answers are those of Debian's Linux 6.18.
//
//   node test/verifier/record-kfuncs.mjs [COMMAND ARG ...]
//
// Without a command, the running kernel is asked, which must be that one.
import { fileURLToPath } from 'node:url'
import { common, run } from '../steps/run.mjs'

const file = fileURLToPath(new URL('recorded/kfuncs.json', import.meta.url))
await run(new URL('record-kfuncs-main.ts', import.meta.url), [...common, file, ...process.argv.slice(2)])
