// Verdicts and logs of the verifier here beside those that a real kernel gave, program by program.
//
//   node test/verifier/compare.mjs VERDICTS.jsonl OBJECTS-DIR [--level N] [--only FILE[:PROG]] [--show N] [--out FILE] [--time]
//     [--verbose] [--profile NAME] [--keep CAPABILITY,...]
//
// VERDICTS.jsonl has one line a program: file, prog, err (0 or -errno of the load), log. The machine that it runs on
// must be the one that gave them: its BTF, symbols and config become the simulated kernel's. Prints how many agree, and
// what differs by the first line that does. With --keep ours is asked with no other rights than those. With --profile the
// simulated kernel is one of the package's, such as 6.18, whose own verdicts VERDICTS.jsonl must then have.
import { compareOn } from './running.mjs'

process.exitCode = await compareOn(new URL('compare-main.ts', import.meta.url), process.argv.slice(2))
