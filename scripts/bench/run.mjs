// `prog run` of the programs in run.c, here and by the real kernel's JIT: what one run takes, as both say themselves.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Skipped, numbersInTurn, once, root } from './measure.mjs'

const object = join(root, 'scripts/bench/run.o')
const packet = join(root, 'fixtures/packets/tcp')
const JIT = '/proc/sys/net/core/bpf_jit_enable'

/** Programs, what they do, and how often they are run: what fills a ring buffer can't be run for ever. */
const programs = [
  ['compute', 'arithmetic on 64 bits', 1000],
  ['crc', 'a table and bytes in memory', 1000],
  ['stack', 'bytes of the stack', 1000],
  ['divide', 'division', 1000],
  ['parse', 'packet parsing', 1_000_000],
  ['hash_hit', '1,000 hash lookups, hits', 2000],
  ['hash_miss', '1,000 hash lookups, misses', 2000],
  ['hash_update', '1,000 hash updates', 1000],
  ['array_counter', '1,000 atomic counters in an array', 2000],
  ['percpu_counter', '1,000 per-CPU counters', 2000],
  ['ring_output', '1,000 ring buffer outputs', 200],
  ['ring_reserve', '1,000 ring buffer records', 200],
  ['tail', '33 tail calls', 100_000],
  ['loop_million', 'bpf_loop of a million', 20],
  ['subprog', '5,000 calls of a function', 1000],
  ['nothing', 'a run by itself', 1_000_000],
]

/**
 * The rows of `prog run`.
 *
 * @param tools how either bpftool is called, what tells why there's no other, and where on a bpffs to work.
 */
export function runRows({ bpf, real, needKernel, pins, env }) {
  let loaded = false
  const pin = (name) => `${pins}-progs/${name}`

  /** Both machines with the programs, the hash filled, and a program array whose program calls itself. */
  function load() {
    if (loaded) return
    needKernel()
    if (existsSync(JIT) && readFileSync(JIT, 'utf8').trim() === '0') throw new Skipped("the real kernel's JIT is off")
    for (const side of [bpf, real]) {
      const words = ['prog', 'loadall', object, `${pins}-progs`, 'pinmaps', `${pins}-maps`]
      once(side(...words), { env })
      once(side('prog', 'run', 'pinned', pin('fill'), 'data_in', packet), { env })
      const slot = ['key', '0', '0', '0', '0', 'value', 'pinned', pin('tail')]
      once(side('map', 'update', 'pinned', `${pins}-maps/progs`, ...slot), { env })
    }
    loaded = true
  }

  const row = (name, what, repeat) => [
    `prog run: ${what} / real JIT`,
    1.5,
    () => {
      load()
      const words = ['-j', 'prog', 'run', 'pinned', pin(name), 'data_in', packet, 'repeat', String(repeat)]
      const duration = (side) => () => JSON.parse(once(side(...words), { env }).stdout).duration
      return numbersInTurn(duration(bpf), duration(real), 5, 'ns')
    },
  ]
  return {
    rows: Object.fromEntries(programs.map(([name, what, repeat]) => [`run_${name}`, row(name, what, repeat)])),
    cleanUp: () => {
      for (const what of ['progs', 'maps']) rmSync(`${pins}-${what}`, { recursive: true, force: true })
    },
  }
}
