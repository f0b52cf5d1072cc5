import { letters, longOptions } from '../../src/cli/options.ts'
import { mainHelp } from '../../src/cli/main-help.ts'
import { objects } from '../../src/cli/objects.ts'
import { matrixUsage } from '../../src/cli/objects/feature.ts'
import { typesUsage } from '../../src/cli/objects/gen.ts'
import { checkHelp } from '../../src/cli/objects/check.ts'
import { Automaton, merge } from './automaton.ts'
import { bashScript, zshScript } from './shell.ts'
import { parseUsage } from './usage.ts'
import type { Grammar } from './shell.ts'
import type { State } from './automaton.ts'

/**
 * Words are tried in the order of the program's tables, so that abbreviations mean the same; what a usage text promises
 * and no table has is left out.
 */
function order(state: State | undefined, names: readonly string[]): void {
  if (state === undefined) return
  state.keywords = state.keywords
    .filter(({ word }) => names.includes(word))
    .sort((a, b) => names.indexOf(a.word) - names.indexOf(b.word))
}

/** What the scripts know of the program. */
export async function grammar(): Promise<Grammar> {
  const automaton = new Automaton()
  const verbs = new Map<string, string[]>()
  const main = parseUsage(mainHelp.text)
  automaton.add({ ...main, commands: [...main.commands, { kind: 'keyword', word: 'help' }] })
  for (const [name, load] of Object.entries(objects)) {
    const object = await load()
    automaton.add(parseUsage(object.help.text))
    verbs.set(
      name,
      object.verbs.map(([verb]) => verb),
    )
  }
  for (const usage of [checkHelp.text, matrixUsage, typesUsage]) automaton.add(parseUsage(usage))
  const states = automaton.states()
  const [start] = states
  order(start, ['help', 'batch', ...verbs.keys(), 'check', 'version'])
  for (const { word, to } of start?.keywords ?? []) {
    const names = verbs.get(word)
    if (names !== undefined) order(states[to], names)
  }
  return { states: merge(states), words: automaton.words, long: longOptions, letters }
}

/** The completion scripts, by the names of their files. */
export async function completions(): Promise<Record<string, string>> {
  const all = await grammar()
  return { 'bpftool.bash': bashScript(all), _bpftool: zshScript(all) }
}
