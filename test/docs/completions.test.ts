import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { attachTypeCount, attachTypeName } from '../../src/uapi/attach-type.ts'
import { completions, grammar } from '../../scripts/completions/generate.ts'
import { mapTypeCount, mapTypeName } from '../../src/uapi/map-type.ts'
import { objects } from '../../src/cli/objects.ts'
import { matrixUsage } from '../../src/cli/objects/feature.ts'
import { typesUsage } from '../../src/cli/objects/gen.ts'
import { progTypeBySection } from '../../src/libbpf/sections.ts'
import { silent } from '../../src/libbpf/log.ts'
import type { Grammar } from '../../scripts/completions/shell.ts'

const root = resolve(import.meta.dirname, '../..')

/** Reads words as the scripts do, options left out. @returns false where a word may not come. */
function reads({ states }: Grammar, words: readonly string[]): boolean {
  let state = states[0]
  for (const word of words) {
    const found = state?.keywords.find((each) => each.word === word)
    const bytes = state?.any?.lists[0] === 'byte' && /^(0x)?[\da-f]{1,3}$/i.test(word)
    const short = bytes ? undefined : state?.keywords.find((each) => each.word.startsWith(word))
    const to = found?.to ?? short?.to ?? state?.any?.to
    if (to === undefined) return false
    state = states[to]
  }
  return true
}

describe('completions', () => {
  test('are what `npm run completions` writes', async () => {
    for (const [name, text] of Object.entries(await completions())) {
      expect(readFileSync(join(root, 'completions', name), 'utf8')).toBe(text)
    }
  })

  test('have every verb of every table', async () => {
    const { states } = await grammar()
    for (const [name, load] of Object.entries(objects)) {
      const to = states[0]?.keywords.find(({ word }) => word === name)?.to
      const offered = states[to ?? -1]?.keywords.map(({ word }) => word)
      const { verbs, help } = await load()
      // A verb that isn't in the usage text is none to offer.
      const usage = help.text + (name === 'feature' ? matrixUsage : name === 'gen' ? typesUsage : '')
      const words = verbs.map(([verb]) => verb).filter((verb) => new RegExp(`\\b${verb}\\b`).test(usage))
      expect({ name, offered }).toEqual({ name, offered: words })
    }
  })

  test('have the types of the ABI tables', async () => {
    const { words } = await grammar()
    const maps = Array.from({ length: mapTypeCount - 1 }, (_, i) => mapTypeName(i + 1))
    expect(new Set(words.get('map-TYPE'))).toEqual(new Set(maps))
    const attach = Array.from({ length: attachTypeCount }, (_, i) => attachTypeName(i))
    for (const type of words.get('cgroup-ATTACH_TYPE') ?? []) expect(attach).toContain(type)
    for (const type of words.get('prog-TYPE') ?? []) {
      const known = [type, `${type}/`].some((section) => {
        try {
          progTypeBySection(section, silent)
          return true
        } catch {
          return false
        }
      })
      expect({ type, known }).toEqual({ type, known: true })
    }
  })

  test('read every recorded command that succeeded', async () => {
    const all = await grammar()
    const folder = join(root, 'fixtures/recorded')
    const lines = new Set<string>()
    for (const file of readdirSync(folder)) {
      if (!file.endsWith('.json')) continue
      const { steps } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
        steps: { argv: string[]; status: number }[]
      }
      // `rm` stands between bpftool's own commands.
      for (const { argv, status } of steps) if (status === 0 && argv[0] !== 'rm') lines.add(JSON.stringify(argv))
    }
    expect(lines.size).toBeGreaterThan(100)
    const wrong = [...lines].filter((line) => {
      const words = JSON.parse(line) as string[]
      return !reads(
        all,
        words.filter((word) => !/^-./.test(word)),
      )
    })
    expect(wrong).toEqual([])
  })
})

const has = (shell: string) => spawnSync(shell, ['-c', 'exit 0']).status === 0

/** Asks the script of a shell what it offers for a line; what stands for completion of files is named. */
const scripts: Readonly<Record<string, string>> = {
  bash: `. completions/bpftool.bash
compgen() { case $1 in -f | -d) echo "<$*>" ;; esac }
_bpftool_add() { local line; while IFS= read -r line; do case $line in "$cur"* | '<'*) COMPREPLY+=("$line") ;; esac; done; }
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_bpftool "$1"
printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: `words=("$@")
CURRENT=$#
PREFIX=$words[CURRENT]
compadd() { while [[ $1 != -- ]]; do shift; done; shift; for each in "$@"; do [[ $each == $PREFIX* ]] && print -r -- $each; done }
compset() { PREFIX=\${PREFIX#*=} }
_files() { print -r -- "<$*>" }
. completions/_bpftool`,
}

describe.each(Object.keys(scripts).filter(has))('completion in %s', (shell) => {
  const state = mkdtempSync(join(tmpdir(), 'bpftool-sim-completions-'))
  const tool = join(root, 'bin/bpftool.cjs')
  const offers = (line: string) => {
    const words = [tool, ...line.split(' ')]
    const arguments_ = shell === 'zsh' ? ['-f'] : []
    const { stdout, stderr } = spawnSync(shell, [...arguments_, '-c', scripts[shell] ?? '', shell, ...words], {
      cwd: root,
      env: { ...process.env, BPFTOOL_STATE: state },
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    return stdout.split('\n').filter((each) => each !== '')
  }

  beforeAll(() => {
    if (!existsSync(join(root, 'dist/bpftool.cjs'))) throw new Error('run `npm run build` first')
    const { status } = spawnSync(
      process.execPath,
      [tool, 'prog', 'load', 'fixtures/obj/no_btf.clang-14.o', '/sys/fs/bpf/one'],
      {
        cwd: root,
        env: { ...process.env, BPFTOOL_STATE: state },
      },
    )
    expect(status).toBe(0)
  })
  afterAll(() => {
    rmSync(state, { recursive: true, force: true })
  })

  test.each([
    ['p', ['prog', 'perf', 'process']],
    ['p s ', ['id', 'pinned', 'tag', 'name']],
    ['-j prog --pretty du', ['dump']],
    ['prog load a.o /sys/fs/bpf/x type xdp pin', ['pinmaps']],
    ['prog load a.o /sys/fs/bpf/x type xdp ty', []],
    ['prog load a.o /sys/fs/bpf/x type cgroup/b', ['cgroup/bind4', 'cgroup/bind6']],
    ['prog load a.o /sys/fs/bpf/x map name m ', ['id', 'pinned', 'name']],
    ['prog load a.o /sys/fs/bpf/x map idx 0 id 1 ma', ['map']],
    ['map create /sys/fs/bpf/x type percpu_', ['percpu_hash', 'percpu_array', 'percpu_cgroup_storage']],
    ['map update name m key 1 0x2 v', ['value']],
    ['map lookup name m ', ['key']],
    ['--k', ['--kernel']],
    ['kernel boot ', ['cpus', '5.10', '6.1', '6.12', '6.18', '7.2']],
    ['prog show id ', ['1']],
    ['prog show name ', ['plain']],
    ['prog pin id 1 /sys', ['/sys/fs/bpf/']],
    ['map show pinned /sys/fs/bpf/', ['/sys/fs/bpf/one']],
    ['version ', []],
    ['nosuch ', []],
  ])('%s', (line, words) => {
    expect(offers(line).sort()).toEqual([...words].sort())
  })

  test('of files', () => {
    for (const line of ['prog load ', 'prog run id 1 data_in ', '--state ', '-B ', 'batch file ', 'gen skeleton ']) {
      const found = offers(line)
      expect({ line, files: found.length > 0 && found.every((each) => each.startsWith('<')) }).toEqual({
        line,
        files: true,
      })
    }
  })

  test('asks the machine that the line names', () => {
    const other = mkdtempSync(join(tmpdir(), 'bpftool-sim-completions-'))
    expect(offers(`--state ${other} prog show id `)).toEqual([])
    expect(offers(`--state=${other} prog show id `)).toEqual([])
    rmSync(other, { recursive: true, force: true })
  })
})
