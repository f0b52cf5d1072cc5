// npm run bench [ROW ...]: the budgets of the project, each with what this machine measured beside it. Whole processes,
// run in turn with what they're compared to; the figure is the ratio of the medians. Peers are used where they are:
// $BPFTOOL or `bpftool` on the PATH, on a kernel where it may call bpf(2).
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname ?? '.', '..')
const ours = [process.execPath, join(root, 'bin/bpftool.cjs')]
const peer = [process.env.BPFTOOL ?? 'bpftool']
const work = mkdtempSync(join(tmpdir(), 'bpftool-sim-bench-'))
const state = join(work, 'machine')
const env = { ...process.env, BPFTOOL_STATE: state }
const fixture = (name) => join(root, 'fixtures/obj', name)

function once(argv, input) {
  const start = process.hrtime.bigint()
  const done = spawnSync(argv[0], argv.slice(1), { env, input, maxBuffer: 1 << 30 })
  const seconds = Number(process.hrtime.bigint() - start) / 1e9
  if (done.status !== 0) throw new Error(`${argv.join(' ')}: ${done.stderr ?? done.error}`)
  return { seconds, stdout: done.stdout }
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]

/** Medians of two commands run in turn, after one run of each that isn't counted. */
function inTurn(a, b, runs, before = () => {}) {
  const times = [[], []]
  for (let i = -1; i < runs; i++) {
    for (const [which, argv] of [a, b].entries()) {
      before(which)
      const { seconds } = once(argv)
      if (i >= 0) times[which].push(seconds)
    }
  }
  return { ours: median(times[0]), other: median(times[1]) }
}

const node = [process.execPath, '-e', '0']
const bpf = (...words) => [...ours, ...words]
const real = (...words) => [...peer, ...words]
const peerWorks = spawnSync(peer[0], ['prog', 'show']).status === 0
const pins = `/sys/fs/bpf/bench-${process.pid}`

function needPeer() {
  if (!peerWorks) throw new Error('skipped: no bpftool that may call bpf(2) here')
}

const fill = (path, count) => {
  const file = join(work, `fill-${count}-${path.replaceAll('/', '_')}`)
  if (!existsSync(file)) {
    const lines = []
    for (let i = 0; i < count; i++) {
      const key = [i & 255, (i >> 8) & 255, (i >> 16) & 255, 0].join(' ')
      lines.push(`map update pinned ${path} key ${key} value 1 2 3 4 5 6 7 8`)
    }
    writeFileSync(file, lines.join('\n') + '\n')
  }
  return file
}
const createHash = (path) => [
  'map',
  'create',
  path,
  'type',
  'hash',
  'key',
  '4',
  'value',
  '8',
  'entries',
  '262144',
  'name',
  'bench',
]

const rows = {
  version: ['version / node -e 0', 1.15, () => inTurn(bpf('version'), node, 21)],
  help: ['help / node -e 0', 1.15, () => inTurn(bpf('help'), node, 21)],
  show: [
    'prog show, ten programs / node -e 0',
    1.5,
    () => {
      for (let i = 0; i < 10; i++) once(bpf('prog', 'load', fixture('xdp_counter.clang-19.o'), `/sys/fs/bpf/p${i}`))
      return inTurn(bpf('prog', 'show'), node, 21)
    },
  ],
  vmlinux: [
    'btf dump file vmlinux format c / real',
    2,
    () => {
      const btf = '/sys/kernel/btf/vmlinux'
      if (!existsSync(btf) || spawnSync(peer[0], ['version']).status !== 0)
        throw new Error('skipped: no BTF or no bpftool')
      const copy = join(work, 'vmlinux')
      spawnSync('cp', [btf, copy])
      return inTurn(
        bpf('btf', 'dump', 'file', copy, 'format', 'c'),
        real('btf', 'dump', 'file', copy, 'format', 'c'),
        5,
      )
    },
  ],
  update: [
    '200,000 map updates in one batch / real',
    1,
    () => {
      needPeer()
      const path = `${pins}-update`
      once(bpf(...createHash(path)))
      once(real(...createHash(path)))
      const file = fill(path, 200_000)
      return inTurn(bpf('batch', 'file', file), real('batch', 'file', file), 3)
    },
  ],
  dump: [
    'map dump -j of 200,000 elements / real',
    1,
    () => {
      needPeer()
      const path = `${pins}-update`
      return inTurn(bpf('-j', 'map', 'dump', 'pinned', path), real('-j', 'map', 'dump', 'pinned', path), 5)
    },
  ],
  run: [
    'prog run, compute-bound, per run / real JIT',
    1.5,
    () => {
      needPeer()
      const object = fixture('compute.clang-19.o')
      const path = `${pins}-run`
      once(bpf('prog', 'load', object, path))
      once(real('prog', 'load', object, path))
      const argv = ['-j', 'prog', 'run', 'pinned', path, 'data_in', join(root, 'fixtures/packets/tcp'), 'repeat', '100']
      const duration = (command) => JSON.parse(once(command(...argv)).stdout).duration
      const times = [0, 1, 2].map(() => [duration(bpf), duration(real)])
      return { ours: median(times.map((t) => t[0])) / 1e9, other: median(times.map((t) => t[1])) / 1e9 }
    },
  ],
  many: [
    'prog show of one, 10,000 programs loaded / ten',
    1.1,
    () => {
      const big = join(work, 'big')
      const lines = []
      for (let i = 0; i < 10_000; i++) lines.push(`prog load ${fixture('xdp_counter.clang-19.o')} /sys/fs/bpf/p${i}`)
      writeFileSync(join(work, 'many'), lines.join('\n') + '\n')
      once(bpf('--state', big, 'batch', 'file', join(work, 'many')))
      once(bpf('--state', state, 'prog', 'load', fixture('xdp_counter.clang-19.o'), '/sys/fs/bpf/one'))
      const show = ['prog', 'show', 'pinned', '/sys/fs/bpf/p5']
      return inTurn(
        bpf('--state', big, ...show),
        bpf('--state', state, 'prog', 'show', 'pinned', '/sys/fs/bpf/one'),
        11,
      )
    },
  ],
}

const wanted = process.argv.slice(2)
console.log(`${'what'.padEnd(50)} ${'at most'.padStart(8)} ${'here'.padStart(8)}   medians`)
for (const [name, [what, budget, measure]] of Object.entries(rows)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  let text
  try {
    const { ours: a, other: b } = measure()
    const ratio = a / b
    text = `${ratio.toFixed(2).padStart(8)} ${ratio <= budget ? ' ' : '!'} ${(a * 1e3).toFixed(3)} / ${(b * 1e3).toFixed(3)} ms`
  } catch (error) {
    text = `       -   ${String(error.message).split('\n')[0]}`
  }
  console.log(`${what.padEnd(50)} ${budget.toFixed(2).padStart(8)} ${text}`)
}
console.log(
  `${'verification per instruction / kernel'.padEnd(50)} ${'6.00'.padStart(8)}        -   the full verifier is not built yet`,
)
rmSync(work, { recursive: true, force: true })
for (const what of ['update', 'run']) rmSync(`${pins}-${what}`, { force: true })
