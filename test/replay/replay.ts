import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { run } from '../../src/cli/main.ts'
import { Normalizer, type Step } from './normalize.ts'

/** A recording: what the real bpftool printed on a real kernel. */
export interface Recording {
  kernel: string
  bpftool: string
  steps: Step[]
}

export interface Difference {
  argv: string
  expected: Step
  actual: Step
}

export const fixturesRoot = resolve('fixtures')

export function recordings(folder = join(fixturesRoot, 'recorded')): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => join(folder, file))
}

export function readRecording(path: string): Recording {
  return JSON.parse(readFileSync(path, 'utf8')) as Recording
}

/** A folder as the recording script laid it out: the objects, and `packets`. The caller removes it. */
export function layOut(objects: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'bpftool-sim-replay-'))
  symlinkSync(join(fixturesRoot, 'packets'), join(folder, 'packets'))
  for (const path of objects) symlinkSync(resolve(path), join(folder, path.split('/').at(-1) ?? path))
  return folder
}

/** Runs one step in this process: `rm -rf PATH ...`, which takes pins away, or a command line. */
export async function runStep(argv: readonly string[], cwd: string, env: Record<string, string>): Promise<Step> {
  if (argv[0] !== 'rm') return runCommand(argv, cwd, env)
  for (const path of argv.slice(2)) await runCommand(['fs', 'rm', path, 'recursive'], cwd, env)
  return { argv: [...argv], status: 0, stdout: '', stderr: '' }
}

async function runCommand(argv: readonly string[], cwd: string, env: Record<string, string>): Promise<Step> {
  const out: Uint8Array[] = []
  const err: Uint8Array[] = []
  const collect = (list: Uint8Array[]) => (chunk: string | Uint8Array) => {
    list.push(typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk))
  }
  const status = await run(argv, {
    stdout: collect(out),
    stderr: collect(err),
    stdin: () => new Uint8Array(0),
    env,
    cwd,
    columns: undefined,
  })
  return {
    argv: [...argv],
    status,
    stdout: Buffer.concat(out).toString(),
    stderr: Buffer.concat(err).toString(),
  }
}

/** Runs a recording's commands on a fresh machine and returns those whose answer differs. */
export async function replay(recording: Recording, object: string): Promise<Difference[]> {
  const cwd = layOut([object])
  const state = mkdtempSync(join(tmpdir(), 'bpftool-sim-state-'))
  const expectedIds = new Normalizer()
  const actualIds = new Normalizer()
  const differences: Difference[] = []
  try {
    for (const step of recording.steps) {
      const expected = expectedIds.step(step)
      const actual = actualIds.step(await runStep(step.argv, cwd, { BPFTOOL_STATE: state }))
      if (expected.status !== actual.status || expected.stdout !== actual.stdout || expected.stderr !== actual.stderr) {
        differences.push({ argv: step.argv.join(' '), expected, actual })
      }
    }
  } finally {
    rmSync(cwd, { recursive: true, force: true })
    rmSync(state, { recursive: true, force: true })
  }
  return differences
}
