// Compiles fixtures/src/*.c and records what a real kernel says about each of their programs, with its whole log. For
// maintainers; see ../steps/ask.ts. The recorded answers are those of Debian's Linux 6.18.
//
//   node test/verifier/record.mjs [--kernel NAME] [compile | COMMAND ARG ...]
//
// Without a command, the running kernel is asked: it must be the one whose profile is the default. With a kernel's name
// (7.2), it's the one of that profile, asked about fixtures/NAME/src/*.c.
import { fileURLToPath } from 'node:url'
import { compile } from '../../scripts/fixtures/compile.mjs'
import { common, run } from '../steps/run.mjs'

const words = process.argv.slice(2)
const [, profile = ''] = words[0] === '--kernel' ? words.splice(0, 2) : []
const folder = fileURLToPath(new URL(`fixtures/${profile}`, import.meta.url))
compile([], `test/verifier/fixtures/${profile}`)
if (words[0] !== 'compile') {
  await run(new URL('record-main.ts', import.meta.url), [common[0], folder, profile, ...words])
}
