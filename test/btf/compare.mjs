// Compares all forms of `btf dump file` with the real bpftool on this machine, $BPFTOOL, and prints where they differ:
//   node test/btf/compare.mjs [--base BTF] FILE ...
// With a base, pairs of the files are merged too.
import { run } from '../steps/run.mjs'

const main = new URL('compare-main.ts', import.meta.url)
await run(main, [process.env.BPFTOOL ?? 'bpftool', ...process.argv.slice(2)])
