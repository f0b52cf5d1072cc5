import { drawTable } from '../render/table.ts'
import type { Cell } from '../render/table.ts'
import { failureText, summary } from './text.ts'
import type { Verdict } from './verdict.ts'

/** For a terminal: programs down, kernels across, and below why something doesn't load. @param colors whether it has any. */
export function verdictTable(verdicts: readonly Verdict[], kernels: readonly string[], colors: boolean): string {
  const rows = new Map<string, Verdict[]>()
  for (const verdict of verdicts) {
    const name = verdict.program === null ? verdict.object : `${verdict.object}: ${verdict.program}`
    rows.set(name, [...(rows.get(name) ?? []), verdict])
  }
  const reasons: string[] = []
  const drawn: Cell[][] = []
  for (const [name, row] of rows) {
    const cells = kernels.map((kernel): Cell => {
      const verdict = row.find((each) => each.kernel === kernel)
      if (verdict === undefined) return ''
      return verdict.failure === null ? { yes: true } : { yes: false, text: verdict.failure.stage }
    })
    drawn.push([name, ...cells])
    reasons.push(...reasonsOf(name, row))
  }
  return `${drawTable(['', ...kernels], drawn, colors)}${[...reasons, summary(verdicts), ''].join('\n')}`
}

/** Kernels that say the same are named together. */
function reasonsOf(name: string, row: readonly Verdict[]): string[] {
  const kernels = new Map<string, string[]>()
  for (const { failure, since, kernel } of row) {
    if (failure === null) continue
    const text = failureText(failure, since)
    kernels.set(text, [...(kernels.get(text) ?? []), kernel])
  }
  return [...kernels].map(([text, names]) => `${name}: ${names.join(', ')}: ${text}`)
}
