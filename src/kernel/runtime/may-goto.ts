/** Milliseconds that a function may loop (NSEC_PER_SEC / 4). */
const TIME_SLICE = 250

const started = performance.now()

/**
 * bpf_check_timed_may_goto: asked when a function has made its turns.
 *
 * @param since when it was first asked, 0 for never: milliseconds of a clock that no setting stops.
 * @returns since when it loops; 0 when its time is used up.
 */
export function mayGotoAgain(since: number): number {
  const now = Math.floor(performance.now() - started) + 1
  if (since === 0) return now
  return now - since >= TIME_SLICE ? 0 : since
}
