import { createHash } from 'node:crypto'
import type { Answer } from '../../steps/step.ts'
import { brief } from '../../steps/recorded.ts'
import { settled } from '../../verifier/program-steps.ts'
import { mayCall, settledProgram } from './rights-cases.ts'

/** What is kept of an answer: of helpers whether they may be called, of programs what became of them. */
export function kept(name: string, answer: Answer): unknown {
  if (name.startsWith('helper ')) return mayCall(answer)
  const short = brief(settled(answer))
  if (answer.translated === undefined || answer.translated === '') return short
  const hash = createHash('sha256').update(settledProgram(answer.translated)).digest('hex').slice(0, 16)
  return [...short, hash]
}
