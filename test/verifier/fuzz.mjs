// Generated programs before two verifiers: the running kernel's, and ours on what `kernel import` makes of it. For
// maintainers, as root where a kernel takes bpf(2); see ../steps/ask.ts.
//
//   node test/verifier/fuzz.mjs [--keep CAPABILITY,...] FIRST COUNT [OBJECT ...]
//
// Each seed gives a program: a wild one (../runtime/wild-program.ts), or one of the objects' programs with changes in it
// (mutate.ts). With --keep both are asked with no other rights: CAP_BPF,CAP_NET_ADMIN makes programs that must be safe
// under speculation too. Verdict, errno and whole log are compared. What we accept and Linux refuses is a bug of the first order.
import { common, run } from '../steps/run.mjs'

await run(new URL('fuzz-main.ts', import.meta.url), [common[0], ...process.argv.slice(2)])
