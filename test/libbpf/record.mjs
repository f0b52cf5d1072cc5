// Records what libbpf 1.8 says of good and bad objects, and what it asks of the kernel. For maintainers:
//
//   LIBBPF=FOLDER node test/libbpf/record.mjs
//
// FOLDER is libbpf's source, built: src/libbpf.a. Needs gcc, libelf's and zlib's headers, and a kernel that shows its types.
import { run } from '../steps/run.mjs'

if (!process.env.LIBBPF) throw new Error('set LIBBPF to the folder of libbpf 1.8, with src/libbpf.a')
await run(new URL('record-main.ts', import.meta.url), [
  process.env.LIBBPF,
  new URL('.', import.meta.url).pathname,
  new URL('../../fixtures/obj/', import.meta.url).pathname,
])
