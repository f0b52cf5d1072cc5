import { helperNames } from '../../uapi/helper-names.ts'
import { mapTypeCount, mapTypeName } from '../../uapi/map-type.ts'
import { progTypeCount, progTypeName } from '../../uapi/prog-type.ts'
import { helperFullName } from './feature-builtins.ts'
import type { Feature, Report } from './feature-report.ts'

/** Helpers that make the kernel write to its log: asked for only with `full`. */
const noisy: ReadonlySet<string> = new Set(['trace_printk', 'trace_vprintk', 'probe_write_user'])

const progTypes = {
  json: 'program_types',
  plain: 'Scanning eBPF program types...',
  macros: '/*** eBPF program types ***/',
}
const mapTypes = { json: 'map_types', plain: 'Scanning eBPF map types...', macros: '/*** eBPF map types ***/' }
const helpers = {
  json: 'helpers',
  plain: 'Scanning eBPF helper functions...',
  macros: '/*** eBPF helper functions ***/',
}

function typeFeature(kind: 'prog' | 'map', name: string): Feature {
  const what = kind === 'prog' ? 'program_type' : 'map_type'
  const macro = `${name}_${kind}_type`.toUpperCase()
  return { json: `have_${name}_${kind}_type`, plain: `eBPF ${what} ${name}`, macro }
}

/** section_program_types. @param only those types; all where it is left out. @returns the types that are there. */
export function probeProgTypes(
  report: Report,
  has: (type: number) => boolean,
  only?: readonly number[],
): ReadonlySet<number> {
  const supported = new Set<number>()
  report.begin(progTypes)
  for (const [type, name] of numbered(progTypeCount, progTypeName, only)) {
    const there = has(type)
    if (there) supported.add(type)
    report.feature(typeFeature('prog', name), there)
  }
  report.end()
  return supported
}

/** section_map_types. */
export function probeMapTypes(report: Report, has: (type: number) => boolean, only?: readonly number[]): void {
  report.begin(mapTypes)
  for (const [type, name] of numbered(mapTypeCount, mapTypeName, only)) {
    report.feature(typeFeature('map', name), has(type))
  }
  report.end()
}

export interface HelperProbe {
  /** Whether a program of a supported type may call a helper. */
  has(type: number, helper: number): boolean
  supported: ReadonlySet<number>
  full: boolean
}

/** section_helpers. */
export function probeHelpers(report: Report, { has, supported, full }: HelperProbe, only?: readonly number[]): void {
  report.begin(helpers)
  for (const [type, typeName] of numbered(progTypeCount, progTypeName, only)) {
    const loadable = supported.has(type)
    let any = false
    report.beginHelpers(typeName)
    for (const [id, name] of helperList) {
      if (!full && noisy.has(helperNames[id] ?? '')) continue
      const there = loadable && has(type, id)
      any ||= there
      report.helper(typeName, name, there)
    }
    report.endHelpers(any, loadable)
  }
  report.end()
}

const helperList = [...numbered(helperNames.length, helperFullName)]

function* numbered(
  count: number,
  nameOf: (id: number) => string | undefined,
  only?: readonly number[],
): Iterable<[number, string]> {
  for (let id = 1; id < count; id++) {
    const name = only === undefined || only.includes(id) ? nameOf(id) : undefined
    if (name !== undefined) yield [id, name]
  }
}
