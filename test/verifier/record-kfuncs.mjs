// Records who may call which kernel function, and what each says of all sorts of arguments (kfuncs.ts); prints where
// ours differs. For maintainers; see ../steps/ask.ts. The recorded answers are those of Debian's Linux 6.18.
//
//   node test/verifier/record-kfuncs.mjs [--kernel NAME] [COMMAND ARG ...]
//
// Without a command, the running kernel is asked, which must be that one, or the one of the profile that is named (7.2).
import { fileURLToPath } from 'node:url'
import { common, run } from '../steps/run.mjs'

const folder = fileURLToPath(new URL('recorded', import.meta.url))
const words = process.argv.slice(2)
const [, kernel = '6.18'] = words[0] === '--kernel' ? words.splice(0, 2) : []
await run(new URL('record-kfuncs-main.ts', import.meta.url), [...common, folder, kernel, ...words])
