// Records what Debian's Linux 6.18 says to programs whose CO-RE relocations it is to make itself, and shows where ours
// says something else. For maintainers; see ../../steps/ask.ts.
//
//   node test/load/core/record.mjs COMMAND ARG ...
//
// COMMAND boots that kernel: what it shows depends on what it was asked since.
import { fileURLToPath } from 'node:url'
import { compile } from '../../../scripts/fixtures/compile.mjs'
import { common, run } from '../../steps/run.mjs'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
process.chdir(path('../../..'))
compile([], 'test/load/core')
const boot = process.argv.slice(2)
await run(new URL('record-main.ts', import.meta.url), [
  common[0],
  path('obj/core_kernel.clang-19.o'),
  path('recorded/core.json'),
  ...boot,
])
