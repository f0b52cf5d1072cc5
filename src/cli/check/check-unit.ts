import { bootMachine } from '../../kernel/boot.ts'
import { KernelError } from '../../kernel/error.ts'
import { LibbpfError } from '../../libbpf/error.ts'
import { loadObject } from '../../libbpf/load.ts'
import { openObject } from '../../libbpf/open.ts'
import type { ObjectSource } from '../../libbpf/open.ts'
import { BpfProgram } from '../../libbpf/model.ts'
import type { BpfObject } from '../../libbpf/model.ts'
import { sourceLine } from './source-line.ts'
import { failureOf } from './stage.ts'
import type { Unit, Verdict } from './verdict.ts'

/** What checking asks of its surroundings. */
export interface CheckHost {
  /** The object's bytes, or the errno of open(2). */
  read(path: string): ObjectSource
  /** Folder of the kernels that the user imported. */
  readonly kernels: string
}

/** Loads each program of an object alone on a fresh machine, and keeps nothing. */
export function checkUnit(host: CheckHost, { object: path, kernel, programs }: Unit): Verdict[] {
  const source = host.read(path)
  const attempt = (program: string | undefined) => tryOne(host, source, { object: path, kernel }, program)
  const opened = attempt(undefined)
  if (!Array.isArray(opened)) return [opened]
  return opened
    .filter(({ program }) => programs?.includes(program) ?? true)
    .map(({ program, section }) => {
      const verdict = attempt(program)
      return Array.isArray(verdict) ? { object: path, program, section, kernel, failure: null, since: null } : verdict
    })
}

interface Named {
  program: string
  section: string
}

/**
 * @param program undefined: the object is only opened.
 * @returns the programs of an object that is fine, else the verdict.
 */
function tryOne(
  { kernels }: CheckHost,
  source: ObjectSource,
  { object: path, kernel }: Unit,
  program: string | undefined,
): Verdict | Named[] {
  const messages: string[] = []
  const print = (level: string, text: string) => {
    if (level === 'warn') messages.push(text.replace(/^libbpf: /, '').trimEnd())
  }
  const machine = bootMachine({ profile: kernel, kernels })
  const system = machine.process('bpftool')
  let object: BpfObject | undefined
  try {
    object = openObject(source, path, { print })
    const wanted = [...object.entryPrograms()].filter(({ autoload }) => autoload)
    if (program !== undefined) {
      for (const each of wanted) each.autoload = each.name === program
      // Arrays of programs stay empty where a program isn't loaded.
      for (const map of object.maps) {
        map.initSlots = map.initSlots.map((slot) => (slot instanceof BpfProgram && !slot.autoload ? undefined : slot))
      }
      loadObject(object, system)
    }
    return wanted.map(({ name, sectionName }) => ({ program: name, section: sectionName }))
  } catch (error) {
    if (!(error instanceof LibbpfError) && !(error instanceof KernelError)) throw error
    const prog = program === undefined ? undefined : object?.findProgram(program)
    const failure = failureOf(error, messages, prog, system)
    const { log } = failure
    return {
      object: path,
      program: prog?.name ?? null,
      section: prog?.sectionName ?? null,
      kernel,
      failure: {
        ...failure,
        stage: object === undefined ? 'open' : failure.stage,
        line: object === undefined || prog === undefined ? null : sourceLine(object, prog, log),
      },
      since: null,
    }
  } finally {
    machine.close()
  }
}
