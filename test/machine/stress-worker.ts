import { writeSync } from 'node:fs'
import { bootDirectory } from '../../src/kernel/boot.ts'
import { KernelError } from '../../src/kernel/error.ts'
import type { Process } from '../../src/kernel/boot.ts'

/**
 * One process of the stress test: makes, changes and removes objects of a shared machine until it is killed, and says
 * before and after each step what it does. Arguments: directory, slot, what it must find (JSON, see Expected).
 */

export interface Pin {
  id: number
  /** Value of key 0. */
  value: number
  kind: 'map' | 'prog'
}

export interface Expected {
  pins: Record<string, Pin>
  /** Names of which nobody knows whether they are there: their process was killed. */
  unsure: Record<string, Pin | null>
}

const [directory = '', slot = '0', expectation = '{"pins":{},"unsure":{}}', limit = '0'] = process.argv.slice(2)
const root = `/sys/fs/bpf/slot_${slot}`
const insns = Buffer.from('b7000000000000009500000000000000', 'hex')

function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

function isKernelError(error: unknown, ...names: string[]): boolean {
  return error instanceof KernelError && names.includes(error.message)
}

function number32(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer)
}

function read32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
}

/** What is pinned under a name. */
function look(task: Process, name: string): Pin | undefined {
  let fd: number
  try {
    fd = task.bpf.objGet(`${root}/${name}`)
  } catch (error) {
    if (isKernelError(error, 'ENOENT')) return undefined
    throw error
  }
  try {
    if (task.fdKind(fd) === 'prog') return { id: task.bpf.progInfo(fd).id, value: 0, kind: 'prog' }
    return { id: task.bpf.mapInfo(fd).id, value: read32(task.bpf.mapLookupElem(fd, number32(0))), kind: 'map' }
  } finally {
    task.close(fd)
  }
}

function same(a: Pin | undefined, b: Pin | null | undefined): boolean {
  return a?.id === b?.id && a?.value === b?.value && a?.kind === b?.kind
}

function main(): void {
  const machine = bootDirectory(directory)
  const task = machine.process('stress')
  const { pins, unsure } = JSON.parse(expectation) as Expected
  try {
    task.files.mkdir(root)
  } catch (error) {
    if (!isKernelError(error, 'EEXIST')) throw error
  }
  for (const [name, pin] of Object.entries(pins)) {
    const found = look(task, name)
    if (!same(found, pin)) say({ violation: `${root}/${name} is ${JSON.stringify(found)}, was ${JSON.stringify(pin)}` })
  }
  for (const name of Object.keys(unsure)) say({ is: name, pin: look(task, name) ?? null })
  for (const name of task.files.readdir(root)) {
    if (!(name in pins) && !(name in unsure)) say({ violation: `${root}/${name} is there again` })
  }
  say({ ready: true })
  const names = new Map(Object.entries(pins))
  for (const name of Object.keys(unsure)) {
    const pin = look(task, name)
    if (pin) names.set(name, pin)
  }
  const steps = Number(limit)
  for (let i = 0; steps === 0 || i < steps; i++) step(task, names)
  task.exit()
  machine.close()
}

let serial = Date.now() % 1e9

function step(task: Process, names: Map<string, Pin>): void {
  const dice = Math.random()
  const chosen = [...names.keys()][Math.floor(Math.random() * names.size)]
  if (names.size < 2 || (dice < 0.3 && names.size < 8)) create(task, names, dice < 0.1)
  else if (dice < 0.7 && chosen) update(task, names, chosen)
  else if (dice < 0.85 && chosen) remove(task, names, chosen)
  else if (chosen) {
    const found = look(task, chosen)
    const expected = JSON.stringify(names.get(chosen))
    if (!same(found, names.get(chosen))) {
      say({ violation: `${root}/${chosen} changed from ${expected} to ${JSON.stringify(found)}` })
    }
  }
}

function create(task: Process, names: Map<string, Pin>, asProg: boolean): void {
  const name = `n${serial++}`
  say({ try: name, pin: null })
  const pin = task.atomically((): Pin => {
    const map = task.bpf.mapCreate({ mapType: 2, keySize: 4, valueSize: 8, maxEntries: 4 })
    if (!asProg) {
      task.bpf.objPin(map, `${root}/${name}`)
      const { id } = task.bpf.mapInfo(map)
      task.close(map)
      return { id, value: 0, kind: 'map' }
    }
    const { fd } = task.bpf.progLoad({ progType: 1, insns, license: 'GPL' })
    task.bpf.progBindMap(fd, map)
    task.close(map)
    task.bpf.objPin(fd, `${root}/${name}`)
    const { id } = task.bpf.progInfo(fd)
    task.close(fd)
    return { id, value: 0, kind: 'prog' }
  })
  names.set(name, pin)
  say({ did: name, pin, made: true })
  // One that nothing but this process holds: it must go when the process does.
  if (Math.random() < 0.3) {
    const loose = task.bpf.mapCreate({ mapType: 2, keySize: 4, valueSize: 8, maxEntries: 4 })
    if (Math.random() < 0.5) task.close(loose)
  }
}

function update(task: Process, names: Map<string, Pin>, name: string): void {
  const pin = names.get(name)
  if (pin?.kind !== 'map') return
  const next = { ...pin, value: pin.value + 1 }
  say({ try: name, pin })
  const fd = task.bpf.objGet(`${root}/${name}`)
  const value = new Uint8Array(8)
  value.set(number32(next.value))
  task.bpf.mapUpdateElem(fd, number32(0), value)
  task.close(fd)
  names.set(name, next)
  say({ did: name, pin: next })
}

function remove(task: Process, names: Map<string, Pin>, name: string): void {
  const pin = names.get(name)
  say({ try: name, pin })
  task.files.unlink(`${root}/${name}`)
  names.delete(name)
  say({ did: name, pin: null })
}

main()
