import { readFileSync, writeFileSync } from 'node:fs'
import { bootableKernels } from '../../kernel/boot.ts'
import { Errno } from '../../uapi/errno.ts'
import type { Args } from '../args.ts'
import type { CheckHost } from '../check/check-unit.ts'
import { writeVerdicts } from '../check/json.ts'
import { junitReport } from '../check/junit.ts'
import { WORKER } from '../check/pool.ts'
import { runUnits } from '../check/run-units.ts'
import { kernelChoice } from '../check/since.ts'
import { sarifReport } from '../check/sarif.ts'
import { summary, verdictLine } from '../check/text.ts'
import type { Unit, Verdict } from '../check/verdict.ts'
import { checkWords } from '../check/words.ts'
import type { CheckWords } from '../check/words.ts'
import { work } from '../check/worker.ts'
import { CommandError } from '../command.ts'
import type { Command } from '../command.ts'
import { mustBeKernel } from '../machine.ts'
import { kernelsFolder } from '../user-folders.ts'
import { machineProcess } from './machine-process.ts'

/** `bpftool check`: would these objects load, on each of these kernels? Not an object of the real bpftool. */

export const checkHelp = {
  text: `Usage: bpftool check OBJ... [kernels { all | KERNELS }] [jobs N] [shard PART] [junit FILE] [sarif FILE]
       bpftool check help

       KERNELS are names that "kernel list" shows, or versions between them, separated by commas; without
       them it is the kernel that is booted. PART is I/N, the I-th of N parts of the work
`,
}

export async function check(cmd: Command, args: Args): Promise<number> {
  const host = hostOf(cmd)
  if (cmd.io.env[WORKER] !== undefined) return work(host)
  const words = checkWords(args)
  const kernels = kernelsOf(cmd, words)
  const units = unitsOf(words, kernels)
  const verdicts = sorted(await run(cmd, host, words, units), words.objects, kernels)
  await print(cmd, verdicts, kernels)
  writeReport(cmd, words.junit, () => junitReport(verdicts))
  writeReport(cmd, words.sarif, () => sarifReport(verdicts))
  return verdicts.some(({ failure }) => failure !== null) ? 1 : 0
}

function hostOf(cmd: Command): CheckHost {
  return {
    kernels: kernelsFolder(cmd.io.env, cmd.io.cwd),
    read: (path) => {
      try {
        return readFileSync(cmd.resolvePath(path))
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException
        return { failed: (Errno as Readonly<Record<string, number>>)[code] ?? Errno.EIO }
      }
    },
  }
}

/** @throws CommandError where one isn't there. */
function kernelsOf(cmd: Command, { kernels }: CheckWords): string[] {
  if (kernels === undefined) return [machineProcess(cmd).machine.profile]
  const all = bootableKernels(kernelsFolder(cmd.io.env, cmd.io.cwd)).map(({ name }) => name)
  if (kernels === 'all') return all
  for (const name of kernels) mustBeKernel(cmd.io, name)
  return [...kernels]
}

/** The work, or a part of it: the same one whatever the order in which the objects are named. */
function unitsOf({ objects, shard }: CheckWords, kernels: readonly string[]): Unit[] {
  const units = [...new Set(objects)].sort().flatMap((object) => kernels.map((kernel) => ({ object, kernel })))
  const part = shard === undefined ? units : units.filter((_, i) => i % shard.of === shard.number - 1)
  // A process that stays with a kernel has read it already.
  return part.sort((a, b) => kernels.indexOf(a.kernel) - kernels.indexOf(b.kernel))
}

async function run(cmd: Command, host: CheckHost, { jobs }: CheckWords, units: readonly Unit[]): Promise<Verdict[]> {
  const { io, json } = cmd
  const clear = '\r\u001b[K'
  const isTerminal = io.columns !== undefined && json === undefined
  const progress = (done: number, of: number, { object, kernel }: Unit) => {
    io.stderr(`${clear}${done}/${of} ${object} on ${kernel}`.slice(0, (io.columns ?? 80) + clear.length - 1))
  }
  const known = bootableKernels(host.kernels)
  const version = (kernel: string): [number, number] => {
    const release = known.find(({ name }) => name === kernel)?.profile.linux ?? kernel
    const [major = 0, minor = 0] = release.split('.').map((part) => parseInt(part, 10) || 0)
    return [major, minor]
  }
  const recorded = known.filter(({ imported }) => !imported).map(({ name }) => name)
  const asked = units.map(({ kernel }) => kernel)
  try {
    return await runUnits(units, {
      host,
      jobs,
      self: io.self,
      kernels: kernelChoice([...recorded, ...asked], version),
      progress: isTerminal ? progress : undefined,
    })
  } catch (error) {
    throw new CommandError(`can't check: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    if (isTerminal) io.stderr(clear)
  }
}

/** As the objects were named; programs as they stand in them; kernels as they were named. */
function sorted(verdicts: readonly Verdict[], objects: readonly string[], kernels: readonly string[]): Verdict[] {
  const order = new Map<string, number>()
  for (const { object, program } of verdicts) {
    const key = JSON.stringify([object, program])
    if (!order.has(key)) order.set(key, order.size)
  }
  const place = ({ object, program }: Verdict) => order.get(JSON.stringify([object, program])) ?? 0
  return [...verdicts].sort(
    (a, b) =>
      objects.indexOf(a.object) - objects.indexOf(b.object) ||
      place(a) - place(b) ||
      kernels.indexOf(a.kernel) - kernels.indexOf(b.kernel),
  )
}

async function print(cmd: Command, verdicts: readonly Verdict[], kernels: readonly string[]): Promise<void> {
  if (cmd.json !== undefined) {
    writeVerdicts(cmd.json, verdicts)
  } else if (cmd.io.columns !== undefined) {
    const { verdictTable } = await import('../check/table.ts')
    const used = kernels.filter((kernel) => verdicts.some((each) => each.kernel === kernel))
    cmd.out(verdictTable(verdicts, used, !cmd.io.env['NO_COLOR']))
  } else {
    for (const verdict of verdicts) cmd.out(`${verdictLine(verdict)}\n`)
    cmd.out(`${summary(verdicts)}\n`)
  }
}

function writeReport(cmd: Command, path: string | undefined, report: () => string): void {
  if (path === undefined) return
  try {
    writeFileSync(cmd.resolvePath(path), report())
  } catch (error) {
    throw new CommandError(`can't write ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
