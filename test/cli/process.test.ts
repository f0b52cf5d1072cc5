import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** The command as a process among others: what its streams, its surroundings and its end do to it. */
const root = resolve(import.meta.dirname, '../..')
const command = join(root, 'bin/bpftool.cjs')

let folder: string
let state: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bpftool-sim-process-'))
  state = join(folder, 'machine')
  expect(bpftool('map', 'create', '/sys/fs/bpf/m', 'type', 'hash', ...sizes, 'name', 'big')).toEqual(silence)
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const sizes = ['key', '4', 'value', '4', 'entries', '100000']
const silence = { status: 0, stdout: '', stderr: '' }

function run(argv: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...argv], {
    encoding: 'utf8',
    cwd: folder,
    env: { PATH: process.env['PATH'], BPFTOOL_STATE: state, ...env },
  })
  return { status, stdout, stderr }
}

function bpftool(...argv: string[]) {
  return run(argv)
}

/** Runs a shell's line in which $B is the command. */
function shell(line: string) {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], {
    encoding: 'utf8',
    cwd: folder,
    env: { PATH: process.env['PATH'], BPFTOOL_STATE: state, B: `${process.execPath} ${command}` },
  })
  return { status, stdout, stderr }
}

function updates(count: number): string {
  let text = ''
  for (let i = 0; i < count; i++) text += `map update name big key ${i & 255} ${i >> 8} 0 0 value 1 2 3 4\n`
  return text
}

const elements = () => Number(/^Found (\d+)/m.exec(bpftool('map', 'dump', 'name', 'big').stdout)?.[1])

const unix = process.platform === 'win32' ? describe.skip : describe

unix('streams', () => {
  const full = existsSync('/dev/full') ? test : test.skip
  full.each(['version', 'map show', '-j prog show', 'btf dump file /sys/kernel/btf/vmlinux'])(
    'a full disk below the output of `%s` is told',
    (line) => {
      const { status, stderr } = shell(`$B ${line} > /dev/full`)
      expect(stderr).toMatch(/^(skipping .*\n)?Error: can't write to standard output: No space left on device\n$/)
      expect(status).toBe(255)
    },
  )

  full('errors that nobody gets leave the status', () => {
    expect(shell('$B prog nosuch 2> /dev/full')).toEqual({ status: 255, stdout: '', stderr: '' })
  })

  test('a reader that goes away ends the command, as SIGPIPE does', () => {
    const { stdout, stderr } = shell(
      '{ $B btf dump file /sys/kernel/btf/vmlinux; echo $? >&2; } 2>status | head -1; cat status',
    )
    expect(stdout).toMatch(/^\[1\] INT .*\n(skipping .*\n)?141\n$/)
    expect(stderr).toBe('')
  })

  test('closed streams', () => {
    expect(shell('$B prog show >&- 2>&- <&-').status).toBe(0)
  })
})

describe('the state directory', () => {
  test("is the home directory's where no other is named", () => {
    const home = join(folder, 'home')
    for (const [i, env] of [{ BPFTOOL_STATE: '' }, { BPFTOOL_STATE: undefined }].entries()) {
      const own = `${home}${i}`
      expect(run(['prog', 'show'], { ...env, HOME: own, LOCALAPPDATA: '' })).toEqual(silence)
      expect(existsSync(join(own, '.local/state/bpftool/data.mdb'))).toBe(true)
    }
  })

  test.each([[['--state', '']], [['--state=']]])('%j is as if none was named', (options) => {
    const home = join(folder, 'empty')
    expect(run([...options, 'prog', 'show'], { BPFTOOL_STATE: '', HOME: home })).toEqual(silence)
    expect(existsSync(join(home, '.local/state/bpftool/data.mdb'))).toBe(true)
  })

  test('an empty HOME is not the working directory', () => {
    const { stdout } = run(['kernel', 'show'], { BPFTOOL_STATE: '', HOME: '', XDG_STATE_HOME: join(folder, 'xdg') })
    expect(stdout).toContain(`state ${join(folder, 'xdg', 'bpftool')}`)
    expect(existsSync(join(folder, '.local'))).toBe(false)
  })

  test('that can not be made', () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const error = `can't make ${file}: File exists`
    expect(bpftool('--state', file, 'prog', 'show')).toEqual({ status: 255, stdout: '', stderr: `Error: ${error}\n` })
    expect(JSON.parse(bpftool('-j', '--state', file, 'prog', 'show').stdout)).toEqual([{ error }])
    expect(JSON.parse(bpftool('-p', '--state', file, 'map', 'dump', 'id', '1').stdout)).toEqual({ error })
  })

  const linux = process.platform === 'linux' ? test : test.skip
  linux('in a place that takes no directories', () => {
    const { stderr } = bpftool('--state', '/proc/nosuch', 'prog', 'show')
    expect(stderr).toBe("Error: can't make /proc/nosuch: No such file or directory\n")
  })

  const user = process.getuid?.() === 0 || process.platform === 'win32' ? test.skip : test
  user('that may not be written', () => {
    const own = join(folder, 'readonly')
    expect(bpftool('--state', own, 'prog', 'show')).toEqual(silence)
    chmodSync(own, 0o500)
    chmodSync(join(own, 'lock.mdb'), 0o400)
    chmodSync(join(own, 'data.mdb'), 0o400)
    const { status, stderr } = bpftool('--state', own, 'prog', 'show')
    expect(stderr).toMatch(/^Error: .*readonly.*: Permission denied\n$/)
    expect(status).toBe(255)
    chmodSync(own, 0o700)
  })

  test('an unknown kernel', () => {
    const error = "no kernel 'nosuch': there is 5.10, 6.1, 6.12, 6.18, 7.2, and what lies between two of them"
    expect(bpftool('--kernel', 'nosuch', 'prog', 'show').stderr).toBe(`Error: ${error}\n`)
    expect(JSON.parse(bpftool('-j', '--kernel', 'nosuch', 'prog', 'show').stdout)).toEqual([{ error }])
  })
})

unix('the end of a batch', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    '%s in the middle of it leaves all of it out',
    async (signal) => {
      const before = elements()
      const batch = spawn(process.execPath, [command, 'batch', 'file', '-'], {
        env: { PATH: process.env['PATH'], BPFTOOL_STATE: state },
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      let said = ''
      for (const stream of [batch.stdout, batch.stderr])
        stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
      batch.stdin.on('error', () => undefined)
      // Its end never comes: the command waits for more, or is at work.
      batch.stdin.write(updates(5000))
      await new Promise((done) => setTimeout(done, 300))
      batch.kill(signal)
      await new Promise((done) => batch.on('close', done))
      expect(batch.signalCode).toBe(signal)
      expect(said).toBe('')
      expect(elements()).toBe(before)
    },
  )

  test('dumps beside it see none or all of it', async () => {
    const file = join(folder, 'updates')
    writeFileSync(file, updates(3000))
    const batch = spawn(process.execPath, [command, 'batch', 'file', file], {
      env: { PATH: process.env['PATH'], BPFTOOL_STATE: state },
    })
    const ended = new Promise<number | null>((done) => batch.on('close', done))
    const seen = [elements(), elements()]
    expect(await ended).toBe(0)
    expect([...new Set([...seen, elements()])].filter((count) => count !== 0)).toEqual([3000])
  })
})

describe('words of all kinds', () => {
  const long = 'a'.repeat(100_000)
  test.each([
    [[long]],
    [['prog', 'show', 'pinned', long]],
    [['map', 'lookup', 'name', 'big', 'key', long]],
    [['prog', 'load', long, '/sys/fs/bpf/x']],
    [['prog', 'load', join(root, 'fixtures/obj/xdp_counter.clang-19.o'), `/sys/fs/bpf/${long}`]],
    [['gen', 'skeleton', long]],
    [['\x01\x1b[31m\t\ufffd']],
    [['prog', 'show', 'id', '\x01\x1b[31m\t"']],
    [['btf', 'dump', 'file', folderOf()]],
    [['prog', 'run', 'pinned', '/sys/fs/bpf/m', 'data_in', '.']],
  ])('%#: an error, and no stack', (argv) => {
    const { status, stderr } = bpftool(...argv)
    expect(status).not.toBe(0)
    expect(stderr).toMatch(/^(libbpf: |Error: |Usage: )/)
    expect(stderr).not.toMatch(/\n {4}at |internal:/)
  })
})

function folderOf(): string {
  mkdirSync(join(tmpdir(), 'bpftool-sim-process'), { recursive: true })
  return join(tmpdir(), 'bpftool-sim-process')
}
