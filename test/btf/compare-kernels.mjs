// Compares `btf dump` of the recorded kernels' types in all forms with the real bpftool on this machine, $BPFTOOL, alone and
// as the base of a split BTF, prints where they differ, and compiles what `format c` gives with $CLANG for BPF:
//   node test/btf/compare-kernels.mjs [VERSION ...]
import { run } from '../steps/run.mjs'

const main = new URL('compare-kernels-main.ts', import.meta.url)
await run(main, [process.env.BPFTOOL ?? 'bpftool', process.env.CLANG ?? 'clang', ...process.argv.slice(2)])
