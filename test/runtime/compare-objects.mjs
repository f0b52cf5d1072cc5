// Runs the programs of whole objects on two kernels: this machine's own, by the real bpftool, and the simulated one that
// `kernel import` makes of it; tells what differs in results, packets, and the maps of global variables.
//
//   node test/runtime/compare-objects.mjs BPFTOOL OBJECT...
//
// BPFTOOL is the command that runs bpftool 7.8.0, as root, with bpffs at /sys/fs/bpf. Objects that the real kernel
// doesn't load whole are left out.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packets } from './inputs.mjs'

const [bpftool, ...objects] = process.argv.slice(2)
if (!bpftool || objects.length === 0 || !existsSync('/sys/fs/bpf')) {
  console.error('usage: node test/runtime/compare-objects.mjs BPFTOOL OBJECT...')
  process.exit(2)
}
const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const work = mkdtempSync(join(tmpdir(), 'objects-'))
const pins = `/sys/fs/bpf/compare-objects-${process.pid}`
const packet = join(work, 'packet')
writeFileSync(packet, packets.udp4)
process.env.BPFTOOL_KERNELS = join(work, 'kernels')
execFileSync(process.execPath, [join(root, 'bin/bpftool.cjs'), 'kernel', 'import', 'host', 'host'], {
  env: { ...process.env, BPFTOOL_STATE: join(work, 'import') },
})
const { boot } = await import('../../dist/index.js')

const real = (...words) => {
  const { status, stdout, stderr } = spawnSync(bpftool, words, { encoding: 'utf8', maxBuffer: 1 << 28 })
  return { status, stdout, stderr }
}

/** How a program of a type is run. */
function inputs(type) {
  if (/^(syscall|raw_tracepoint|tracing|lsm|struct_ops)/.test(type)) return ['repeat', '0']
  return ['data_in', packet, 'data_out', '-']
}

/** Duration, and ids and addresses that a program may tell of, aren't compared. */
const settle = (text) => text.replace(/"duration":\d+/g, '"duration":0')

/** Every program's run, and what global variables are afterwards. */
async function runs(side, names, maps, types) {
  const all = []
  for (const name of names) {
    const words = ['-j', 'prog', 'run', 'pinned', `${pins}-progs/${name}`, ...inputs(types[name])]
    const { status, stdout, stderr } = await side(...words)
    const dumps = []
    for (const map of maps)
      dumps.push(`${map} ${(await side('-j', 'map', 'dump', 'pinned', `${pins}-maps/${map}`)).stdout}`)
    all.push({ name, answer: settle(`${status} ${stdout}${stderr}`), dumps })
  }
  return all
}

function short(text, other) {
  let i = 0
  while (i < text.length && text[i] === other[i]) i++
  return text.slice(Math.max(0, i - 60), i + 100).replaceAll('\n', ' ')
}

const counts = { objects: 0, programs: 0, alike: 0, refused: 0 }
try {
  for (const object of objects) {
    const load = ['prog', 'loadall', object, `${pins}-progs`, 'pinmaps', `${pins}-maps`]
    if (real(...load).status !== 0) continue
    let theirs, names, maps
    const types = {}
    try {
      names = existsSync(`${pins}-progs`) ? readdirSync(`${pins}-progs`).sort() : []
      for (const name of names) {
        types[name] = JSON.parse(real('-j', 'prog', 'show', 'pinned', `${pins}-progs/${name}`).stdout).type
      }
      const wanted = /(bss|data)$/
      maps = existsSync(`${pins}-maps`)
        ? readdirSync(`${pins}-maps`)
            .filter((map) => wanted.test(map))
            .sort()
        : []
      theirs = await runs(real, names, maps, types)
    } finally {
      for (const what of ['progs', 'maps']) rmSync(`${pins}-${what}`, { recursive: true, force: true })
    }
    counts.objects++
    const kernel = await boot({ kernel: 'host' })
    try {
      const ours = (...words) => kernel.bpftool(...words)
      const loaded = await ours(...load)
      if (loaded.status !== 0) {
        counts.refused++
        console.log(`${basename(object)}: not loaded: ${loaded.stderr.slice(-300)}`)
        continue
      }
      const mines = await runs(ours, names, maps, types)
      mines.forEach((mine, i) => {
        counts.programs++
        const { name, answer, dumps } = theirs[i]
        const wrong = dumps.findIndex((dump, n) => dump !== mine.dumps[n])
        if (answer === mine.answer && wrong < 0) {
          counts.alike++
          return
        }
        const [a, b] = answer === mine.answer ? [dumps[wrong], mine.dumps[wrong]] : [answer, mine.answer]
        console.log(`${basename(object)} ${name} (${types[name]})\n  linux ${short(a, b)}\n  ours  ${short(b, a)}`)
      })
    } finally {
      kernel.close()
    }
  }
} finally {
  rmSync(work, { recursive: true })
}
console.log(JSON.stringify(counts))
