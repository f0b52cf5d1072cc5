import { bootMachine, bootableKernels } from '../../kernel/boot.ts'
import { Probes } from '../../libbpf/probes.ts'
import { AttachType } from '../../uapi/attach-type.ts'
import { LinkType } from '../../uapi/link-type.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'
import type { Cell } from '../render/table.ts'
import { kernelsFolder } from '../user-folders.ts'
import { systemConfig } from './feature-config.ts'
import { probeHelpers, probeMapTypes, probeProgTypes } from './feature-kernel.ts'
import { probeMisc } from './feature-misc.ts'
import type { Feature, Report } from './feature-report.ts'

/** `feature matrix`: what each kernel that can be booted answers to the questions of `feature probe full`. */

type Value = boolean | string | number | undefined

/** Collects one kernel's answers. */
class Column implements Report {
  readonly values = new Map<string, Value>()

  begin(): void {
    // Rows are named by themselves.
  }

  end(): void {
    // Nothing.
  }

  feature({ plain }: Feature, has: boolean): void {
    this.values.set(plain.replace('eBPF ', ''), has)
  }

  sysctl(name: string, value: number | undefined): void {
    this.values.set(`sysctl ${name}`, value)
  }

  option(name: string, value: string | undefined): void {
    this.values.set(name, value)
  }

  beginHelpers(): void {
    // Each helper names its type.
  }

  helper(progType: string, name: string, has: boolean): void {
    this.values.set(`helper ${name} in ${progType}`, has)
  }

  endHelpers(): void {
    // Nothing.
  }
}

/** `feature matrix [WORD...]`: rows that hold all of the words. */
export async function matrix(cmd: Command, args: Args): Promise<number> {
  const words: string[] = []
  while (args.length > 0) words.push(args.shift().toLowerCase())
  const folder = kernelsFolder(cmd.io.env, cmd.io.cwd)
  const kernels = bootableKernels(folder).map(({ name }) => name)
  const columns = new Map<string, Column>()
  for (const name of kernels) columns.set(name, await probeKernel(cmd, name, folder))
  const rows = rowsOf(columns).filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
  if (cmd.json !== undefined) writeJson(cmd, rows, kernels)
  else if (cmd.io.columns === undefined) cmd.out(asLines(rows, kernels))
  else {
    const { drawTable } = await import('../render/table.ts')
    const cells = rows.map(({ name, values }) => [name, ...values.map(asCell)])
    cmd.out(drawTable(['', ...kernels], cells, !cmd.io.env['NO_COLOR']))
  }
  return 0
}

async function probeKernel(cmd: Command, profile: string, kernels: string): Promise<Column> {
  const machine = bootMachine({ profile, kernels })
  const system = machine.process('bpftool')
  const column = new Column()
  const info = (message: string) => {
    cmd.info(message)
  }
  try {
    await systemConfig({ system: () => system, info }, column, false)
    const probes = new Probes(system)
    system.atomically(() => {
      const supported = probeProgTypes(column, (type) => probes.progType(type))
      probeMapTypes(column, (type) => probes.mapType(type))
      probeMisc(probes, column, 0)
      probeHelpers(column, { has: (type, helper) => probes.helper(type, helper), supported, full: true })
    })
    for (const [name, type] of Object.entries(AttachType)) {
      column.values.set(`attach_type ${name.toLowerCase()}`, system.hasAttachType(type))
    }
    for (const [name, type] of Object.entries(LinkType)) {
      if (type > 0) column.values.set(`link_type ${name.toLowerCase()}`, system.hasLinkType(type))
    }
  } finally {
    machine.close()
  }
  return column
}

interface Row {
  name: string
  values: Value[]
}

/** Helpers that no kernel has for a program type are no rows: there are thousands. */
function rowsOf(columns: ReadonlyMap<string, Column>): Row[] {
  const names = new Set([...columns.values()].flatMap(({ values }) => [...values.keys()]))
  return [...names]
    .map((name) => ({ name, values: [...columns.values()].map(({ values }) => values.get(name)) }))
    .filter(({ name, values }) => !name.startsWith('helper ') || values.includes(true))
}

function asText(value: Value): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return value === undefined ? '-' : String(value)
}

function asLines(rows: readonly Row[], kernels: readonly string[]): string {
  const lines = [['', ...kernels], ...rows.map(({ name, values }) => [name, ...values.map(asText)])]
  const widths = kernels.map((_, i) => Math.max(...lines.map((line) => line[i + 1]?.length ?? 0)))
  const width = Math.max(...lines.map(([name]) => name?.length ?? 0))
  return lines
    .map(([name = '', ...cells]) => {
      const padded = cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')
      return `${name.padEnd(width)}  ${padded}`.trimEnd() + '\n'
    })
    .join('')
}

function asCell(value: Value): Cell {
  return typeof value === 'boolean' ? { yes: value } : asText(value)
}

/** An array of { feature, kernels: { NAME: VALUE } }. */
function writeJson({ json }: Command, rows: readonly Row[], kernels: readonly string[]): void {
  if (json === undefined) return
  json.startArray()
  for (const { name, values } of rows) {
    json.startObject()
    json.stringField('feature', name)
    json.name('kernels')
    json.startObject()
    for (const [i, kernel] of kernels.entries()) {
      const value = values[i]
      json.name(kernel)
      if (value === undefined) json.nullValue()
      else if (typeof value === 'boolean') json.bool(value)
      else if (typeof value === 'number') json.number(value)
      else json.string(value)
    }
    json.endObject()
    json.endObject()
  }
  json.endArray()
}
