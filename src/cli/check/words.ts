import type { Args } from '../args.ts'
import { CommandError, UsageError } from '../command.ts'

/** The words of `check`. */
export interface CheckWords {
  objects: string[]
  /** Undefined: the kernel that is booted. */
  kernels: readonly string[] | 'all' | undefined
  jobs: number | undefined
  shard: { number: number; of: number } | undefined
  junit: string | undefined
  sarif: string | undefined
}

const words = ['kernels', 'jobs', 'shard', 'junit', 'sarif'] as const
const MAX_JOBS = 256

/** `OBJ... [kernels LIST|all] [jobs N] [shard I/N] [junit FILE] [sarif FILE]`. @throws CommandError, UsageError. */
export function checkWords(args: Args): CheckWords {
  const parsed: CheckWords = {
    objects: [],
    kernels: undefined,
    jobs: undefined,
    shard: undefined,
    junit: undefined,
    sarif: undefined,
  }
  while (args.length > 0 && !isWord(args)) parsed.objects.push(args.shift())
  if (parsed.objects.length === 0) throw new UsageError()
  while (args.length > 0) {
    const word = words.find((each) => args.peek() === each)
    if (word === undefined)
      throw new CommandError(`expected 'kernels', 'jobs', 'shard', 'junit' or 'sarif': '${args.shift()}'`)
    args.shift()
    if (args.length === 0) throw new UsageError()
    if (parsed[word] !== undefined) throw new CommandError(`'${word}' is there twice`)
    set(parsed, word, args.shift())
  }
  return parsed
}

/** Written out: an object can be called anything else. */
function isWord(args: Args): boolean {
  return words.some((word) => args.peek() === word)
}

function set(parsed: CheckWords, word: (typeof words)[number], value: string): void {
  switch (word) {
    case 'kernels':
      parsed.kernels = value === 'all' ? 'all' : [...new Set(value.split(',').filter((name) => name !== ''))]
      break
    case 'jobs':
      parsed.jobs = numberIn(value, MAX_JOBS)
      if (parsed.jobs === undefined) throw new CommandError(`jobs must be a number from 1 to ${MAX_JOBS}: '${value}'`)
      break
    case 'shard':
      parsed.shard = shardIn(value)
      break
    default:
      parsed[word] = value
  }
}

function shardIn(value: string): { number: number; of: number } {
  const [, first, second] = /^(\d+)\/(\d+)$/.exec(value) ?? []
  const of = numberIn(second ?? '', 1_000_000)
  const number = of === undefined ? undefined : numberIn(first ?? '', of)
  if (number === undefined || of === undefined) throw new CommandError(`shard must be I/N, I from 1 to N: '${value}'`)
  return { number, of }
}

function numberIn(text: string, max: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0
  return value >= 1 && value <= max ? value : undefined
}
