// npm run demo: the main job on a real object, in a machine of its own: load, show, dump xlated, run on a packet, dump
// the map. Prints each command before its answer.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

process.chdir(resolve(import.meta.dirname ?? '.', '..'))
const state = mkdtempSync(join(tmpdir(), 'bpftool-sim-demo-'))
const commands = [
  'prog load fixtures/obj/xdp_counter.clang-19.o /sys/fs/bpf/count',
  'prog show name count',
  'prog dump xlated name count',
  'prog run name count data_in fixtures/packets/tcp',
  'map dump name packets',
]
let status = 0
for (const command of commands) {
  console.log(`$ bpftool ${command}`)
  const done = spawnSync(process.execPath, ['bin/bpftool.cjs', ...command.split(' ')], {
    stdio: 'inherit',
    env: { ...process.env, BPFTOOL_STATE: state },
  })
  status ||= done.status ?? 1
}
rmSync(state, { recursive: true, force: true })
process.exitCode = status
