import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { JsonText } from '../../src/cli/render/json.ts'
import { makeArgs } from '../../src/cli/batch-lines.ts'
import { parseOptions } from '../../src/cli/options.ts'
import { answer, memoryMachine } from './memory.ts'

const words = (...argv: string[]) => parseOptions(argv, {})

describe('options', () => {
  test('stand anywhere, in clusters, abbreviated', () => {
    expect(words('prog', '-jf', 'show', '--nom').words).toEqual(['prog', 'show'])
    expect(words('prog', '-jf', 'show', '--nom').options).toMatchObject({
      json: true,
      showPinned: true,
      blockMount: true,
    })
    expect(words('--', '-j').words).toEqual(['-j'])
    expect(parseOptions(['prog', '-j'], { POSIXLY_CORRECT: '1' }).words).toEqual(['prog', '-j'])
  })

  test("keep bpftool's abbreviations beside this program's own", () => {
    expect(words('--s', '-k', 'a', '-i', 'b').options.signProgs).toBe(true)
    expect(words('--sta', 'dir').machine.state).toBe('dir')
    expect(words('--kernel=linux').machine.kernel).toBe('linux')
  })

  test('never lose or make up a word', () => {
    const word = fc.stringMatching(/^[a-z]{0,6}$/)
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.constantFrom('-j', '-p', '-fn', '--debug'))), (argv) => {
        expect(parseOptions(argv, {}).words).toEqual(argv.filter((each) => !each.startsWith('-')))
      }),
    )
  })
})

describe('JsonText', () => {
  test('writes what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.boolean(), (value, pretty) => {
        let text = ''
        const json = new JsonText((more) => {
          text += more
        }, pretty)
        const write = (each: unknown): void => {
          if (typeof each === 'string') json.string(each)
          else if (typeof each === 'boolean') json.bool(each)
          else if (each === null) json.nullValue()
          else if (Array.isArray(each)) {
            json.startArray()
            each.forEach(write)
            json.endArray()
          } else if (typeof each === 'object') {
            json.startObject()
            for (const [name, inner] of Object.entries(each)) {
              json.name(name)
              write(inner)
            }
            json.endObject()
          } else json.number(Number(each))
        }
        // Control characters and NUL are bpftool's own business.
        fc.pre(!/\\u00|\\u0000/.test(JSON.stringify(value)))
        write(value)
        json.end()
        expect(JSON.stringify(JSON.parse(text))).toEqual(JSON.stringify(value))
      }),
    )
  })
})

describe('batch', () => {
  test('splits any line, or says why not', () => {
    fc.assert(
      fc.property(fc.string(), (line) => {
        try {
          for (const word of makeArgs(line, 0)) expect(line).toContain(word)
        } catch (error) {
          expect(String(error)).toContain('unterminated quoted string in command 0')
        }
      }),
    )
  })
})

describe('any words', () => {
  test('are answered without a trace of the inside', async () => {
    const open = memoryMachine()
    const word = fc.oneof(
      fc.constantFrom(
        'prog',
        'link',
        'net',
        'cgroup',
        'show',
        'dump',
        'xlated',
        'id',
        'name',
        'pinned',
        'pin',
        'load',
        'run',
      ),
      fc.constantFrom(
        '-j',
        '-p',
        '-f',
        'type',
        'xdp',
        'data_in',
        '/dev/null',
        '1',
        '',
        'jited',
        'attach',
        'tree',
        'version',
      ),
      fc.string({ maxLength: 5 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 7 }), async (argv) => {
        fc.pre(
          !['map', 'feature', 'btf', 'event', 'fs', 'kernel', 'process'].some((name) =>
            argv.some((w) => name.startsWith(w)),
          ),
        )
        const { stderr, stdout } = await answer(argv, open)
        expect(stderr + stdout).not.toContain('internal')
      }),
      { numRuns: 300 },
    )
  })
})
