import type { Btf } from '../../btf/btf.ts'
import type { JsonWriter } from './json.ts'

/** A program's struct bpf_line_info records (struct bpf_prog_linfo). */
export class LineInfo {
  readonly #view: DataView
  readonly #recordSize: number
  readonly #count: number

  constructor(records: Uint8Array, recordSize: number, count: number) {
    this.#view = new DataView(records.buffer, records.byteOffset, records.byteLength)
    this.#recordSize = recordSize
    this.#count = Math.min(count, Math.floor(records.length / recordSize))
  }

  #word(record: number, at: number): number {
    return this.#view.getUint32(record * this.#recordSize + at, true)
  }

  /** bpf_prog_linfo__lfind: the record that covers an instruction, those before `skip` left out; undefined for none. */
  find(insnOff: number, skip: number): number | undefined {
    if (skip >= this.#count || insnOff < this.#word(skip, 0)) return undefined
    let record = skip
    while (record + 1 < this.#count && this.#word(record + 1, 0) <= insnOff) record++
    return record
  }

  line(btf: Btf, record: number): string {
    return btf.string(this.#word(record, 8)).replace(/^[ \t-\r]+/, '')
  }

  file(btf: Btf, record: number): string {
    return btf.string(this.#word(record, 4))
  }

  lineNumber(record: number): number {
    return this.#word(record, 12) >>> 10
  }

  column(record: number): number {
    return this.#word(record, 12) & 0x3ff
  }
}

/** btf_dump_linfo_plain. */
export function lineInfoPlain(btf: Btf, info: LineInfo, record: number, linum: boolean): string {
  const line = info.line(btf, record)
  if (!linum) return `; ${line}\n`
  const [file, number, column] = [info.file(btf, record), info.lineNumber(record), info.column(record)]
  return `; ${line} [file:${file} line_num:${number} line_col:${column}]\n`
}

/** btf_dump_linfo_json. */
export function lineInfoJson(json: JsonWriter, btf: Btf, info: LineInfo, record: number, linum: boolean): void {
  json.stringField('src', info.line(btf, record))
  if (!linum) return
  json.stringField('file', info.file(btf, record))
  if (info.lineNumber(record) !== 0) json.numberField('line_num', info.lineNumber(record))
  if (info.column(record) !== 0) json.numberField('line_col', info.column(record))
}

const dotLabel = (text: string): string => text.replace(/[\\"{}<>| ]/g, (c) => `\\${c}`)

const MAX_PATH_LEN = 32

/** shorten_path: where the end of a long path that is shown begins. */
function shortPathStart(path: string): number {
  if (path.length <= MAX_PATH_LEN) return 0
  const slash = path.indexOf('/', path.length - MAX_PATH_LEN)
  if (slash >= 0) return slash < '...'.length ? 0 : slash
  return Math.max(0, path.lastIndexOf('/'))
}

/** btf_dump_linfo_dotlabel. */
export function lineInfoDotLabel(btf: Btf, info: LineInfo, record: number, linum: boolean): string {
  const line = info.line(btf, record)
  if (line === '') return ''
  let text = ''
  if (linum) {
    const file = info.file(btf, record)
    const start = shortPathStart(file)
    const shown = `${start > 0 ? '...' : ''}${dotLabel(file.slice(start))}`
    text = `; [${shown} line:${info.lineNumber(record)} col:${info.column(record)}]\\l\\\n`
  }
  return `${text}; ${dotLabel(line)}\\l\\\n`
}
