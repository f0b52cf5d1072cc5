import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeCase, wantsTranslated } from './encode.ts'
import type { Answer, Step } from './step.ts'

/**
 * The real kernel's answers to cases. For maintainers: needs cc, and root on a kernel that takes bpf(2), or a command
 * that boots one, runs a shell script in it and brings back what it wrote to /out (COMMAND SCRIPT OUT FILE ...; the
 * files stand in /in).
 *
 * @param source ask.c.
 * @param rights with which it is asked.
 */
export async function ask(
  source: string,
  boot: readonly string[],
  cases: readonly (readonly Step[])[],
  rights: Rights = {},
) {
  const [answers = []] = await askGroups(source, boot, [{ cases, rights }])
  return answers
}

/** Cases that are asked with the same rights. */
export interface Group {
  cases: readonly (readonly Step[])[]
  rights: Rights
}

/** As ask, one group after the other of a kernel that is booted once. */
export async function askGroups(source: string, boot: readonly string[], groups: readonly Group[]) {
  const folder = mkdtempSync(join(tmpdir(), 'ask-'))
  try {
    const runner = join(folder, 'ask')
    execFileSync('cc', ['-O2', '-static', '-o', runner, source])
    const questions = groups.map(({ cases, rights }) => ({ bytes: Buffer.concat(cases.map(encodeCase)), rights }))
    const answered: Buffer[] = []
    if (boot.length > 0) answered.push(...askBooted(folder, runner, boot, questions))
    else for (const { bytes, rights } of questions) answered.push(await askRunning(runner, bytes, rights))
    return groups.map(({ cases }, i) => decode(answered[i] ?? Buffer.alloc(0), cases))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Capabilities that are kept, by number (all where they're left out), and whether others are let in without any. */
export interface Rights {
  keep?: readonly number[]
  unprivileged?: boolean
}

interface Question {
  bytes: Buffer
  rights: Rights
}

function argumentsOf({ keep }: Rights): string[] {
  return keep === undefined ? [] : keep.length === 0 ? ['-1'] : keep.map(String)
}

function askBooted(
  folder: string,
  runner: string,
  [command = '', ...args]: readonly string[],
  questions: readonly Question[],
): Buffer[] {
  const [script, out] = [join(folder, 'script'), join(folder, 'out')]
  const files = questions.map((_, i) => join(folder, `questions${i}`))
  const lines = questions.map(({ rights }, i) => {
    const shut = `echo ${rights.unprivileged ? 0 : 2} > /proc/sys/kernel/unprivileged_bpf_disabled`
    return `${shut}; ${['/in/ask', ...argumentsOf(rights)].join(' ')} < /in/questions${i} > /out/answers${i}`
  })
  writeFileSync(script, `${lines.join('\n')}\n`)
  questions.forEach(({ bytes }, i) => {
    writeFileSync(files[i] as string, bytes)
  })
  execFileSync(command, [...args, script, out, runner, ...files], { stdio: ['ignore', 'ignore', 'inherit'] })
  return files.map((_, i) => readFileSync(join(out, `answers${i}`)))
}

async function askRunning(runner: string, bytes: Buffer, rights: Rights): Promise<Buffer> {
  const child = spawn(runner, argumentsOf(rights), { stdio: ['pipe', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdin.on('error', () => undefined)
  child.stdin.end(bytes)
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function decode(bytes: Buffer, cases: readonly (readonly Step[])[]): Answer[][] {
  let at = 0
  return cases.map((steps) =>
    steps.map((step) => {
      if (at + 12 > bytes.length) throw new Error('the runner ended')
      const [errno, trueSize, length] = [bytes.readInt32LE(at), bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at + 8)]
      at += 12 + length
      const log = bytes.toString('latin1', at - length, at)
      if (!wantsTranslated(step)) return { errno, trueSize, log }
      const size = bytes.readUInt32LE(at)
      at += 4 + size
      if (errno !== 0) return { errno, trueSize, log }
      return { errno, trueSize, log, translated: bytes.toString('hex', at - size, at) }
    }),
  )
}
