/**
 * The grammar in a usage text: `{ a | b }`, `[optional]`, `more...`, keywords in small letters, placeholders in capitals
 * that lines of `NAME := ...` explain.
 */
export type Node =
  | { kind: 'keyword'; word: string }
  | { kind: 'place'; name: string }
  | { kind: 'seq' | 'alt'; nodes: readonly Node[] }
  | { kind: 'opt' | 'more'; node: Node }

export interface Usage {
  /** One for each line of usage, from the word after `bpftool` on. */
  commands: readonly Node[]
  definitions: ReadonlyMap<string, Node>
}

/** Lines of a usage text, each with those that continue it: at the least indentation, or deeper than the first. */
function joinLines(text: string): string[] {
  const lines: string[] = []
  for (const line of text.replace('Usage:', '      ').split('\n')) {
    const first = /^ {7}(bpftool |[A-Z_]+ +:= )/.test(line)
    if (first || line.trim() === '' || lines.length === 0) lines.push(line.trim())
    else lines[lines.length - 1] += ` ${line.trim()}`
  }
  return lines.map((line) => line.replaceAll('\\', ' ').trim())
}

export function parseUsage(text: string): Usage {
  const commands: Node[] = []
  const definitions = new Map<string, Node>()
  for (const line of joinLines(text)) {
    const definition = /^([A-Z_]+) +:= (.*)$/.exec(line)
    if (definition !== null) {
      const [, name = '', body = ''] = definition
      if (name !== 'OPTIONS' && name !== 'OBJECT') definitions.set(name, new Parser(body, true).parse())
    } else if (line.startsWith('bpftool ') && !line.includes('OPTIONS')) {
      commands.push(new Parser(line.slice('bpftool '.length), false).parse())
    }
  }
  return { commands, definitions }
}

class Parser {
  readonly #tokens: string[]
  #at = 0

  /** @param definition brackets around a whole definition stand for braces, as in `X := [ a | b ]`. */
  constructor(text: string, definition: boolean) {
    const body = definition && /^\[[^\][]*\]$/.test(text) ? `{${text.slice(1, -1)}}` : text
    this.#tokens = body.replaceAll('**', '').match(/\.\.\.|[{}[\]|]|<\w+>|[\w/]+/g) ?? []
  }

  parse(): Node {
    const node = this.#alternatives()
    if (this.#at < this.#tokens.length) throw new Error(`usage ends before '${this.#tokens[this.#at] ?? ''}'`)
    return node
  }

  #alternatives(): Node {
    const nodes = [this.#sequence()]
    while (this.#tokens[this.#at] === '|') {
      this.#at++
      nodes.push(this.#sequence())
    }
    const [only] = nodes
    return nodes.length === 1 && only !== undefined ? only : { kind: 'alt', nodes }
  }

  #sequence(): Node {
    const nodes: Node[] = []
    for (;;) {
      const token = this.#tokens[this.#at]
      if (token === undefined || token === '|' || token === '}' || token === ']') return { kind: 'seq', nodes }
      this.#at++
      if (token === '...') {
        const last = nodes.pop()
        if (last === undefined) throw new Error('nothing before ...')
        nodes.push({ kind: 'more', node: last })
      } else nodes.push(this.#item(token))
    }
  }

  #item(token: string): Node {
    if (token === '{' || token === '[') {
      const node = this.#alternatives()
      if (this.#tokens[this.#at] !== (token === '{' ? '}' : ']')) throw new Error(`'${token}' is not closed`)
      this.#at++
      return token === '{' ? node : { kind: 'opt', node }
    }
    // `METRICs`: one and more.
    if (/^[A-Z_]+s$/.test(token)) return { kind: 'more', node: { kind: 'place', name: token.slice(0, -1) } }
    if (/^<\w+>$/.test(token) || /^[A-Z]/.test(token)) return { kind: 'place', name: token.replace(/[<>]/g, '') }
    return { kind: 'keyword', word: token }
  }
}
