// Compiles fixtures/src/*.c and records what a real kernel says about each of their programs, with its whole log. For
// maintainers; see ../steps/ask.ts. The recorded answers are those of Debian's Linux 6.18.
//
//   node test/verifier/record.mjs [compile | COMMAND ARG ...]
//
// Without a command, the running kernel is asked: it must be the one whose profile is the default.
import { fileURLToPath } from 'node:url'
import { compile } from '../../scripts/fixtures/compile.mjs'
import { common, run } from '../steps/run.mjs'

const folder = fileURLToPath(new URL('fixtures', import.meta.url))
const words = process.argv.slice(2)
compile([], 'test/verifier/fixtures')
if (words[0] !== 'compile') {
  await run(new URL('record-main.ts', import.meta.url), [common[0], folder, ...words])
}
