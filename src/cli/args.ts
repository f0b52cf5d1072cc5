/** The words of a command line that are still to be read; bpftool's NEXT_ARG, GET_ARG and is_prefix. */
export class Args {
  readonly #words: readonly string[]
  #at = 0

  constructor(words: readonly string[]) {
    this.#words = words
  }

  /** Words left (bpftool's argc). */
  get length(): number {
    return this.#words.length - this.#at
  }

  peek(ahead = 0): string | undefined {
    return this.#words[this.#at + ahead]
  }

  /** Takes a word; the caller has checked that there is one. */
  shift(): string {
    const word = this.#words[this.#at]
    if (word === undefined) throw new RangeError('no word left')
    this.#at++
    return word
  }

  /** is_prefix: whether the next word abbreviates `keyword`. An empty word abbreviates everything, no word nothing. */
  is(keyword: string, ahead = 0): boolean {
    const word = this.peek(ahead)
    return word === keyword || (word !== undefined && keyword.startsWith(word))
  }
}
