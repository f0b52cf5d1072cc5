// npm run bench [ROW ...]: the budgets of the project, each with what this machine measured beside it. A figure is the
// ratio of the medians of whole processes that run in turn with what they're compared to; ! marks one above its budget. Rows
// without a budget are there to be watched. Peers are used where they are: $BPFTOOL, or `bpftool` on the PATH, on a kernel
// where it may call bpf(2). What is made there is taken away again.
import { Skipped, shown } from './bench/measure.mjs'
import { cleanUp, rows } from './bench/rows.mjs'

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in rows))
if (unknown.length > 0) {
  console.error(`no row ${unknown.join(', ')}: there is ${Object.keys(rows).join(', ')}`)
  process.exit(2)
}
process.on('exit', cleanUp)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130))

console.log(`${'what'.padEnd(50)} ${'at most'.padStart(8)} ${'here'.padStart(8)}   medians`)
for (const [name, [what, budget, measure]] of Object.entries(rows)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  let text
  try {
    const { ours, other, unit } = measure()
    const ratio = ours / other
    const mark = budget !== undefined && ratio > budget ? '!' : ' '
    text = `${ratio.toFixed(2).padStart(8)} ${mark} ${shown(ours, unit)} / ${shown(other, unit)}`
  } catch (error) {
    const why = error instanceof Skipped ? 'skipped' : 'failed'
    text = `${'-'.padStart(8)}   ${why}: ${error.message}`
    if (why === 'failed') process.exitCode = 1
  }
  console.log(`${what.padEnd(50)} ${(budget?.toFixed(2) ?? '').padStart(8)} ${text}`)
}
