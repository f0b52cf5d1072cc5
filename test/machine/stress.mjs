// The machine under fire: processes load, update, look and unpin at once and are killed at random moments.
//
//   node test/machine/stress.mjs [--kills 1000] [--workers 20] [--state DIR]
//
// Prints one line and exits with 1 when the machine does not open, something that a process reported is lost, an id
// was given twice, or anything is left over at the end.
import { build } from 'esbuild'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))

/** Bundles a TypeScript file into one that node runs. */
async function bundle(name, folder) {
  const outfile = join(folder, `${name}.cjs`)
  await build({
    entryPoints: [join(here, `${name}.ts`)],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile,
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
  })
  return outfile
}

/** Runs the test. @returns figures and violations. */
export async function stress({ kills = 1000, workers = 20, state } = {}) {
  // Beside the sources, so that the native part of lmdb is found.
  const folder = mkdtempSync(join(here, '../../node_modules/.stress-'))
  const directory = state ?? join(mkdtempSync(join(tmpdir(), 'stress-')), 'machine')
  const worker = await bundle('stress-worker', folder)
  const violations = []
  /** id of each object ever made, by kind. */
  const ids = new Map()
  const counts = { kills: 0, steps: 0, made: 0 }
  const started = Date.now()
  const slots = Array.from({ length: workers }, () => ({ pins: {}, unsure: {} }))

  const note = (slot, name, pin) => {
    Reflect.deleteProperty(slot.unsure, name)
    if (pin) slot.pins[name] = pin
    else Reflect.deleteProperty(slot.pins, name)
  }
  const seeId = (pin, name, number) => {
    const key = `${pin.kind} ${pin.id}`
    const owner = `${number} ${name}`
    const first = ids.get(key)
    if (first !== undefined && first !== owner) violations.push(`${key} was given to ${first} and to ${owner}`)
    ids.set(key, owner)
  }

  /** Runs one process of a slot until it ends or is killed. */
  const run = (number, limit, mortal) =>
    new Promise((resolve) => {
      const slot = slots[number]
      const child = spawn(process.execPath, [worker, directory, String(number), JSON.stringify(slot), String(limit)])
      let timer
      let killed = false
      let stderr = ''
      child.stderr.on('data', (text) => (stderr += text))
      const killIn = (ms) => {
        timer ??= setTimeout(() => {
          killed = true
          child.kill('SIGKILL')
        }, ms)
      }
      // Some die while they open the machine, most at work.
      if (mortal && Math.random() < 0.2) killIn(Math.random() * 30 * workers)
      const hear = (line) => {
        if (line.ready && mortal) killIn(Math.random() * 100)
        if (line.violation) violations.push(line.violation)
        if (line.is) note(slot, line.is, line.pin)
        if (line.is && line.pin) seeId(line.pin, line.is, number)
        if (line.try) {
          Reflect.deleteProperty(slot.pins, line.try)
          slot.unsure[line.try] = line.pin
        }
        if (line.did) {
          counts.steps++
          note(slot, line.did, line.pin)
          if (line.made) {
            counts.made++
            seeId(line.pin, line.did, number)
          }
        }
      }
      let heard = ''
      child.stdout.on('data', (chunk) => {
        heard += chunk
        const lines = heard.split('\n')
        // The last was cut off by the kill, or is still to come.
        heard = lines.pop()
        for (const text of lines) hear(JSON.parse(text))
      })
      let ended = false
      const finish = (code) => {
        if (ended) return
        ended = true
        clearTimeout(timer)
        if (killed) counts.kills++
        if (!killed && code !== 0) violations.push(`a process failed (${code}): ${stderr.trim()}`)
        resolve()
      }
      let code
      child.on('exit', (status, signal) => (code = status ?? signal))
      child.on('close', () => finish(code))
    })

  const again = async (number) => {
    while (counts.kills < kills && violations.length === 0) {
      await run(number, 0, true)
    }
    await run(number, 1, false)
  }
  await Promise.all(slots.map((_, number) => again(number)))
  const checker = await bundle('stress-check', folder)
  const left = await new Promise((resolve) => {
    const child = spawn(process.execPath, [checker, directory])
    let text = ''
    child.stdout.on('data', (chunk) => (text += chunk))
    child.stderr.on('data', (chunk) => (text += chunk))
    child.on('close', () => resolve(text.trim()))
  })
  if (left !== 'clean') violations.push(`at the end: ${left}`)
  rmSync(folder, { recursive: true, force: true })
  if (state === undefined) rmSync(dirname(directory), { recursive: true, force: true })
  return { ...counts, ids: ids.size, seconds: (Date.now() - started) / 1000, violations }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const option = (name) => {
    const at = process.argv.indexOf(`--${name}`)
    return at < 0 ? undefined : process.argv[at + 1]
  }
  const kills = Number(option('kills') ?? 1000)
  const workers = Number(option('workers') ?? 20)
  const result = await stress({ kills, workers, state: option('state') })
  for (const violation of result.violations.slice(0, 20)) console.log(violation)
  console.log(
    `${result.kills} kills, ${result.steps} steps, ${result.made} objects, ${result.ids} ids, ` +
      `${result.seconds.toFixed(1)} s: ${result.violations.length === 0 ? 'nothing lost' : 'FAILED'}`,
  )
  process.exit(result.violations.length === 0 ? 0 : 1)
}
