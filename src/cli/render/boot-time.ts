import type { Syscalls } from '../../kernel/syscall.ts'

const two = (value: number): string => String(value).padStart(2, '0')

/**
 * print_boot_time: nanoseconds since boot as a moment of the calendar, in the user's time zone; in JSON seconds since the
 * epoch.
 */
export function bootTime(system: Syscalls, nanoseconds: bigint, json: boolean): string {
  const boot = system.clock('realtime') - system.clock('boottime')
  const seconds = Number((boot + nanoseconds) / 1_000_000_000n)
  if (json) return String(seconds)
  const time = new Date(seconds * 1000)
  const minutes = -time.getTimezoneOffset()
  const zone = `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}${two(Math.abs(minutes) % 60)}`
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  return `${date}T${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}${zone}`
}
