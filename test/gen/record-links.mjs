// Records what the real bpftool 7.8.0 answers when it links: BPFTOOL=/path/to/bpftool node test/gen/record-links.mjs
// The objects in links/ are made by links/build.sh.
import { fileURLToPath } from 'node:url'
import { run } from '../steps/run.mjs'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
await run(new URL('record-links-main.ts', import.meta.url), [
  process.env.BPFTOOL ?? 'bpftool',
  path('recorded/links.json'),
  path('links/'),
  path('../../fixtures/obj/'),
  path('obj/'),
])
