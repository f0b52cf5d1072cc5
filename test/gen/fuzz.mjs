// Gives damaged objects and damaged BTF, by seed, to every command that reads them, in one process: prints what ends in a
// way that nobody foresaw, or takes longer than seconds.
//   [ONLY=raw,c,json,unsorted,onBase,onBaseC,split,splitC,object,minimal,skeleton,subskeleton,light,types] node test/gen/fuzz.mjs FIRST COUNT OBJECT ...
import { run } from '../steps/run.mjs'

await run(new URL('fuzz-main.ts', import.meta.url), process.argv.slice(2))
