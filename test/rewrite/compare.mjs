// Rewritten programs here beside those of a real kernel, program by program.
//
//   node test/rewrite/compare.mjs XLATED.jsonl OBJECTS-DIR [--only FILE[:PROG]] [--show N] [--out FILE] [--verbose]
//
// XLATED.jsonl is what xlated.c beside this file printed on the machine that this runs on, whose BTF, symbols and config
// become the simulated kernel's. Prints how many agree in instructions, functions and lines, and groups of what differs.
import { compareOn } from '../verifier/running.mjs'

process.exitCode = await compareOn(new URL('compare-main.ts', import.meta.url), process.argv.slice(2))
