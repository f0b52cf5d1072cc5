// Random BTF given to a real kernel and to ours: errno and log must be equal. For maintainers; see ../steps/ask.ts.
//
//   node test/btf-check/compare.mjs [FIRST-SEED [COUNT [COMMAND ARG ...]]]
//
// Without a command, the running kernel is asked.
import { common, run } from '../steps/run.mjs'

await run(new URL('compare-main.ts', import.meta.url), [...common, ...process.argv.slice(2)])
