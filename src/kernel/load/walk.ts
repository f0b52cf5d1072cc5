import type { LoadEnv } from './env.ts'

/** Placeholder. */
export function walkStart(env: LoadEnv): void {
  env.insnsProcessed = env.insns.length
}
