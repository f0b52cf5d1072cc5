// Records what Debian's Linux 6.18 says to programs that replace a function of another program, or trace one, and shows
// where ours says something else. For maintainers; see ../../steps/ask.ts.
//
//   node test/load/attach/record.mjs COMMAND ARG ...
//
// COMMAND boots that kernel.
import { fileURLToPath } from 'node:url'
import { compile } from '../../../scripts/fixtures/compile.mjs'
import { common, run } from '../../steps/run.mjs'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
process.chdir(path('../../..'))
compile([], 'test/load/attach')
const boot = process.argv.slice(2)
await run(new URL('record-main.ts', import.meta.url), [
  common[0],
  path('obj/attach.clang-19.o'),
  path('recorded/attach.json'),
  ...boot,
])
