import type { Btf } from '../../src/btf/btf.ts'
import { LogLevel } from '../../src/kernel/log.ts'
import { Errno } from '../../src/uapi/errno.ts'
import type { Answer, Step } from '../steps/step.ts'
import { attrCases } from './cases-attr.ts'
import { progBtfCases } from './cases-btf.ts'
import { insnCases } from './cases-insns.ts'
import { mapUseCases } from './cases-maps.ts'
import { targetCases } from './cases-target.ts'
import type { Case } from './program.ts'

/** All named cases. @param types of the kernel that is asked; without them, what names some is left out. */
export function loadCases(types: Btf | undefined): Case[] {
  const targets = types ? targetCases(types) : []
  const cases = [...insnCases(), ...mapUseCases(), ...progBtfCases()]
  const more = cases.filter(([name]) => !name.startsWith('opcode')).map(atLevel2)
  return [...cases, ...more, ...attrCases(), ...targets]
}

function atLevel2([name, steps]: Case): Case {
  return [
    `${name}, level 2`,
    steps.map((step) => (step.op === 'progLoad' ? { ...step, attr: { ...step.attr, logLevel: 2 } } : step)),
  ]
}

/**
 * An answer without what is never the same twice: how long it took. Of a log that was cut around that only the errno
 * is left.
 */
export function settled(steps: readonly Step[], { errno, log, trueSize }: Answer): Answer {
  const step = steps.at(-1)
  if (step?.op !== 'progLoad' || !((step.attr.logLevel ?? 0) & LogLevel.STATS)) return { errno, trueSize, log }
  if (errno === Errno.ENOSPC || log === '') return { errno, trueSize: 0, log: '' }
  const text = log.replace(/^verification time \d+ usec$/m, 'verification time 0 usec')
  return { errno, trueSize: trueSize - log.length + text.length, log: text }
}

/** Whether the kernel got as far as to look at instructions one after the other: it shows each. */
export function walked({ log }: Answer): boolean {
  return /^\d+: (\([0-9a-f]{2}\)|R\d)/m.test(log) || /^Validating |^Func#/m.test(log)
}

/** The message that ended it: the line before the statistics. */
export function lastMessage({ log }: Answer): string {
  const lines = log
    .split('\n')
    .filter((line) => line !== '' && !/^processed |^verification time|^stack depth/.test(line))
  return lines.at(-1) ?? ''
}
