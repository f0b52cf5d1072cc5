import type { Failure, Verdict } from './verdict.ts'

/** A failure in one line: where, what the kernel says, at which source line, and what helps. */
export function failureText({ stage, message, line }: Failure, since: string | null): string {
  const place = line === null ? '' : ` (${line.file}:${line.line})`
  const help = since === null ? '' : `; loads from ${since} on`
  return `${stage}: ${message}${place}${help}`
}

/** One line for each program and kernel, for pipes. */
export function verdictLine({ object, program, kernel, failure, since }: Verdict): string {
  const name = program === null ? object : `${object}: ${program}`
  return failure === null ? `${name}: ${kernel}: loads` : `${name}: ${kernel}: fails: ${failureText(failure, since)}`
}

/** How it all came out. */
export function summary(verdicts: readonly Verdict[]): string {
  const failing = verdicts.filter(({ failure }) => failure !== null).length
  const programs = new Set(verdicts.map(({ object, program }) => JSON.stringify([object, program]))).size
  const kernels = new Set(verdicts.map(({ kernel }) => kernel)).size
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`
  const outcome = failing === 0 ? 'all load' : `${count(failing, 'failure')}`
  return `${count(programs, 'program')} on ${count(kernels, 'kernel')}: ${outcome}`
}
