import { KernelError } from '../../src/kernel/error.ts'
import type { Syscalls } from '../../src/kernel/syscall.ts'
import type { BtfLoadAttr, MapCreateAttr, ProgLoadAttr } from '../../src/uapi/attr.ts'

/** One command of bpf(2), as a test gives it to the real kernel (encode.ts, ask.c) and to ours. */
export type Step = Common &
  (
    | { op: 'btfLoad'; attr: BtfLoadAttr }
    | { op: 'mapCreate'; attr: MapCreateAttr }
    | {
        op: 'progLoad'
        attr: ProgLoadAttr
        /** Descriptors in instructions: which slot's imm, and what the step is called that made it. */
        insnFds?: readonly (readonly [slot: number, name: string])[]
        /** Whether the answer is to have the translated program too. */
        translated?: boolean
        /** Names of the steps whose descriptors are in fd_array. */
        fdArray?: readonly string[]
      }
  )

interface Common {
  /** What later steps call this one's descriptor. */
  as?: string
  /** Descriptors in attributes, by attribute: the names of the steps that made them. */
  fds?: Readonly<Record<string, string>>
}

/** What a kernel answered: 0 or an errno, the log, and how long it would be whole. */
export interface Answer {
  errno: number
  log: string
  trueSize: number
  /** The translated program, in hexadecimal, where it was wanted. */
  translated?: string
}

/** A descriptor of which everybody knows that it isn't one: what a step's name stands for that failed. */
export const BAD_FD = -1

/** Gives steps to our kernel; descriptors are closed in the end. */
export function runSteps(process: Syscalls, steps: readonly Step[]): Answer[] {
  const fds = new Map<string, number>()
  const fdOf = (name: string) => fds.get(name) ?? BAD_FD
  const answers = steps.map((step): Answer => {
    try {
      const { fd, log, logTrueSize } = runStep(process, step, fdOf)
      fds.set(step.as ?? `#${fds.size}`, fd)
      if (step.op !== 'progLoad' || !step.translated) return { errno: 0, trueSize: logTrueSize, log }
      const insns = process.bpf.progInfo(fd, { xlatedProgInsns: true }).xlatedProgInsns ?? new Uint8Array(0)
      return { errno: 0, trueSize: logTrueSize, log, translated: Buffer.from(insns).toString('hex') }
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      return { errno: error.errno, trueSize: error.logTrueSize, log: error.log ?? '' }
    }
  })
  for (const fd of fds.values()) process.close(fd)
  return answers
}

function runStep({ bpf }: Syscalls, step: Step, fdOf: (name: string) => number) {
  const fds = Object.fromEntries(Object.entries(step.fds ?? {}).map(([field, name]) => [field, fdOf(name)]))
  switch (step.op) {
    case 'btfLoad':
      return bpf.btfLoad({ ...step.attr, ...fds })
    case 'mapCreate':
      return { fd: bpf.mapCreate({ ...step.attr, ...fds }), log: '', logTrueSize: 0 }
    case 'progLoad': {
      const insns = step.attr.insns.slice()
      const view = new DataView(insns.buffer)
      for (const [slot, name] of step.insnFds ?? []) view.setInt32(slot * 8 + 4, fdOf(name), true)
      const fdArray = step.fdArray ? { fdArray: step.fdArray.map(fdOf) } : {}
      return bpf.progLoad({ ...step.attr, ...fds, ...fdArray, insns })
    }
  }
}
