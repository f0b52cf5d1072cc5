/**
 * Versions of Linux: what a kernel has is told by the first version that had it. Stable releases get some of it later
 * than the mainline does, each in a branch of its own: such a fact names the first of each branch, `5.15.161 6.1.95 6.9`.
 */

/** A kernel, as far as its version goes. */
export interface Versioned {
  /** The version of Linux that it's built from, such as `6.1.176`. */
  readonly linux: string
}

/** Debian and Ubuntu tell the version that a kernel is built from apart from its release: uname -r and -v. */
export function linuxVersion(release: string, version: string): string {
  const told = /Debian (\d+\.\d+\.\d+)/.exec(version)?.[1] ?? /^\d+\.\d+(\.\d+)?/.exec(release)?.[0]
  return told ?? release
}

const known = new Map<string, boolean>()

/** Whether a kernel is of a version or a later one: `6.9`, or several with those of stable branches first. */
export function isSince({ linux }: Versioned, since: string): boolean {
  const key = `${linux} ${since}`
  let answer = known.get(key)
  if (answer === undefined) known.set(key, (answer = compare(linux, since)))
  return answer
}

function compare(linux: string, since: string): boolean {
  const version = numbers(linux)
  const firsts = since.split(' ').map(numbers)
  const mainline = firsts.pop() ?? []
  return (
    isAtLeast(version, mainline) || firsts.some((first) => isSameBranch(version, first) && isAtLeast(version, first))
  )
}

function isSameBranch([major, minor]: readonly number[], [otherMajor, otherMinor]: readonly number[]): boolean {
  return major === otherMajor && minor === otherMinor
}

function isAtLeast(version: readonly number[], first: readonly number[]): boolean {
  for (let i = 0; i < first.length; i++) {
    const [have, need] = [version[i] ?? 0, first[i] ?? 0]
    if (have !== need) return have > need
  }
  return true
}

function numbers(version: string): number[] {
  return (/^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version) ?? []).slice(1).map((part) => Number(part || 0))
}
