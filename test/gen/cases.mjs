// The gen commands that are compared with the real bpftool, each on one object.
import { readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
export const recordedFolder = join(here, 'recorded')

/** { name of a command: its words; FILE is the object }. */
export const commands = {
  skeleton: ['gen', 'skeleton', 'FILE'],
  subskeleton: ['gen', 'subskeleton', 'FILE'],
  light: ['gen', 'skeleton', '-L', 'FILE', 'name', 'light'],
}

export function wordsOf(command, file) {
  return commands[command].map((word) => (word === 'FILE' ? file : word))
}

/** Objects that answers are recorded about: { name: path }. */
export function objects() {
  const found = {}
  for (const folder of [resolve(here, '../../fixtures/obj'), join(here, 'obj')]) {
    for (const name of readdirSync(folder).sort()) if (name.endsWith('.o')) found[name] = join(folder, name)
  }
  return found
}

/** Answers that are kept whole, beside the digests of all: an object, a command, and the file for what it prints. */
export const whole = [
  ['shapes.clang-19.o', 'subskeleton', 'shapes.subskel.h'],
  ['externs.clang-19.o', 'light', 'externs.lskel.h'],
]
