/** Manual pages read as text: what they say, and what is wrong with how they are written. */

/** Macros of man(7) that the pages use, and those among them that must be closed by another. */
const macros = new Set([
  ...['TH', 'SH', 'SS', 'PP', 'TP', 'RS', 'RE', 'SY', 'YS', 'EX', 'EE'],
  ...['B', 'I', 'R', 'BI', 'BR', 'IB', 'IR', 'RB', 'RI'],
])
const closers: Readonly<Record<string, string>> = { RS: 'RE', SY: 'YS', EX: 'EE' }
/** What may stand between a tag's `.TP` and its text. */
const fonts = /^\.(B|I|BI|BR|IB|IR|RB|RI) /

/** A page's text without its macros: of a section, or of all. */
export function pageText(page: string, section?: string): string {
  const lines = page.split('\n')
  const heading = section === undefined ? -1 : lines.findIndex((line) => sectionName(line) === section)
  if (section !== undefined && heading < 0) return ''
  const end = lines.findIndex((line, i) => i > heading && heading >= 0 && line.startsWith('.SH '))
  return lines
    .slice(heading + 1, end < 0 ? undefined : end)
    .map((line) => plain(line))
    .join('\n')
}

function sectionName(line: string): string | undefined {
  return line.startsWith('.SH ') ? line.slice(4).replaceAll('"', '') : undefined
}

/** One line's words: without its macro, quotes and fonts; words that a macro sets apart only by font are joined. */
function plain(line: string): string {
  const joined = /^\.(BI|BR|IB|IR|RB|RI) (.*)$/.exec(line)
  const text = joined === null ? line.replace(/^\.[A-Z]+ ?/, '') : joinWords(joined[2] ?? '')
  return unescape(text.replaceAll('"', ''))
}

function joinWords(text: string): string {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '').join('')
}

function unescape(text: string): string {
  return text
    .replace(/\\f[BIRP]/g, '')
    .replaceAll('\\-', '-')
    .replaceAll('\\e', '\\')
}

/** Tags of a section's lists, such as `show, list`. */
export function tags(page: string, section: string): string[] {
  const lines = page.split('\n')
  const start = lines.findIndex((line) => sectionName(line) === section)
  const found: string[] = []
  for (let i = start + 1; i < lines.length && !(lines[i] ?? '').startsWith('.SH '); i++) {
    if (lines[i] === '.TP') found.push(plain(lines[i + 1] ?? ''))
  }
  return found
}

/** What is wrong with a page, as lines of `number: fault`. */
export function lint(page: string, name: string): string[] {
  const faults: string[] = []
  const open: string[] = []
  const lines = page.split('\n')
  if (lines.pop() !== '') faults.push('the last line has no end')
  const [, title] = /^\.TH (\S+) 8 "" bpftool\\-sim "[^"]+"$/.exec(lines[0] ?? '') ?? []
  if (title?.replaceAll('\\', '') !== name.toUpperCase()) faults.push(`1: .TH names ${title ?? 'nothing'}`)
  if (lines[1] !== '.SH NAME') faults.push('2: NAME must come first')
  if (!new RegExp(`^${name.replaceAll('-', '\\\\-')} \\\\- \\S`).test(lines[2] ?? ''))
    faults.push('3: not `name \\- text`')
  for (const [i, line] of lines.entries()) {
    const say = (fault: string) => faults.push(`${i + 1}: ${fault}`)
    const macro = /^\.(\S+)/.exec(line)?.[1]
    if (line === '') say('an empty line')
    if (/\s$/.test(line)) say('space at its end')
    if (line.length > 120) say('longer than 120 characters')
    if (/[^\x20-\x7e]/.test(line)) say('not ASCII')
    if (line.startsWith("'")) say('a quote at its start is a command')
    if (/\\(?!-|f[BIRP]|e|&|\(dq)/.test(line)) say('an escape that is none of \\- \\f \\e \\& \\(dq')
    if (/(^|[\s"[(])-{1,2}[a-zA-Z]/.test(line.replace(/\\-/g, ''))) say('an option with an unescaped -')
    if (/\w\.\s+[A-Z]/.test(line) && macro === undefined) say('a sentence that does not begin its line')
    if (((line.match(/"/g) ?? []).length & 1) === 1 && macro !== undefined) say('a quote that is not closed')
    if (macro === undefined) {
      if (line.startsWith('.')) say('no macro')
      continue
    }
    if (!macros.has(macro)) say(`no macro of ours: ${macro}`)
    if (macro === 'TP' && !fonts.test(lines[i + 1] ?? '')) say('.TP without a tag')
    if (['B', 'I', 'BI', 'BR', 'IB', 'IR', 'RB', 'RI'].includes(macro) && !/^\.\S+ \S/.test(line)) say('no text')
    const closer = closers[macro]
    if (closer !== undefined) open.push(closer)
    else if (Object.values(closers).includes(macro) && open.pop() !== macro) say(`nothing to close with ${macro}`)
    if (macro === 'SH' && open.length > 0) say(`${open.join(', ')} missing`)
  }
  return faults
}
