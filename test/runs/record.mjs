// Records what every fixture's programs return on Debian's Linux 6.18, and what is in their maps afterwards, for the inputs
// of test/runtime/inputs.mjs: node test/runs/record.mjs. Needs what scripts/fixtures.mjs names. Each object runs twice, from
// new; what is not the same both times (random numbers, clocks, seeds) is left out and counted.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { boot } from '../../scripts/fixtures/boot.mjs'
import { otherContexts, packets } from '../runtime/inputs.mjs'
import { keptRun, mapOf } from './answer.mjs'

const objects = fileURLToPath(new URL('../../fixtures/obj/', import.meta.url))
const guest = `export PATH=/bin LC_ALL=C
cd /in/obj
for o in *.o; do
  for turn in 1 2; do
    D=/out/$o/$turn; mkdir -p $D/maps $D/runs
    bpftool prog loadall $o /sys/fs/bpf/p pinmaps /sys/fs/bpf/m > /dev/null 2>&1 || { rm -rf /sys/fs/bpf/p /sys/fs/bpf/m; continue; }
    for p in /sys/fs/bpf/p/*; do
      R=$D/runs/\${p##*/}
      for word in data_in ctx_in; do
        for i in /in/$word/*; do
          bpftool -j prog run pinned $p $word $i data_out - 2>&1 | sed 's/"duration":[0-9]*//' > /tmp/run
          grep -q 'Unknown error 524' /tmp/run && { rm -f $R; continue 3; }
          sum=$(md5sum < /tmp/run)
          echo "$word.\${i##*/} \${sum%% *} $(tail -c 200 /tmp/run)" >> $R
        done
      done
    done
    for m in /sys/fs/bpf/m/*; do [ -e $m ] && bpftool -j map dump pinned $m > $D/maps/\${m##*/} 2>&1; done
    rm -rf /sys/fs/bpf/p /sys/fs/bpf/m
    rm -f /sys/fs/bpf/*
  done
done
uname -r > /out/release
`

/** Lines of a program's runs: input, digest of the answer, its end. */
const runLines = (text) =>
  Object.fromEntries(
    [...text.matchAll(/^(\S+) (\S+) (.*)\n/gm)].map(([, name, digest, end]) => [name, keptRun(digest, end)]),
  )

const work = mkdtempSync(join(tmpdir(), 'bpftool-sim-runs-'))
try {
  for (const [word, inputs] of Object.entries({ data_in: packets, ctx_in: otherContexts })) {
    mkdirSync(join(work, word))
    for (const [name, bytes] of Object.entries(inputs)) writeFileSync(join(work, word, name), bytes)
  }
  writeFileSync(join(work, 'script'), guest)
  const files = { obj: objects, data_in: join(work, 'data_in'), ctx_in: join(work, 'ctx_in') }
  boot({ script: join(work, 'script'), files, out: join(work, 'out'), minutes: 60 })

  const list = (...path) => {
    try {
      return readdirSync(join(work, 'out', ...path)).sort()
    } catch {
      return []
    }
  }
  const read = (...path) => readFileSync(join(work, 'out', ...path), 'latin1')
  let left = 0
  /** Answers that are the same both times, by name. */
  const settled = (names, answerOf) => {
    const answers = {}
    for (const name of names) {
      const [first, second] = [1, 2].map((turn) => JSON.stringify(answerOf(turn, name)))
      if (first === second) answers[name] = JSON.parse(first)
      else left++
    }
    return answers
  }
  const recorded = {}
  let count = 0
  for (const object of list().filter((name) => name.endsWith('.o'))) {
    const programs = {}
    for (const program of list(object, '1', 'runs')) {
      const lines = ['1', '2'].map((turn) => runLines(read(object, turn, 'runs', program)))
      programs[program] = settled(Object.keys(lines[0]), (turn, name) => lines[turn - 1][name])
      count += Object.keys(programs[program]).length
    }
    if (Object.keys(programs).length === 0) continue
    const maps = settled(list(object, '1', 'maps'), (turn, name) => mapOf(read(object, String(turn), 'maps', name)))
    recorded[object] = { programs, maps }
  }
  const lines = Object.entries(recorded).map(([object, { programs, maps }]) => {
    const rows = Object.entries(programs).map(([name, runs]) => `    ${JSON.stringify(name)}: ${JSON.stringify(runs)}`)
    return `  ${JSON.stringify(object)}: { "maps": ${JSON.stringify(maps)}, "programs": {\n${rows.join(',\n')}\n  } }`
  })
  const kernel = JSON.stringify(read('release').trim())
  writeFileSync(
    new URL('recorded/fixtures.json', import.meta.url),
    `{ "kernel": ${kernel}, "objects": {\n${lines.join(',\n')}\n} }\n`,
  )
  console.log(
    `${Object.keys(recorded).length} objects, ${count} runs on Linux ${kernel}; ${left} answers were not the same twice`,
  )
} finally {
  rmSync(work, { recursive: true, force: true })
}
