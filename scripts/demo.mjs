// npm run demo [check]: the main job on a real object, in a machine of its own: load, show, dump xlated, run on a packet,
// dump the map; or, with `check`, on which kernels objects load. Prints each command before its answer. `npm run readme`
// writes both into README.md. The machine's clock stands still and the time zone is UTC, unless the environment says
// otherwise, so that the answers are always the same.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

process.chdir(resolve(import.meta.dirname ?? '.', '..'))
const transcripts = {
  demo: {
    status: 0,
    commands: [
      'prog load fixtures/obj/xdp_counter.clang-19.o /sys/fs/bpf/count',
      'prog show name count',
      'prog dump xlated name count',
      'prog run name count data_in fixtures/packets/tcp',
      'map dump name packets',
    ],
  },
  // Something fails to load, and the status says so.
  check: {
    status: 1,
    commands: [
      'check fixtures/obj/xdp_counter.clang-19.o fixtures/obj/atomics.clang-19.o fixtures/obj/alu_v4.clang-19.o kernels 5.10,5.15,6.1,6.12',
    ],
  },
}

const words = process.argv.slice(2)
const toReadme = words.includes('--readme')
const wanted = toReadme ? Object.keys(transcripts) : [words.includes('check') ? 'check' : 'demo']

/** @returns the commands and their answers. @throws Error where one ends otherwise than it should. */
function transcript({ commands, status }, print) {
  const state = mkdtempSync(join(tmpdir(), 'bpftool-sim-demo-'))
  const env = { SOURCE_DATE_EPOCH: '1767225600', TZ: 'UTC', ...process.env, BPFTOOL_STATE: state }
  let text = ''
  try {
    for (const command of commands) {
      const done = spawnSync(process.execPath, ['bin/bpftool.cjs', ...command.split(' ')], { env, encoding: 'utf8' })
      const answer = `$ bpftool ${command}\n${done.stdout}${done.stderr}`
      print(answer)
      text += answer
      if (done.status !== status) throw new Error(`bpftool ${command}: ended with ${done.status}`)
    }
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
  return text
}

let readme = readFileSync('README.md', 'utf8')
for (const name of wanted) {
  const text = transcript(transcripts[name], (more) => {
    if (!toReadme) process.stdout.write(more)
  })
  const block = new RegExp(`(<!-- npm run readme: ${name} -->\\n\`\`\`\\n)[^]*?(\`\`\`\\n)`)
  if (!block.test(readme)) throw new Error(`README.md has no place for the transcript '${name}'`)
  readme = readme.replace(block, (_, before, after) => before + text + after)
}
if (toReadme) writeFileSync('README.md', readme)
