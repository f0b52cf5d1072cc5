/** The machine's clocks, in nanoseconds. */
export interface Clock {
  /** CLOCK_REALTIME. */
  realtime(): bigint
  /** CLOCK_BOOTTIME; CLOCK_MONOTONIC is the same here, as the machine never sleeps. */
  boottime(): bigint
}

/** How long a machine is up when its clock stands still. */
const STOPPED_UPTIME = 60_000_000_000n

/**
 * @param bootRealtime CLOCK_REALTIME when the machine booted.
 * @param stoppedAt seconds since 1970 at which the clock stands still (SOURCE_DATE_EPOCH), so that output can be
 *   compared; undefined for the host's clock.
 */
export function makeClock(bootRealtime: bigint, stoppedAt: number | undefined): Clock {
  if (stoppedAt !== undefined) {
    const now = BigInt(stoppedAt) * 1_000_000_000n
    return { realtime: () => now, boottime: () => STOPPED_UPTIME }
  }
  const startMs = Date.now()
  const startHr = process.hrtime.bigint()
  const realtime = () => BigInt(startMs) * 1_000_000n + (process.hrtime.bigint() - startHr)
  return {
    realtime,
    boottime: () => {
      const up = realtime() - bootRealtime
      return up > 0n ? up : 0n
    },
  }
}
