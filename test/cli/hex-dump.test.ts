import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { hexDump } from '../../src/cli/objects/prog-run.ts'

/** Packets, and what bpftool 7.8.0 printed for `prog run ... data_out -` of an XDP program that only returns XDP_PASS. */
const recorded = JSON.parse(
  readFileSync(new URL('recorded/hex-dump.json', import.meta.url), 'utf8'),
) as readonly (readonly [string, string])[]

test.each(recorded)('hexDump of %s', (hex, text) => {
  expect(hexDump(Buffer.from(hex, 'hex'))).toBe(text)
})
