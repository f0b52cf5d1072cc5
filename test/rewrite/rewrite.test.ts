import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { layOut, readRecording, recordings, runStep } from '../replay/replay.ts'

const here = new URL('.', import.meta.url).pathname

/** What isn't the same on any two boots: ids and times, where the kernel lies, and what it allocated. */
function comparable(text: string): string {
  return (
    text
      .replace(/^\d+: (?=\w+  name)/gm, 'ID: ')
      .replace(/(map_ids |btf_id |map\[id:)[\d,]+/g, '$1ID')
      .replace(/loaded_at \S+/g, 'loaded_at TIME')
      .replace(/\(18\) (r\d+) = 0xffff[0-9a-f]{12}/g, '(18) $1 = ADDRESS')
      .replace(/\(b7\) r0 = -\d+(?=\n.*r0 = &\(void __percpu \*\)\(r0\))/g, '(b7) r0 = CPU')
      // Names of functions have tags, and those are of addresses too.
      .replace(/(call pc\+\d+)(#\S+)?/g, '$1')
      .replace(/  (not )?jited( \d+B)?/g, '  jited')
  )
}

/** What Linux 6.18 with its compiler makes of programs, as bpftool 7.8.0 printed it; made by record.mjs. */
describe('rewritten programs', () => {
  test.each(recordings(join(here, 'recorded')).map((path) => [basename(path, '.json'), path]))(
    '%s',
    async (name, path) => {
      const cwd = layOut([join(here, 'obj', `${name}.clang-19.o`)])
      const state = mkdtempSync(join(tmpdir(), 'bpftool-sim-rewrite-'))
      try {
        for (const step of readRecording(path).steps) {
          const actual = await runStep(step.argv, cwd, { BPFTOOL_STATE: state })
          expect(comparable(actual.stderr + actual.stdout)).toBe(comparable(step.stderr + step.stdout))
        }
      } finally {
        rmSync(cwd, { recursive: true })
        rmSync(state, { recursive: true })
      }
    },
  )
})
