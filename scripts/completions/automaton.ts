import { actionOf } from './actions.ts'
import type { Node, Usage } from './usage.ts'

/** A word that may come, and where it leads. */
interface Edge {
  /** A keyword; undefined for any word. */
  word: string | undefined
  /** What completes any word. */
  list: string
  /** Offered only once in a line. */
  once: boolean
  to: number
}

/** A state of the finished automaton. */
export interface State {
  keywords: { word: string; once: boolean; to: number }[]
  /** Any other word: what completes it, and where it leads. */
  any: { lists: string[]; to: number } | undefined
}

/** Options that may come more than once. */
const repeatable = new Set(['map', 'file', 'root_id'])
/** A definition of so many words and nothing else is a list of its own. */
const LIST_FROM = 5

/** Words before a place that tell what it stands for. */
interface Where {
  object: string
  verb: string
  before: string
}

/** Builds the automaton that reads a command's words as the usage texts have them. */
export class Automaton {
  /** Lists of fixed words, by name. */
  readonly words = new Map<string, readonly string[]>()
  readonly #edges: Edge[][] = [[]]
  readonly #empty: number[][] = [[]]

  /** Adds an object's usage. */
  add({ commands, definitions }: Usage): void {
    for (const command of commands) this.#build(command, 0, definitions, { object: '', verb: '', before: '' }, false)
  }

  #state(): number {
    this.#edges.push([])
    this.#empty.push([])
    return this.#edges.length - 1
  }

  /** Appends what `node` reads, from a state on. @returns the state after it; `where` is kept up to date. */
  #build(node: Node, from: number, definitions: ReadonlyMap<string, Node>, where: Where, once: boolean): number {
    switch (node.kind) {
      case 'keyword':
        if (where.object === '') where.object = node.word
        else if (where.verb === '') where.verb = node.word
        where.before = node.word
        return this.#edge(from, { word: node.word, list: '', once })
      case 'place':
        return this.#place(node.name, from, definitions, where)
      case 'alt': {
        const end = this.#state()
        for (const each of node.nodes) this.#join(this.#build(each, from, definitions, { ...where }, once), end)
        if (where.object !== '' && where.verb === '') where.verb = firstWord(node)
        where.before = firstWord(node)
        return end
      }
      case 'opt': {
        const end = this.#build(node.node, from, definitions, { ...where }, once)
        this.#join(from, end)
        return end
      }
      case 'more':
        return this.#again(from, (start) => this.#build(node.node, start, definitions, { ...where }, false))
      case 'seq':
        return this.#sequence(node.nodes, from, definitions, where, once)
    }
  }

  /** Options that stand side by side and begin with a keyword may come in any order. */
  #sequence(nodes: readonly Node[], from: number, definitions: Usage['definitions'], where: Where, once: boolean) {
    let at = from
    for (let i = 0; i < nodes.length; i++) {
      const run: Node[] = []
      for (let node = nodes[i]; isOption(node, definitions); node = nodes[i + run.length]) run.push(node.node)
      const node = nodes[i]
      if (run.length < 2 && node !== undefined) {
        at = this.#build(node, at, definitions, where, once && i === 0)
        continue
      }
      i += run.length - 1
      const start = this.#state()
      this.#join(at, start)
      for (const option of run) {
        const end = this.#build(option, start, definitions, { ...where }, !repeatable.has(firstWord(option)))
        this.#join(end, start)
      }
      at = start
    }
    return at
  }

  #place(name: string, from: number, definitions: Usage['definitions'], where: Where): number {
    const definition = definitions.get(name)
    if (definition === undefined) {
      const list = actionOf(name, where)
      const edge = { word: undefined, list, once: false }
      return list === 'byte' ? this.#again(from, (start) => this.#edge(start, edge)) : this.#edge(from, edge)
    }
    const words = onlyWords(definition)
    if (words === undefined || words.length < LIST_FROM) {
      return this.#build(definition, from, definitions, { ...where, before: '' }, false)
    }
    const list = `${where.object}-${name}`
    this.words.set(list, words)
    return this.#edge(from, { word: undefined, list, once: false })
  }

  /** Appends what `build` reads, once or more often. */
  #again(from: number, build: (start: number) => number): number {
    const start = this.#state()
    const after = this.#state()
    this.#join(from, start)
    const end = build(start)
    this.#join(end, start)
    this.#join(end, after)
    return after
  }

  #edge(from: number, edge: Omit<Edge, 'to'>): number {
    const to = this.#state()
    this.#edges[from]?.push({ ...edge, to })
    return to
  }

  #join(from: number, to: number): void {
    this.#empty[from]?.push(to)
  }

  #closure(states: Iterable<number>): number[] {
    const seen = new Set(states)
    for (const state of seen) for (const next of this.#empty[state] ?? []) seen.add(next)
    return [...seen].sort((a, b) => a - b)
  }

  /** The automaton without choices: state 0 is the start. */
  states(): State[] {
    const numbers = new Map<string, number>()
    const found: number[][] = []
    const number = (states: Iterable<number>): number => {
      const set = this.#closure(states)
      const key = set.join(' ')
      const known = numbers.get(key)
      if (known !== undefined) return known
      numbers.set(key, found.length)
      return found.push(set) - 1
    }
    number([0])
    const states: State[] = []
    for (let i = 0; i < found.length; i++) {
      const edges = (found[i] ?? []).flatMap((state) => this.#edges[state] ?? [])
      const words = [...new Set(edges.flatMap(({ word }) => word ?? []))]
      const keywords = words.map((word) => {
        const same = edges.filter((edge) => edge.word === word)
        return { word, once: same.every(({ once }) => once), to: number(same.map(({ to }) => to)) }
      })
      const others = edges.filter(({ word }) => word === undefined)
      const lists = [...new Set(others.map(({ list }) => list))]
      const any = others.length === 0 ? undefined : { lists, to: number(others.map(({ to }) => to)) }
      states.push({ keywords, any })
    }
    return states
  }
}

/** The same automaton with states that nothing tells apart made one. */
export function merge(states: readonly State[]): State[] {
  let merged = [...states]
  for (;;) {
    const first = new Map<string, number>()
    const numbers = merged.map((state) => {
      const key = JSON.stringify(state)
      const number = first.get(key) ?? first.size
      first.set(key, number)
      return number
    })
    if (first.size === merged.length) return merged
    const to = (state: number) => numbers[state] ?? state
    merged = [...first.keys()].map((key) => {
      const { keywords, any } = JSON.parse(key) as State
      return {
        keywords: keywords.map((each) => ({ ...each, to: to(each.to) })),
        any: any && { ...any, to: to(any.to) },
      }
    })
  }
}

/** The first keyword that a node reads, where that is certain. */
function firstWord(node: Node): string {
  if (node.kind === 'keyword') return node.word
  if (node.kind === 'place') return ''
  const [first] = 'nodes' in node ? node.nodes : [node.node]
  return first === undefined ? '' : firstWord(first)
}

/** Whether a node is an option that begins with a keyword. */
function isOption(node: Node | undefined, definitions: Usage['definitions']): node is Node & { kind: 'opt' } {
  if (node?.kind !== 'opt') return false
  let inner = node.node
  for (;;) {
    if (inner.kind === 'seq' && inner.nodes[0] !== undefined) [inner] = inner.nodes as [Node]
    else if (inner.kind === 'place') {
      const definition = definitions.get(inner.name)
      if (definition === undefined) return false
      inner = definition
    } else return firstWord(inner) !== ''
  }
}

function onlyWords(node: Node): string[] | undefined {
  if (node.kind === 'keyword') return [node.word]
  if (node.kind !== 'alt' && node.kind !== 'seq') return undefined
  if (node.kind === 'seq' && node.nodes.length !== 1) return undefined
  const words = node.nodes.map(onlyWords)
  return words.every((each) => each !== undefined) ? words.flat() : undefined
}
