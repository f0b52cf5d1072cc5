// Records what a real bpftool answers to the lines of wrong-lines.txt: node test/cli/record.mjs BPFTOOL OUT.json
// Run it as root on a kernel without any program, map or link, with bpffs on /sys/fs/bpf and no cgroup v2 mounted, as in a
// freshly booted Debian 6.18. BPFTOOL `-` writes a shell script instead, for a machine without Node; OUT.json is then made
// from the folder that the script filled: node test/cli/record.mjs --collect FOLDER OUT.json
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))

/** Words of a line; a word in single quotes may be empty. */
export function splitLine(line) {
  return (line.match(/'[^']*'|[^ ]+/g) ?? []).map((word) => (word.startsWith("'") ? word.slice(1, -1) : word))
}

const lines = readFileSync(join(here, 'wrong-lines.txt'), 'utf8')
  .split('\n')
  .slice(0, -1)
  .filter((line) => !line.startsWith('#'))
const cases = lines.map(splitLine)
const [bpftool, ...rest] = process.argv.slice(2)

if (bpftool === '-') {
  const script = cases.map((argv, i) => {
    const words = argv.map((word) => `'${word}'`).join(' ')
    return `bpftool ${words} </dev/null >/out/${i}.out 2>/out/${i}.err; echo $? >/out/${i}.status\n`
  })
  process.stdout.write(script.join(''))
} else if (bpftool === '--collect') {
  const [folder, out] = rest
  write(out, (_, i) => ({
    status: Number(readFileSync(join(folder, `${i}.status`), 'utf8')),
    stdout: readFileSync(join(folder, `${i}.out`), 'utf8'),
    stderr: readFileSync(join(folder, `${i}.err`), 'utf8'),
  }))
} else if (bpftool !== undefined && existsSync(bpftool)) {
  write(rest[0], (argv) => {
    const { status, stdout, stderr } = spawnSync(bpftool, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    return { status, stdout, stderr }
  })
} else {
  process.stderr.write('usage: node test/cli/record.mjs { BPFTOOL OUT.json | - | --collect FOLDER OUT.json }\n')
  process.exit(2)
}

function write(out, answer) {
  const records = cases.map((argv, i) => JSON.stringify({ argv, ...answer(argv, i) }))
  writeFileSync(out, `[\n${records.join(',\n')}\n]\n`)
}
