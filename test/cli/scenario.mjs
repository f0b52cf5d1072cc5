// How a scenario is written, for the recorder and for the test that replays it. A line is one step:
//   [bpftool] WORDS [< FILE]     one in single quotes may hold spaces or nothing; FILE becomes standard input
//   cat | rm | mkdir | ls WORDS  what the shell does, to look at files and to make room
// Empty lines and those that begin with # are left out. Each scenario has a directory of its own, in which fixtures/obj/* and obj/*,
// packets, contexts and batches stand under their own names, and a bpffs without pins.
import { readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const fixtures = resolve(here, '../../fixtures')
const hostCommands = ['cat', 'rm', 'mkdir', 'ls']

/** Files that a scenario finds: { name: path }. */
export function filesOf() {
  const files = {
    packets: join(fixtures, 'packets'),
    batches: join(here, 'batches'),
    contexts: join(here, 'contexts'),
    keys: join(here, '../gen/keys'),
  }
  for (const folder of [join(fixtures, 'obj'), join(here, 'obj')]) {
    for (const name of readdirSync(folder)) files[name] = join(folder, name)
  }
  return files
}

/** Steps of a scenario's text: { argv, host?: true, stdin?: FILE }; argv of a host command begins with its name. */
export function stepsOf(text) {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, words, stdin] = /^(.*?)(?: < (\S+))?$/.exec(line)
      const argv = splitLine(words)
      if (argv[0] === 'bpftool') argv.shift()
      return { argv, ...(hostCommands.includes(argv[0]) ? { host: true } : {}), ...(stdin ? { stdin } : {}) }
    })
}

function splitLine(line) {
  return (line.match(/'[^']*'|[^ ]+/g) ?? []).map((word) => (word.startsWith("'") ? word.slice(1, -1) : word))
}
