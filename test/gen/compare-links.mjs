// Links objects by the real bpftool on this machine and by ours, with -d, and prints where status, messages or bytes
// differ. $BPFTOOL is the real one.
//   node test/gen/compare-links.mjs single OBJECT ...                each by itself
//   node test/gen/compare-links.mjs group OBJECT ...                 all of them together
//   node test/gen/compare-links.mjs random FIRST COUNT OBJECT ...    pairs and triples, by seed
//   node test/gen/compare-links.mjs mutated FIRST COUNT OBJECT ...   the last one changed, by seed
import { run } from '../steps/run.mjs'

const main = new URL('compare-links-main.ts', import.meta.url)
await run(main, [process.env.BPFTOOL ?? 'bpftool', ...process.argv.slice(2)])
