import type { VerifierEnv } from './env.ts'
import { notYet } from './env.ts'

/** Interrupt flags on the stack, from where interrupts are off to where they're as they were. */

/** process_irq_flag. @param name the function that gets the flag. */
export function processIrqFlag(_env: VerifierEnv, name: string, _regno: number): void {
  notYet(`process_irq_flag: ${name}`)
}
