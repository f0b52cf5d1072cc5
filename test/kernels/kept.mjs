import { createHash } from 'node:crypto'

const LONG = 6000

/** An answer as it's kept: without what differs from run to run; of a long one its hash and its end. */
export function kept(text) {
  const masked = text
    .replace(/^verification time \d+ usec$/gm, 'verification time N usec')
    .replace(/\b0xff(?!f{14})[0-9a-f]{14}\b/g, '0xADDRESS')
  if (masked.length <= LONG) return masked
  const hash = createHash('sha256').update(masked).digest('hex')
  return `${masked.length} bytes, sha256 ${hash}, ...${masked.slice(-600)}`
}
