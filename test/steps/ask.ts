import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeCase } from './encode.ts'
import type { Answer, Step } from './step.ts'

/**
 * The real kernel's answers to cases. For maintainers: needs cc, and root on a kernel that takes bpf(2), or a command
 * that boots one, runs a shell script in it and brings back what it wrote to /out (COMMAND SCRIPT OUT FILE ...; the
 * files stand in /in).
 *
 * @param source ask.c.
 */
export async function ask(source: string, boot: readonly string[], cases: readonly (readonly Step[])[]) {
  const folder = mkdtempSync(join(tmpdir(), 'ask-'))
  try {
    const runner = join(folder, 'ask')
    execFileSync('cc', ['-O2', '-static', '-o', runner, source])
    const bytes = Buffer.concat(cases.map(encodeCase))
    const answered = boot.length > 0 ? askBooted(folder, runner, boot, bytes) : await askRunning(runner, bytes)
    return decode(answered, cases)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function askBooted(folder: string, runner: string, [command = '', ...args]: readonly string[], bytes: Buffer): Buffer {
  const [script, questions, out] = [join(folder, 'script'), join(folder, 'questions'), join(folder, 'out')]
  writeFileSync(script, '/in/ask < /in/questions > /out/answers\n')
  writeFileSync(questions, bytes)
  execFileSync(command, [...args, script, out, runner, questions], { stdio: ['ignore', 'ignore', 'inherit'] })
  return readFileSync(join(out, 'answers'))
}

async function askRunning(runner: string, bytes: Buffer): Promise<Buffer> {
  const child = spawn(runner, [], { stdio: ['pipe', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdin.on('error', () => undefined)
  child.stdin.end(bytes)
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function decode(bytes: Buffer, cases: readonly (readonly Step[])[]): Answer[][] {
  let at = 0
  return cases.map((steps) =>
    steps.map(() => {
      if (at + 12 > bytes.length) throw new Error('the runner ended')
      const [errno, trueSize, length] = [bytes.readInt32LE(at), bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at + 8)]
      at += 12 + length
      return { errno, trueSize, log: bytes.toString('latin1', at - length, at) }
    }),
  )
}
