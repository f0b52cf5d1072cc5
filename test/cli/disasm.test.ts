import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { Insns } from '../../src/isa/insn.ts'
import { disasm } from '../../src/isa/disasm.ts'

/** Instructions as Linux 6.18's verifier printed them; made by record-disasm.py. */
const recorded = JSON.parse(
  readFileSync(new URL('recorded/disasm.json', import.meta.url), 'utf8'),
) as readonly (readonly [string, string])[]

describe('disasm', () => {
  test('prints every instruction as the kernel does', () => {
    const wrong = recorded.flatMap(([hex, text]) => {
      const ours = disasm(new Insns(Buffer.from(hex, 'hex')), 0)
      return ours === text ? [] : [{ hex, text, ours }]
    })
    expect(wrong).toEqual([])
    expect(recorded.length).toBeGreaterThan(1000)
  })

  test('has something to say of any bytes', () => {
    for (let code = 0; code < 256; code++) {
      for (const rest of ['00000000000000', 'ffffffffffffff', 'a5080001000000']) {
        const insns = new Insns(Buffer.from(code.toString(16).padStart(2, '0') + rest, 'hex'))
        expect(disasm(insns, 0)).toMatch(/^(\([0-9a-f]{2}\) .+|BUG_.*[0-9a-f]{2})$/)
      }
    }
  })
})
