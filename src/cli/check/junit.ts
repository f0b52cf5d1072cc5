import { failureText } from './text.ts'
import type { Verdict } from './verdict.ts'

/** A report as JUnit writes it: a suite for each object on each kernel, a case for each program. */
export function junitReport(verdicts: readonly Verdict[]): string {
  const suites = new Map<string, Verdict[]>()
  for (const verdict of verdicts) {
    const name = `${verdict.object} on Linux ${verdict.kernel}`
    suites.set(name, [...(suites.get(name) ?? []), verdict])
  }
  const failures = (list: readonly Verdict[]) => list.filter(({ failure }) => failure !== null).length
  const totals = `tests="${verdicts.length}" failures="${failures(verdicts)}"`
  const body = [...suites].map(([name, list]) => {
    const cases = list.map((verdict) => testCase(verdict)).join('')
    return `  <testsuite name=${quoted(name)} tests="${list.length}" failures="${failures(list)}">\n${cases}  </testsuite>\n`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="bpftool check" ${totals}>\n${body.join('')}</testsuites>\n`
}

function testCase({ object, program, kernel, failure, since }: Verdict): string {
  const head = `    <testcase name=${quoted(program ?? object)} classname=${quoted(`${object}.${kernel}`)}`
  if (failure === null) return `${head}/>\n`
  const message = quoted(failureText(failure, since))
  return `${head}>\n      <failure type=${quoted(failure.stage)} message=${message}>${escaped(failure.log)}</failure>\n    </testcase>\n`
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;')}"`
}

/** XML has no way to write most control characters. */
function escaped(text: string): string {
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, '?').replace(/[&<>]/g, (char) => entities[char] ?? char)
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
