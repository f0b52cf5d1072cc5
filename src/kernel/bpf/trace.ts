import { fromUtf8, readU32, u32Key, utf8 } from '../store/bytes.ts'
import { Table } from '../store/store.ts'
import type { Kernel, Task } from './kernel.ts'

const NEXT_LINE = utf8('next_trace')
/** Lines that are kept: the trace is a ring, whose oldest lines give way. */
const MAX_LINES = 8192

/** trace_bpf_trace_printk: a line of trace_pipe, as the default tracer prints it. Within a transaction. */
export function writeTrace(kernel: Kernel, task: Task, text: string): void {
  const { store, clock, maps } = kernel
  const count = store.get(Table.META, NEXT_LINE)
  const number = count ? readU32(count) : 0
  const us = clock.boottime() / 1000n
  const time = `${us / 1_000_000n}.${String(us % 1_000_000n).padStart(6, '0')}`
  const cpu = String(maps.environment.currentCpu()).padStart(3, '0')
  const who = `${task.comm.slice(0, 15).padStart(16)}-${String(task.pid).padEnd(7)}`
  const line = `${who} [${cpu}] ${CONTEXT} ${time.padStart(12)}: bpf_trace_printk: ${text}\n`
  store.put(Table.TRACE, u32Key(number), utf8(line))
  store.put(Table.META, NEXT_LINE, u32Key((number + 1) >>> 0))
  if (number >= MAX_LINES) store.remove(Table.TRACE, u32Key(number - MAX_LINES))
}

/** What trace_pipe gives to its reader, who has taken it out then. Within a transaction. */
export function takeTrace({ store }: Kernel): Uint8Array {
  let text = ''
  for (const [key, line] of [...store.scan(Table.TRACE, new Uint8Array(0), undefined)]) {
    text += fromUtf8(line)
    store.remove(Table.TRACE, key)
  }
  return utf8(text)
}

/** Interrupts, resched, softirqs, preemption: a test run has them all on, and a read lock held. */
const CONTEXT = '.....'
