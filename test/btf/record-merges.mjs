// Records how the real bpftool 7.8.0 merges the units of units.ts, and puts the modules of distilled.ts on their kernels:
//   BPFTOOL=/path/to/bpftool node test/btf/record-merges.mjs
import { fileURLToPath } from 'node:url'
import { run } from '../steps/run.mjs'

const to = (name) => fileURLToPath(new URL(`recorded/${name}.json`, import.meta.url))
await run(new URL('record-merges-main.ts', import.meta.url), [
  process.env.BPFTOOL ?? 'bpftool',
  to('merges'),
  to('modules'),
])
