/**
 * glibc's getopt_long as bpftool's main uses it: words and options in any order (unless POSIXLY_CORRECT is set), letters
 * in clusters, long options abbreviated as long as that is unambiguous. The one thing that shows how glibc does it is the
 * word that bpftool names when it meets an unknown option: argv[optind - 1], after whatever was moved about so far.
 */

export interface LongOption {
  name: string
  takesValue: boolean
  /** The letter that stands for it in the result. */
  letter: string
  /** Not one of bpftool's own: looked at only where none of those matches. */
  extra?: boolean
}

export interface Found {
  letter: string
  value: string | undefined
}

/** An option that isn't there, or isn't as it must be; `word` is argv[optind - 1]. */
export interface Unknown {
  word: string
}

const isWord = (arg: string | undefined): boolean => arg === undefined || arg[0] !== '-' || arg.length === 1

export class Getopt {
  readonly #argv: string[]
  readonly #letters: string
  readonly #long: readonly LongOption[]
  readonly #inOrder: boolean
  #at = 1
  #cluster = ''
  #firstWord = 1
  #lastWord = 1

  /**
   * @param argv with the program's name; permuted in place.
   * @param letters as in getopt's optstring: a colon after those that take a value.
   */
  constructor(argv: string[], letters: string, long: readonly LongOption[], inOrder: boolean) {
    this.#argv = argv
    this.#letters = letters
    this.#long = long
    this.#inOrder = inOrder
  }

  /** The words that are not options; complete once `next` gave undefined. */
  get words(): string[] {
    return this.#argv.slice(this.#at)
  }

  next(): Found | Unknown | undefined {
    return this.#cluster === '' ? this.#nextWord() : this.#nextLetter()
  }

  /** Puts the words that were skipped behind the options that came after them. */
  #exchange(): void {
    const words = this.#argv.slice(this.#firstWord, this.#lastWord)
    const options = this.#argv.slice(this.#lastWord, this.#at)
    this.#argv.splice(this.#firstWord, words.length + options.length, ...options, ...words)
    this.#firstWord += options.length
    this.#lastWord = this.#at
  }

  #moveWords(): void {
    if (this.#firstWord !== this.#lastWord && this.#lastWord !== this.#at) this.#exchange()
    else if (this.#lastWord !== this.#at) this.#firstWord = this.#at
  }

  #nextWord(): Found | Unknown | undefined {
    const argv = this.#argv
    if (this.#lastWord > this.#at) this.#lastWord = this.#at
    if (this.#firstWord > this.#at) this.#firstWord = this.#at
    if (!this.#inOrder) {
      this.#moveWords()
      while (this.#at < argv.length && isWord(argv[this.#at])) this.#at++
      this.#lastWord = this.#at
    }
    if (argv[this.#at] === '--') {
      this.#at++
      if (this.#firstWord !== this.#lastWord && this.#lastWord !== this.#at) this.#exchange()
      else if (this.#firstWord === this.#lastWord) this.#firstWord = this.#at
      this.#lastWord = argv.length
      this.#at = argv.length
    }
    const arg = argv[this.#at]
    if (arg === undefined) {
      if (this.#firstWord !== this.#lastWord) this.#at = this.#firstWord
      return undefined
    }
    if (isWord(arg)) return undefined
    if (arg[1] === '-') return this.#longOption(arg.slice(2))
    this.#cluster = arg.slice(1)
    return this.#nextLetter()
  }

  /** argv[optind - 1] as it is now. */
  get previous(): string {
    return this.#argv[this.#at - 1] ?? ''
  }

  #unknown(): Unknown {
    return { word: this.previous }
  }

  #match(name: string): LongOption | undefined {
    const exact = this.#long.find((option) => option.name === name)
    if (exact !== undefined) return exact
    for (const extra of [false, true]) {
      const matches = this.#long.filter((option) => (option.extra ?? false) === extra && option.name.startsWith(name))
      if (matches.length > 0) return matches.length === 1 ? matches[0] : undefined
    }
    return undefined
  }

  #longOption(text: string): Found | Unknown {
    this.#at++
    const equals = text.indexOf('=')
    const option = this.#match(equals < 0 ? text : text.slice(0, equals))
    if (option === undefined) return this.#unknown()
    if (!option.takesValue) return equals < 0 ? { letter: option.letter, value: undefined } : this.#unknown()
    if (equals >= 0) return { letter: option.letter, value: text.slice(equals + 1) }
    return this.#valueOf(option.letter)
  }

  #nextLetter(): Found | Unknown {
    const letter = this.#cluster[0] ?? ''
    this.#cluster = this.#cluster.slice(1)
    if (this.#cluster === '') this.#at++
    const i = letter === ':' || letter === ';' ? -1 : this.#letters.indexOf(letter)
    if (i < 0) return this.#unknown()
    if (this.#letters[i + 1] !== ':') return { letter, value: undefined }
    if (this.#cluster === '') return this.#valueOf(letter)
    const value = this.#cluster
    this.#cluster = ''
    this.#at++
    return { letter, value }
  }

  #valueOf(letter: string): Found | Unknown {
    const value = this.#argv[this.#at]
    if (value === undefined) return this.#unknown()
    this.#at++
    return { letter, value }
  }
}
