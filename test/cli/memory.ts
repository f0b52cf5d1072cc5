import { bootMachine } from '../../src/kernel/boot.ts'
import { run } from '../../src/cli/main.ts'
import type { CommandIo } from '../../src/cli/io.ts'
import type { OpenMachine } from '../../src/cli/main.ts'

/** What a command line answered. */
export interface Answer {
  status: number
  stdout: string
  stderr: string
}

/** A machine in memory that lives as long as the tests want, however many commands run on it. */
export function memoryMachine(): OpenMachine {
  const machine = bootMachine()
  return () => ({ process: () => machine.process('bpftool'), close: () => undefined })
}

/** Runs one command line on a machine. */
export async function answer(
  argv: readonly string[],
  open: OpenMachine,
  stdin: string | Uint8Array = '',
  cwd = '/',
): Promise<Answer> {
  const out: Uint8Array[] = []
  let stderr = ''
  const io: CommandIo = {
    stdout: (text) => {
      out.push(Buffer.from(text as string))
    },
    stderr: (text) => {
      stderr += text
    },
    stdin: () => Buffer.from(stdin),
    env: {},
    cwd,
    columns: undefined,
  }
  const status = await run(argv, io, open)
  return { status, stdout: Buffer.concat(out).toString(), stderr }
}
