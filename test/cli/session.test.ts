import { describe, expect, test } from '@jest/globals'
import { Session } from '../../src/cli/session.ts'
import { parseOptions } from '../../src/cli/options.ts'
import type { CommandIo } from '../../src/cli/io.ts'

function session(...argv: string[]) {
  const written: string[] = []
  const io: CommandIo = {
    stdout: (text) => written.push(`out ${String(text)}`),
    stderr: (text) => written.push(`err ${text}`),
    stdin: () => new Uint8Array(),
    env: {},
    cwd: '/work',
    columns: undefined,
  }
  return { session: new Session(io, parseOptions(argv, {}).options, { text: '' }), written }
}

describe('Session', () => {
  test('holds what a slice of a batch prints until the slice is kept', () => {
    const { session: cmd, written } = session()
    cmd.out('before\n')
    cmd.hold(() => {
      cmd.out('within\n')
      cmd.message('warning\n')
      expect(written).toEqual(['out before\n'])
    })
    expect(written).toEqual(['out before\n', 'out within\n', 'err warning\n'])
  })

  test('prints nothing of a slice that is lost', () => {
    const { session: cmd, written } = session()
    expect(() => {
      cmd.hold(() => {
        cmd.out('within\n')
        cmd.message('warning\n')
        throw new Error('lost')
      })
    }).toThrow('lost')
    cmd.flush()
    expect(written).toEqual([])
  })

  test('keeps the order of JSON, raw bytes and messages', () => {
    const { session: cmd, written } = session('-j')
    cmd.json?.startArray()
    cmd.error('one')
    cmd.out(new Uint8Array([65]))
    cmd.json?.endArray()
    cmd.json?.end()
    cmd.message('two\n')
    expect(written).toEqual(['out [{"error":"one"}', 'out 65', 'out ]\n', 'err two\n'])
  })

  test('resolves paths as the process would', () => {
    const { session: cmd } = session()
    expect(cmd.resolvePath('a/../b')).toBe('/work/b')
    expect(cmd.resolvePath('/sys/fs/bpf//x/')).toBe('/sys/fs/bpf/x')
  })
})
