/**
 * bpftool's JSON writer (json_writer.c): text as it is written, with its spacing in pretty mode. Values are numbers,
 * bigints, strings, booleans or null; `raw` writes text as it stands.
 */
export interface JsonWriter {
  startObject(): void
  endObject(): void
  startArray(): void
  endArray(): void
  name(name: string): void
  string(value: string): void
  number(value: number | bigint): void
  /** jsonw_printf. */
  raw(text: string): void
  bool(value: boolean): void
  nullValue(): void
  stringField(name: string, value: string): void
  numberField(name: string, value: number | bigint): void
  boolField(name: string, value: boolean): void
  /** "0x..." as jsonw_xint_field. */
  hexField(name: string, value: number | bigint): void
}

const escapes: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\f': '\\f',
  '\b': '\\b',
  '\\': '\\\\',
  '"': '\\"',
}

/** jsonw_puts: a C string, up to its NUL, with C escapes only; other control characters stand as they are. */
function quote(value: string): string {
  const nul = value.indexOf('\0')
  const text = nul < 0 ? value : value.slice(0, nul)
  return `"${/[\t\n\r\f\b\\"]/.test(text) ? text.replace(/[\t\n\r\f\b\\"]/g, (c) => escapes[c] ?? c) : text}"`
}

const FLUSH_AT = 1 << 15

/** A JsonWriter into a sink that gets text in large pieces; `flush` before anything else goes to the same sink. */
export class JsonText implements JsonWriter {
  readonly #sink: (text: string) => void
  #pretty: boolean
  #text = ''
  #comma = false
  readonly #open: ('}' | ']')[] = []

  constructor(sink: (text: string) => void, pretty = false) {
    this.#sink = sink
    this.#pretty = pretty
  }

  /** jsonw_pretty. */
  pretty(on: boolean): void {
    this.#pretty = on
  }

  /** Objects and arrays that are open. */
  get depth(): number {
    return this.#open.length
  }

  flush(): void {
    const text = this.#text
    if (text === '') return
    this.#text = ''
    this.#sink(text)
  }

  /** jsonw_destroy: the last line ends. */
  end(): void {
    this.#text += '\n'
    this.flush()
  }

  /** jsonw_reset: the next value starts a text of its own. */
  reset(): void {
    this.#comma = false
  }

  #line(): void {
    if (this.#pretty) this.#text += `\n${'    '.repeat(this.#open.length)}`
  }

  #begin(bracket: '{' | '['): void {
    this.#text += this.#comma ? `,${bracket}` : bracket
    this.#open.push(bracket === '{' ? '}' : ']')
    this.#comma = false
  }

  /** Ends whatever is open, after a failure in its midst. */
  close(): void {
    for (let bracket = this.#open.at(-1); bracket !== undefined; bracket = this.#open.at(-1)) this.#end(bracket)
  }

  #end(bracket: '}' | ']'): void {
    this.#open.pop()
    if (this.#comma) this.#line()
    this.#text += bracket
    this.#comma = true
    if (this.#text.length > FLUSH_AT) this.flush()
  }

  startObject(): void {
    this.#begin('{')
  }

  endObject(): void {
    this.#end('}')
  }

  startArray(): void {
    this.#begin('[')
  }

  endArray(): void {
    this.#end(']')
  }

  name(name: string): void {
    if (this.#comma) this.#text += ','
    this.#line()
    this.#comma = false
    this.#text += this.#pretty ? `${quote(name)}: ` : `${quote(name)}:`
  }

  string(value: string): void {
    this.raw(quote(value))
  }

  number(value: number | bigint): void {
    this.raw(String(value))
  }

  raw(text: string): void {
    this.#text += this.#comma ? `,${text}` : text
    this.#comma = true
    if (this.#text.length > FLUSH_AT) this.flush()
  }

  bool(value: boolean): void {
    this.raw(value ? 'true' : 'false')
  }

  nullValue(): void {
    this.raw('null')
  }

  stringField(name: string, value: string): void {
    this.name(name)
    this.raw(quote(value))
  }

  numberField(name: string, value: number | bigint): void {
    this.name(name)
    this.raw(String(value))
  }

  boolField(name: string, value: boolean): void {
    this.name(name)
    this.bool(value)
  }

  hexField(name: string, value: number | bigint): void {
    this.name(name)
    this.raw(`"0x${value.toString(16)}"`)
  }
}
