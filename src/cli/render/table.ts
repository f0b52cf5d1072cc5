import { Chalk } from 'chalk'
import Table from 'cli-table3'

/** A cell: text, or whether something is so, with a word beside it. */
export type Cell = string | { yes: boolean; text?: string }

/** A table for a terminal, of what bpftool doesn't have: its own output is plain. */
export function drawTable(head: readonly string[], rows: readonly (readonly Cell[])[], colors: boolean): string {
  const chalk = new Chalk({ level: colors ? 1 : 0 })
  const table = new Table({ head: [...head], style: { head: [], border: [], compact: true } })
  const draw = (cell: Cell) => {
    if (typeof cell === 'string') return cell
    const mark = cell.yes ? chalk.green('✓') : chalk.red('✗')
    return cell.text === undefined ? mark : `${mark} ${cell.text}`
  }
  for (const row of rows) table.push(row.map(draw))
  return `${table.toString()}\n`
}
