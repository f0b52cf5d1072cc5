import { CommandError } from '../command.ts'
import { strtoul } from './number.ts'
import type { Args } from '../args.ts'

/** A decimal byte, the commonest form; -1 for everything else. */
function plainByte(word: string): number {
  if (word.length === 0 || word.length > 3) return -1
  let value = 0
  for (let i = 0; i < word.length; i++) {
    const digit = word.charCodeAt(i) - 48
    if (digit < 0 || digit > 9 || (digit === 0 && i === 0 && word.length > 1)) return -1
    value = value * 10 + digit
  }
  return value & 255
}

/**
 * DATA (parse_bytes): `[hex] BYTES`, as many as `into` holds.
 * @param name `key` or `value`, for the message.
 */
export function parseBytes(args: Args, name: string, into: Uint8Array): void {
  const hex = args.is('hex')
  if (hex) args.shift()
  let i = 0
  for (; i < into.length; i++) {
    const word = args.peek()
    if (word === undefined) break
    let byte = hex ? -1 : plainByte(word)
    if (byte < 0) {
      const parsed = strtoul(word, hex ? 16 : 0)
      if (!parsed.complete) throw new CommandError(`error parsing byte: ${word}`)
      byte = parsed.value & 255
    }
    into[i] = byte
    args.shift()
  }
  if (i !== into.length) throw new CommandError(`${name} expected ${into.length} bytes got ${i}`)
}
