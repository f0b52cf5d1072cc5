// npm run demo: the main job on a real object, in a machine of its own: load, show, dump xlated, run on a packet, dump
// the map. Prints each command before its answer. `npm run readme` writes the same into README.md. The machine's clock
// stands still and the time zone is UTC, unless the environment says otherwise, so that the answers are always the same.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

process.chdir(resolve(import.meta.dirname ?? '.', '..'))
const commands = [
  'prog load fixtures/obj/xdp_counter.clang-19.o /sys/fs/bpf/count',
  'prog show name count',
  'prog dump xlated name count',
  'prog run name count data_in fixtures/packets/tcp',
  'map dump name packets',
]

const state = mkdtempSync(join(tmpdir(), 'bpftool-sim-demo-'))
const env = { SOURCE_DATE_EPOCH: '1767225600', TZ: 'UTC', ...process.env, BPFTOOL_STATE: state }
let text = ''
const print = (more) => {
  text += more
  if (!process.argv.includes('--readme')) process.stdout.write(more)
}
try {
  for (const command of commands) {
    print(`$ bpftool ${command}\n`)
    const done = spawnSync(process.execPath, ['bin/bpftool.cjs', ...command.split(' ')], { env, encoding: 'utf8' })
    print(done.stdout + done.stderr)
    process.exitCode ||= done.status ?? 1
  }
} finally {
  rmSync(state, { recursive: true, force: true })
}
if (process.argv.includes('--readme') && process.exitCode === 0) {
  const readme = readFileSync('README.md', 'utf8')
  const block = /(<!-- npm run readme -->\n```\n)[^]*?(```\n)/
  if (!block.test(readme)) throw new Error('README.md has no place for the transcript')
  writeFileSync(
    'README.md',
    readme.replace(block, (_, before, after) => before + text + after),
  )
}
