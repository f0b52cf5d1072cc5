// What is kept of bpftool's answers in JSON, there and here.
import { createHash } from 'node:crypto'

const digest = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** Of a run: what it returned and the digest of all that was printed, or why it didn't run. */
export function keptRun(md5, end) {
  const [, retval] = /"retval":(\d+),\}$/.exec(end) ?? []
  return retval === undefined ? (/"error":"(.*)"\}$/.exec(end)?.[1] ?? end) : [Number(retval), md5]
}

export function runOf(text) {
  const settled = text.replace(/"duration":\d+/, '')
  return keptRun(createHash('md5').update(settled).digest('hex'), settled.slice(-200).trimEnd())
}

/** Of a map: its elements in an order of their own, for hashes have another one at each boot. */
export function mapOf(text) {
  let elements
  try {
    const answer = JSON.parse(text)
    if (!Array.isArray(answer)) return answer.error
    elements = answer.map((element) => JSON.stringify(element)).sort()
  } catch {
    // bpftool prints kinds of types that it doesn't know without quotes.
    elements = [text]
  }
  return [elements.length, digest(elements.join('\n'))]
}
