// The same objects on two kernels: this machine's own, by the real bpftool, and the simulated one after `kernel import`.
//
//   node test/host/compare.mjs BPFTOOL OBJECT... [--show N] [--run] [--word WORD]...
//
// BPFTOOL is the command that runs bpftool 7.8.0, as root, with bpffs at /sys/fs/bpf. Each object is loaded whole, once
// plainly and once with -d; what was loaded is shown and dumped. Prints how many commands answered alike, and what
// differs. Ids, times and addresses are replaced on both sides, as test/replay/normalize.ts has them; xlated bodies are
// compared too. With --run, programs are run too, on a
// packet and on nothing, and maps dumped once more. `--word WORD` (repeated) is put before each load, such as -L.
import { build } from 'esbuild'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    show: { type: 'string', default: '20' },
    word: { type: 'string', multiple: true, default: [] },
    run: { type: 'boolean', default: false },
  },
})
const [bpftool, ...objects] = positionals
if (!bpftool || objects.length === 0 || !existsSync('/sys/fs/bpf')) {
  console.error('usage: node test/host/compare.mjs BPFTOOL OBJECT... (as root, where a kernel and its bpffs are)')
  process.exit(2)
}
const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const packet = join(root, 'fixtures/packets/tcp')
const work = mkdtempSync(join(tmpdir(), 'host-'))
const pins = `/sys/fs/bpf/host-compare-${process.pid}`
const env = { ...process.env, BPFTOOL_KERNELS: join(work, 'kernels') }

function unpin() {
  for (const what of ['progs', 'maps', 'again']) rmSync(`${pins}-${what}`, { recursive: true, force: true })
}

const run = (command, argv, more, words = argv) => {
  const { status, signal, stdout, stderr } = spawnSync(command, argv, {
    env: { ...env, ...more },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  return { argv: words, status: status ?? signal, stdout, stderr }
}
const real = {
  ask: (argv) => run(bpftool, argv),
  list: (path) => (existsSync(path) ? readdirSync(path).sort() : []),
  end: unpin,
}
const ours = (state) => ({
  ask: (argv) => run(process.execPath, [join(root, 'bin/bpftool.cjs'), ...argv], { BPFTOOL_STATE: state }, argv),
  list: (path) =>
    run(process.execPath, [join(root, 'bin/bpftool.cjs'), 'fs', 'ls', path], { BPFTOOL_STATE: state })
      .stdout.split('\n')
      .filter((line) => line !== '')
      .sort(),
  end: () => rmSync(state, { recursive: true, force: true }),
})

/** Everything that is asked about an object; what was pinned is found out on the way. */
function ask(side, object) {
  const steps = []
  const step = (...argv) => steps.push(side.ask(argv))
  try {
    step(...values.word, 'prog', 'loadall', object, `${pins}-progs`, 'pinmaps', `${pins}-maps`)
    for (const name of side.list(`${pins}-progs`)) {
      const pin = `${pins}-progs/${name}`
      step('prog', 'show', 'pinned', pin)
      step('-j', 'prog', 'show', 'pinned', pin)
      step('prog', 'dump', 'xlated', 'pinned', pin)
      step('prog', 'dump', 'xlated', 'pinned', pin, 'opcodes')
      step('prog', 'dump', 'xlated', 'pinned', pin, 'linum')
      step('-j', 'prog', 'dump', 'xlated', 'pinned', pin)
    }
    for (const name of side.list(`${pins}-maps`)) {
      const pin = `${pins}-maps/${name}`
      step('map', 'show', 'pinned', pin)
      step('-j', 'map', 'show', 'pinned', pin)
      step('map', 'dump', 'pinned', pin)
      step('-j', 'map', 'dump', 'pinned', pin)
      step('map', 'getnext', 'pinned', pin)
      step('btf', 'dump', 'map', 'pinned', pin)
    }
    if (values.run) {
      for (const name of side.list(`${pins}-progs`)) {
        step('-j', 'prog', 'run', 'pinned', `${pins}-progs/${name}`, 'data_in', packet, 'data_out', '-')
        step('prog', 'run', 'pinned', `${pins}-progs/${name}`)
      }
      for (const name of side.list(`${pins}-maps`)) step('map', 'dump', 'pinned', `${pins}-maps/${name}`)
    }
    step('-d', ...values.word, 'prog', 'loadall', object, `${pins}-again`)
  } finally {
    side.end()
  }
  return steps
}

/** What else hangs on the kernel's day: how long it took, what the machine compiled, where things are. */
const settled = (text) =>
  text
    .replace(/verification time \d+ usec/g, 'verification time')
    .replace(/0x(ffff[0-9a-f]{12})/g, '0xADDRESS')
    // Where an arena is mapped.
    .replace(/0x7f[0-9a-f]{10}\b/g, '0xADDRESS')
    .replace(/jited \d+B|not jited/g, 'jited')
    .replace(/"jited":(true|false),("bytes_jited":\d+,)?/g, '')
    // A map's id in an ld_imm64's bytes.
    .replace(/^(\s+18 [12][0-9a-f] 00 00 )(.. .. .. ..)/gm, '$1ID ID ID ID')
    .replace(/^(\s+18 [0-9a-f]{2} 00 00) .. .. .. .. 00 00 00 00 .. .. ff ff$/gm, '$1 ADDRESS')
    // A function's tag counts the addresses of the maps that it uses.
    .replace(/(\bcall pc[+-]\d+#bpf_prog_)[0-9a-f]{16}/g, '$1TAG')
    .replaceAll(`host-compare-${process.pid}`, 'PINS')

/** Without what a kernel keeps from /proc/kallsyms: where jiffies and the CPU's own number are. Here they are 0. */
const withoutHidden = (text) =>
  text
    .replace(/(\((?:18|b7)\) r\d = )(?:0x0|0|0xADDRESS|CPU_NUMBER)(?=["\n])/g, '$1HIDDEN')
    .replace(/^\s+(?:18|b7) .*$/gm, '')

try {
  const outfile = join(work, 'normalize.mjs')
  await build({
    entryPoints: [join(root, 'test/replay/normalize.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  })
  const { Normalizer } = await import(pathToFileURL(outfile).href)
  execFileSync(process.execPath, [join(root, 'bin/bpftool.cjs'), 'kernel', 'import', 'host', 'host'], {
    env: { ...env, BPFTOOL_STATE: join(work, 'import') },
  })
  const counts = { objects: 0, forbidden: 0, objectsAlike: 0, commands: 0, alike: 0, alikeButHidden: 0 }
  let shown = 0
  for (const object of objects) {
    const state = join(work, 'state')
    run(process.execPath, [join(root, 'bin/bpftool.cjs'), 'kernel', 'boot', 'host'], { BPFTOOL_STATE: state })
    const [theirs, mine] = [ask(real, object), ask(ours(state), object)].map((steps) => {
      const normalizer = new Normalizer()
      return steps.map((step) => {
        // Messages and logs number instructions, not objects.
        const { argv, status, stdout } = normalizer.step({ ...step, stderr: '' })
        const { stderr } = step
        return {
          command: argv.join(' '),
          status,
          stdout: settled(stdout),
          stderr: settled(stderr),
        }
      })
    })
    counts.objects++
    if (theirs[0].stderr.includes('EPERM')) {
      counts.forbidden++
      continue
    }
    let alike = theirs.length === mine.length
    for (let i = 0; i < Math.max(theirs.length, mine.length); i++) {
      counts.commands++
      const [a, b] = [theirs[i], mine[i]]
      if (a && b && a.status === b.status && a.stdout === b.stdout && a.stderr === b.stderr) {
        counts.alike++
        continue
      }
      if (a && b && a.status === b.status && withoutHidden(a.stdout) === withoutHidden(b.stdout)) {
        counts.alikeButHidden++
        continue
      }
      alike = false
      if (shown++ >= Number(values.show)) continue
      console.log(`${basename(object)}: ${(a ?? b).command}`)
      console.log(firstDifference(a, b))
    }
    if (alike) counts.objectsAlike++
  }
  console.log(counts)
} finally {
  rmSync(work, { recursive: true, force: true })
  unpin()
}

function firstDifference(a, b) {
  if (!a || !b) return `  only ${a ? 'Linux' : 'the simulated kernel'} was asked\n`
  if (a.status !== b.status)
    return `  Linux ${a.status}: ${a.stderr.slice(-300)}\n  here ${b.status}: ${b.stderr.slice(-300)}\n`
  for (const stream of ['stdout', 'stderr']) {
    const [left, right] = [a[stream].split('\n'), b[stream].split('\n')]
    const at = left.findIndex((line, i) => line !== right[i])
    if (at >= 0 || left.length !== right.length) {
      const i = at < 0 ? left.length : at
      return `  ${stream} line ${i + 1}\n    Linux: ${left[i]?.slice(0, 300)}\n    here:  ${right[i]?.slice(0, 300)}\n`
    }
  }
  return ''
}
