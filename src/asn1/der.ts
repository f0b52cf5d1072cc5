/** The little of DER that signatures and certificates are made of: written and read. */

/** A value with its tag and length. */
export function der(tag: number, content: Uint8Array = new Uint8Array(0)): Uint8Array {
  const length: number[] = []
  if (content.length < 0x80) {
    length.push(content.length)
  } else {
    for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest & 0xff)
    length.unshift(0x80 | length.length)
  }
  return Uint8Array.from([tag, ...length, ...content])
}

export function constructed(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return der(tag, Uint8Array.from(parts.flatMap((part) => [...part])))
}

/** A small number. */
export function integer(value: number): Uint8Array {
  return der(0x02, Uint8Array.of(value))
}

export function octets(bytes: Uint8Array): Uint8Array {
  return der(0x04, bytes)
}

/** An object identifier written with dots. */
export function objectId(text: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const groups = [arc & 0x7f]
    for (let more = Math.floor(arc / 128); more > 0; more = Math.floor(more / 128)) groups.unshift(0x80 | (more & 0x7f))
    bytes.push(...groups)
  }
  return der(0x06, Uint8Array.from(bytes))
}

const SUBJECT_KEY_ID = objectId('2.5.29.14')

/** The key's id in a certificate's extension of that name: an octet string in an octet string. */
export function subjectKeyId(certificate: Uint8Array): Uint8Array | undefined {
  const bytes = Buffer.from(certificate.buffer, certificate.byteOffset, certificate.length)
  const at = bytes.indexOf(SUBJECT_KEY_ID) + SUBJECT_KEY_ID.length
  if (at < SUBJECT_KEY_ID.length || bytes[at] !== 0x04 || bytes[at + 2] !== 0x04) return undefined
  return new Uint8Array(bytes.subarray(at + 4, at + 4 + (bytes[at + 3] as number)))
}

/** A value as it was written. */
export interface DerValue {
  tag: number
  content: Uint8Array
}

/** The values in `bytes`, one after the other; undefined where that isn't what the bytes are. */
export function derValues(bytes: Uint8Array): DerValue[] | undefined {
  const values: DerValue[] = []
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at++] as number
    let length = bytes[at++] ?? NaN
    if (length >= 0x80) {
      const digits = length & 0x7f
      if (digits === 0 || digits > 4) return undefined
      length = 0
      for (let i = 0; i < digits; i++) length = length * 256 + (bytes[at++] ?? NaN)
    }
    if (!(at + length <= bytes.length)) return undefined
    values.push({ tag, content: bytes.subarray(at, at + length) })
    at += length
  }
  return values
}
