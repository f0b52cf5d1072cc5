import { Getopt } from './getopt.ts'
import type { LongOption } from './getopt.ts'
import type { Options } from './command.ts'

/** bpftool's options (main.c), and after them this program's own. */
export const longOptions: readonly LongOption[] = [
  { name: 'json', takesValue: false, letter: 'j' },
  { name: 'help', takesValue: false, letter: 'h' },
  { name: 'pretty', takesValue: false, letter: 'p' },
  { name: 'version', takesValue: false, letter: 'V' },
  { name: 'bpffs', takesValue: false, letter: 'f' },
  { name: 'mapcompat', takesValue: false, letter: 'm' },
  { name: 'nomount', takesValue: false, letter: 'n' },
  { name: 'debug', takesValue: false, letter: 'd' },
  { name: 'use-loader', takesValue: false, letter: 'L' },
  { name: 'sign', takesValue: false, letter: 'S' },
  { name: 'base-btf', takesValue: true, letter: 'B' },
  { name: 'state', takesValue: true, letter: 'state', extra: true },
  { name: 'kernel', takesValue: true, letter: 'kernel', extra: true },
]

/** optstring, with the stray `l` at its end that main's switch doesn't know. */
export const letters = 'VhpjfLmndSi:k:B:l'

/** Where the machine is: the options that bpftool doesn't have. */
export interface MachineOptions {
  /** --state DIR */
  state: string | undefined
  /** --kernel NAME */
  kernel: string | undefined
}

export type OptionLetters = { -readonly [K in keyof Options]: Options[K] }

export interface Parsed {
  options: OptionLetters
  machine: MachineOptions
  words: string[]
  /** What ended the parsing before its end: -h, an unknown option, or a base BTF that must be parsed first. */
  stop: 'help' | 'version' | { unknown: string } | undefined
  /** Every -B in order; bpftool parses each as it meets it. */
  baseBtfs: string[]
}

/** Reads the options of a command line, from left to right as bpftool does, up to the first that ends it. */
export function parseOptions(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Parsed {
  const options: OptionLetters = {
    json: false,
    pretty: false,
    showPinned: false,
    blockMount: false,
    verifierLogs: false,
    relaxedMaps: false,
    useLoader: false,
    signProgs: false,
    privateKeyPath: undefined,
    certPath: undefined,
    baseBtf: undefined,
  }
  const parsed: Parsed = {
    options,
    machine: { state: undefined, kernel: undefined },
    words: [],
    stop: undefined,
    baseBtfs: [],
  }
  const getopt = new Getopt(['bpftool', ...argv], letters, longOptions, env['POSIXLY_CORRECT'] !== undefined)
  for (let found = getopt.next(); found !== undefined; found = getopt.next()) {
    if ('word' in found) {
      parsed.stop = { unknown: found.word }
      return parsed
    }
    if (found.letter === 'h') {
      parsed.stop = 'help'
      return parsed
    }
    if (!take(parsed, found.letter, found.value)) {
      parsed.stop = { unknown: getopt.previous }
      return parsed
    }
  }
  parsed.words = getopt.words
  return parsed
}

/** Applies one option; false for a letter that main's switch doesn't know. */
function take(parsed: Parsed, letter: string, value: string | undefined): boolean {
  const { options, machine } = parsed
  switch (letter) {
    case 'V':
      parsed.stop = 'version'
      return true
    case 'p':
      options.pretty = true
      options.json = true
      return true
    case 'j':
      options.json = true
      return true
    case 'f':
      options.showPinned = true
      return true
    case 'm':
      options.relaxedMaps = true
      return true
    case 'n':
      options.blockMount = true
      return true
    case 'd':
      options.verifierLogs = true
      return true
    case 'B':
      options.baseBtf = value
      if (value !== undefined) parsed.baseBtfs.push(value)
      return true
    case 'L':
      options.useLoader = true
      return true
    case 'S':
      options.signProgs = true
      options.useLoader = true
      return true
    case 'k':
      options.privateKeyPath = value
      return true
    case 'i':
      options.certPath = value
      return true
    case 'state':
      machine.state = value
      return true
    case 'kernel':
      machine.kernel = value
      return true
    default:
      return false
  }
}
