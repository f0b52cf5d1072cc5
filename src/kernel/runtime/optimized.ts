import { lateRequire } from '../profile/package-root.ts'

interface V8 {
  setFlagsFromString(flags: string): void
}

/**
 * Does what compiles WebAssembly so that the engine makes its best code at once, where it's V8: it would begin with code
 * that is made quickly, and keep that for a loop that doesn't come back.
 */
export function optimized<T>(make: () => T): T {
  const v8 = lateRequire('node:v8') as V8
  v8.setFlagsFromString('--no-liftoff')
  v8.setFlagsFromString('--no-wasm-lazy-compilation')
  try {
    return make()
  } finally {
    v8.setFlagsFromString('--liftoff')
    v8.setFlagsFromString('--wasm-lazy-compilation')
  }
}
