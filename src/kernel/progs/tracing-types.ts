import { ProgType } from '../../uapi/prog-type.ts'

const tracingTypes: ReadonlySet<number> = new Set([
  ProgType.KPROBE,
  ProgType.TRACEPOINT,
  ProgType.PERF_EVENT,
  ProgType.RAW_TRACEPOINT,
  ProgType.RAW_TRACEPOINT_WRITABLE,
])

/** is_tracing_prog_type: programs that run wherever the kernel is. */
export function isTracingProgType(type: number): boolean {
  return tracingTypes.has(type)
}
