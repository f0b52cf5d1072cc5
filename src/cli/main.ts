import type { CommandIo } from './io.ts'

/**
 * Runs one bpftool command line.
 * @param argv words after `bpftool`.
 * @returns exit status.
 */
export async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  await Promise.resolve()
  io.stderr(`not built yet: ${argv.join(' ')}\n`)
  return 255
}
