import { BPF_TAG_SIZE } from '../../uapi/flags.ts'

/**
 * sscanf(word, "%02hhx" eight times): each byte skips white space and reads at most two characters, a sign or a 0x among
 * them; what follows the eighth is not looked at. Undefined when a byte is missing.
 */
export function parseTag(word: string): Uint8Array | undefined {
  const tag = new Uint8Array(BPF_TAG_SIZE)
  let at = 0
  for (let i = 0; i < BPF_TAG_SIZE; i++) {
    while (/\s/.test(word[at] ?? '')) at++
    const end = at + 2
    let negative = false
    if (word[at] === '-' || word[at] === '+') negative = word[at++] === '-'
    const start = at
    let value = 0
    if (at + 2 <= end && /^0x$/i.test(word.slice(at, at + 2))) {
      at += 2
    } else {
      for (; at < end && /[0-9a-f]/i.test(word[at] ?? ''); at++) value = value * 16 + parseInt(word[at] ?? '', 16)
    }
    if (at === start) return undefined
    tag[i] = negative ? -value : value
  }
  return tag
}
