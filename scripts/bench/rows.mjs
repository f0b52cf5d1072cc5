// What is measured, one function for each row: it gives our figure and the other's.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { Skipped, fixture, inTurn, node, numbersInTurn, once, peakMemory, root } from './measure.mjs'
import { runRows } from './run.mjs'

const work = mkdtempSync(join(tmpdir(), 'bpftool-sim-bench-'))
const bin = join(root, 'bin/bpftool.cjs')
const env = { ...process.env, BPFTOOL_STATE: join(work, 'machine') }
const peer = process.env.BPFTOOL ?? 'bpftool'
const pins = `/sys/fs/bpf/bpftool-sim-bench-${process.pid}`
const counter = fixture('xdp_counter.clang-19.o')
const packet = join(root, 'fixtures/packets/tcp')

const bpf = (...words) => [process.execPath, bin, ...words]
const real = (...words) => [peer, ...words]
const quiet = (argv) => spawnSync(argv[0], argv.slice(1), { env, maxBuffer: 1 << 30 })

const peerRuns = quiet(real('version')).status === 0
const peerLoads = peerRuns && quiet(real('prog', 'show')).status === 0

function needPeer() {
  if (!peerRuns) throw new Skipped(`no bpftool here ($BPFTOOL names one that isn't on the PATH)`)
}

function needKernel() {
  needPeer()
  if (!peerLoads) throw new Skipped('bpftool may not call bpf(2) here')
}

const run = runRows({ bpf, real, needKernel, pins: `${pins}-run`, env })

/** Takes away all that was made, on the real kernel too. */
export function cleanUp() {
  rmSync(work, { recursive: true, force: true })
  run.cleanUp()
  for (const what of ['map', 'load', 'verify']) rmSync(`${pins}-${what}`, { recursive: true, force: true })
}

/** Things that several rows need are made once. */
const made = new Map()
function make(name, build) {
  if (!made.has(name)) made.set(name, build())
  return made.get(name)
}

const file = (name, text) =>
  make(name, () => {
    const path = join(work, name)
    writeFileSync(path, text())
    return path
  })

/** A machine with so many programs. */
function machineOf(count) {
  return make(`machine-${count}`, () => {
    const path = join(work, `machine-${count}`)
    const lines = () => Array.from({ length: count }, (_, i) => `prog load ${counter} /sys/fs/bpf/p${i}\n`).join('')
    once(bpf('--state', path, 'batch', 'file', file(`load-${count}`, lines)), { env })
    return path
  })
}

const ELEMENTS = 200_000
const mapPin = `${pins}-map`

/** The map of the map rows, on both sides: empty, or with all its elements. */
function freshMap(which, fill = false) {
  const words = [
    'map',
    'create',
    mapPin,
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
  if (which === 0) quiet(bpf('fs', 'rm', mapPin))
  else rmSync(mapPin, { force: true })
  const side = which === 0 ? bpf : real
  once(side(...words), { env })
  if (fill) once(side('batch', 'file', updates()), { env })
}

function updates() {
  return file('updates', () => {
    const line = (i) =>
      `map update pinned ${mapPin} key ${i & 255} ${(i >> 8) & 255} ${(i >> 16) & 255} 0 value 1 2 3 4 5 6 7 8\n`
    return Array.from({ length: ELEMENTS }, (_, i) => line(i)).join('')
  })
}

/** What the verifier's statistics say, in nanoseconds for each instruction that it went through. */
function verification(argv, object) {
  const { stdout, stderr } = once(argv(`-d`, 'prog', 'loadall', object, `${pins}-verify`), { env })
  if (argv === bpf) once(bpf('fs', 'rm', `${pins}-verify`, 'recursive'), { env })
  else rmSync(`${pins}-verify`, { recursive: true, force: true })
  const text = `${stdout}${stderr}`
  const sum = (pattern) => [...text.matchAll(pattern)].reduce((total, [, number]) => total + Number(number), 0)
  const instructions = sum(/^processed (\d+) insns/gm)
  const microseconds = sum(/^verification time (\d+) usec/gm)
  if (instructions === 0 || microseconds === 0) throw new Skipped('the log tells no verification time')
  return (microseconds * 1e3) / instructions
}

/** 6.18's types in a file. */
function vmlinuxTypes() {
  const packed = readFileSync(join(root, 'profiles/6.18/vmlinux.btf.br'))
  return file('vmlinux', () => brotliDecompressSync(packed))
}

function dumpRow(what, words) {
  const measure = () => {
    needPeer()
    const argv = words.map((word) => (word === 'VMLINUX' ? vmlinuxTypes() : word))
    return inTurn(bpf(...argv), real(...argv), 7, { env })
  }
  return [`btf dump file vmlinux ${what} / real`, 2, measure]
}

const link = (inputs) => ['gen', 'object', join(work, 'linked.o'), ...inputs]
const linkOfTwo = link(['one', 'two'].map((name) => join(root, `test/gen/links/link_${name}.clang-19.o`)))
/** Large fixtures that don't define the same. */
const linkable = [
  'prog_types',
  'maps_all',
  'helpers',
  'tc_skb',
  'subprogs',
  'tail_calls',
  'typed_values',
  'xdp_counter',
  'tracing',
]

function linkRow(name, words) {
  const measure = () => {
    needPeer()
    return inTurn(bpf(...words), real(...words), 11, { env })
  }
  return [name, 3, measure]
}

/** Name, what is compared, its budget (undefined: there is none, the figure alone is printed), and how it is measured. */
export const rows = {
  version: ['version / node -e 0', 1.15, () => inTurn(bpf('version'), node, 21, { env })],
  help: ['help / node -e 0', 1.15, () => inTurn(bpf('help'), node, 21, { env })],
  show: [
    'prog show, ten programs / node -e 0',
    1.5,
    () => inTurn(bpf('--state', machineOf(10), 'prog', 'show'), node, 21, { env }),
  ],
  vmlinux: dumpRow('format c', ['btf', 'dump', 'file', 'VMLINUX', 'format', 'c']),
  vmlinuxRaw: dumpRow('raw', ['btf', 'dump', 'file', 'VMLINUX']),
  vmlinuxJson: dumpRow('-j', ['-j', 'btf', 'dump', 'file', 'VMLINUX']),
  minimal: [
    'gen min_core_btf of vmlinux / real',
    3,
    () => {
      needPeer()
      const object = join(root, 'test/gen/obj/core.clang-19.o')
      const words = ['gen', 'min_core_btf', vmlinuxTypes(), join(work, 'minimal'), object]
      return inTurn(bpf(...words), real(...words), 7, { env })
    },
  ],
  object: ['gen object of two / node -e 0', 1.5, () => inTurn(bpf(...linkOfTwo), node, 21, { env })],
  objectReal: linkRow('gen object of two / real', linkOfTwo),
  objectsReal: linkRow('gen object of nine / real', link(linkable.map((name) => fixture(`${name}.clang-19.o`)))),
  update: [
    '200,000 map updates in one batch / real',
    1,
    () => {
      needKernel()
      const words = ['batch', 'file', updates()]
      return inTurn(bpf(...words), real(...words), 3, { env, before: (which) => freshMap(which) })
    },
  ],
  dump: [
    'map dump -j of 200,000 elements / real',
    1,
    () => {
      needKernel()
      freshMap(0, true)
      freshMap(1, true)
      const words = ['-j', 'map', 'dump', 'pinned', mapPin]
      return inTurn(bpf(...words), real(...words), 5, { env })
    },
  ],
  ...run.rows,
  verify: [
    'verification, one instruction / kernel',
    6,
    () => {
      needKernel()
      const object = fixture('compute.clang-19.o')
      return numbersInTurn(
        () => verification(bpf, object),
        () => verification(real, object),
        5,
        'ns',
      )
    },
  ],
  many: [
    'prog show of one: 10,000 programs / ten',
    1.1,
    () => {
      const show = (count) => bpf('--state', machineOf(count), 'prog', 'show', 'pinned', '/sys/fs/bpf/p5')
      return inTurn(show(10_000), show(10), 21, { env })
    },
  ],
  manyRun: [
    'prog run: 10,000 programs / ten',
    1.1,
    () => {
      const run = (count) =>
        bpf('--state', machineOf(count), 'prog', 'run', 'pinned', '/sys/fs/bpf/p5', 'data_in', packet)
      return inTurn(run(10_000), run(10), 21, { env })
    },
  ],
  manyLoad: [
    'prog load: 10,000 programs / ten',
    1.1,
    () => {
      const state = (which) => ['--state', machineOf(which === 0 ? 10_000 : 10)]
      const load = (which) => bpf(...state(which), 'prog', 'load', counter, '/sys/fs/bpf/one-more')
      const before = (which) => quiet(bpf(...state(which), 'fs', 'rm', '/sys/fs/bpf/one-more'))
      return inTurn(load(0), load(1), 11, { env, before })
    },
  ],
  load: [
    'prog load of an object / node -e 0',
    undefined,
    () => {
      const before = (which) => which === 0 && quiet(bpf('fs', 'rm', '/sys/fs/bpf/load'))
      return inTurn(bpf('prog', 'load', counter, '/sys/fs/bpf/load'), node, 11, { env, before })
    },
  ],
  loadReal: [
    'prog load of an object / real',
    undefined,
    () => {
      needKernel()
      const path = `${pins}-load`
      const before = (which) => (which === 0 ? quiet(bpf('fs', 'rm', path)) : rmSync(path, { force: true }))
      const load = (side) => side('prog', 'load', counter, path)
      return inTurn(load(bpf), load(real), 11, { env, before })
    },
  ],
  showMemory: [
    'memory of prog show / node -e 0',
    undefined,
    () => memory(bpf('--state', machineOf(10), 'prog', 'show')),
  ],
  loadMemory: [
    'memory of prog load / node -e 0',
    undefined,
    () => {
      quiet(bpf('fs', 'rm', '/sys/fs/bpf/load'))
      return memory(bpf('prog', 'load', counter, '/sys/fs/bpf/load'))
    },
  ],
  dumpMemory: [
    'memory of a dump of 200,000 / node -e 0',
    undefined,
    () => {
      freshMap(0, true)
      return memory(bpf('-j', 'map', 'dump', 'pinned', mapPin))
    },
  ],
}

function memory(argv) {
  return { ours: peakMemory(argv, { env, work }), other: peakMemory(node, { env, work }), unit: 'bytes' }
}
