import type { JsonWriter } from '../render/json.ts'
import type { Verdict } from './verdict.ts'

/** An array of all verdicts. */
export function writeVerdicts(json: JsonWriter, verdicts: readonly Verdict[]): void {
  json.startArray()
  for (const verdict of verdicts) writeVerdict(json, verdict)
  json.endArray()
}

function writeVerdict(json: JsonWriter, { object, program, section, kernel, failure, since }: Verdict): void {
  const text = (name: string, value: string | null) => {
    json.name(name)
    if (value === null) json.nullValue()
    else json.string(value)
  }
  json.startObject()
  text('object', object)
  text('program', program)
  text('section', section)
  text('kernel', kernel)
  json.boolField('ok', failure === null)
  text('stage', failure?.stage ?? null)
  json.name('errno')
  if (failure === null) json.nullValue()
  else json.number(failure.errno)
  text('message', failure?.message ?? null)
  json.name('line')
  const line = failure?.line ?? null
  if (line === null) {
    json.nullValue()
  } else {
    json.startObject()
    json.stringField('file', line.file)
    json.numberField('line', line.line)
    json.numberField('column', line.column)
    json.stringField('text', line.text)
    json.endObject()
  }
  text('since', since)
  text('log', failure?.log ?? null)
  json.endObject()
}
