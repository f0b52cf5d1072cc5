import type { Profile } from './profile.ts'

/** Whether a kernel is of a release or a later one, such as '6.9'. */
export function isSince({ release }: Pick<Profile, 'release'>, since: string): boolean {
  const [major = 0, minor = 0] = numbers(release)
  const [wantedMajor = 0, wantedMinor = 0] = numbers(since)
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

function numbers(release: string): number[] {
  return release.split('.', 2).map((part) => parseInt(part, 10) || 0)
}
