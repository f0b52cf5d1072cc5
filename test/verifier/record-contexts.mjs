// Records what a real kernel lets programs do with each byte of their contexts (contexts.ts), and prints where ours
// differs. For maintainers; see ../steps/ask.ts. The recorded answers are those of Debian's Linux 6.18.
//
//   node test/verifier/record-contexts.mjs [COMMAND ARG ...]
//
// Without a command, the running kernel is asked.
import { fileURLToPath } from 'node:url'
import { common, run } from '../steps/run.mjs'

const file = fileURLToPath(new URL('recorded/contexts.json', import.meta.url))
await run(new URL('record-contexts-main.ts', import.meta.url), [...common, file, ...process.argv.slice(2)])
