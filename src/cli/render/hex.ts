/** Bytes as bpftool prints them, in text and in JSON. */

const hex2: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const quoted: readonly string[] = hex2.map((digits) => `"0x${digits}"`)

/** fprint_hex with a space between bytes: two spaces after the eighth of a line, a new line after the sixteenth. */
export function hexLines(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) {
    if (i > 0) text += i % 16 === 0 ? '\n' : i % 8 === 0 ? '  ' : ' '
    text += hex2[bytes[i] as number] as string
  }
  return text
}

/** What stands between the brackets of print_hex_data_json. */
export function jsonHexBytes(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) {
    if (i > 0) text += ','
    text += quoted[bytes[i] as number] as string
  }
  return text
}
