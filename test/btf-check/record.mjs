// Records what a real kernel answers to the BTF of cases.ts, and to some random BTF. For maintainers; see
// ../steps/ask.ts. The recorded answers are those of Debian's Linux 6.18.
//
//   node test/btf-check/record.mjs [COMMAND ARG ...]
//
// Without a command, the running kernel is asked.
import { fileURLToPath } from 'node:url'
import { common, run } from '../steps/run.mjs'

const folder = fileURLToPath(new URL('recorded', import.meta.url))
await run(new URL('record-main.ts', import.meta.url), [...common, folder, ...process.argv.slice(2)])
