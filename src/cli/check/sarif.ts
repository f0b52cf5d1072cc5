import { failureText } from './text.ts'
import type { Failure, Verdict } from './verdict.ts'

/** A report in the Static Analysis Results Interchange Format, version 2.1.0: a result for each failure. */
export function sarifReport(verdicts: readonly Verdict[]): string {
  const failing = verdicts.flatMap((verdict) => {
    const { failure } = verdict
    return failure === null ? [] : [{ ...verdict, failure }]
  })
  const stages = [...new Set(failing.map(({ failure }) => failure.stage))].sort()
  const report = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'bpftool check',
            rules: stages.map((stage) => ({ id: stage, shortDescription: { text: `stopped at: ${stage}` } })),
          },
        },
        results: failing.map(({ object, program, kernel, failure, since }) => ({
          ruleId: failure.stage,
          ruleIndex: stages.indexOf(failure.stage),
          level: 'error',
          message: { text: `${program ?? object} on Linux ${kernel}: ${failureText(failure, since)}` },
          locations: [{ physicalLocation: location(object, failure) }],
          properties: { object, program, kernel, errno: failure.errno, since },
        })),
      },
    ],
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

/** The source line where it's known, else the object. */
function location(object: string, { line }: Failure): object {
  if (line === null || line.line === 0) return { artifactLocation: { uri: object } }
  const region = { startLine: line.line, ...(line.column > 0 && { startColumn: line.column }) }
  return { artifactLocation: { uri: line.file }, region }
}
