// Compares each program of objects, loaded alone, on a real kernel and on ours:
//   node test/kernels/compare-programs.mjs NAME FOLDER 'COMMAND ARG...' OBJECT...
// NAME is a profile's; COMMAND boots that kernel (see ../steps/ask.ts). Prints how many agree in errno, in the last message
// and in the whole log of level 1, and groups of what differs; the answers that do are written to FOLDER.
import { common, run } from '../steps/run.mjs'

await run(new URL('programs-main.ts', import.meta.url), [common[0], ...process.argv.slice(2)])
