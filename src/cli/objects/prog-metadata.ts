import type { Command } from '../command.ts'

/**
 * show_prog_metadata: the bpf_metadata_ variables of a program's .rodata.
 * TODO: with the typed dumper.
 */
export function progMetadata(cmd: Command, mapIds: readonly number[]): void {
  if (mapIds.length === 0 || cmd.json === undefined) return
}
