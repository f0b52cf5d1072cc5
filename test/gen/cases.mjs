// The gen commands that are compared with the real bpftool, each on one object, and loading by a loader program.
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
  signed: ['gen', 'skeleton', '-S', '-k', key('test.pem'), '-i', key('test.crt'), 'FILE', 'name', 'signed'],
  load: ['prog', 'load', '-L', 'FILE'],
}

/** A key that signs for these tests alone, and its certificate. */
function key(name) {
  return join(here, 'keys', name)
}

/** What isn't recorded: what the machine's pins and probes decide; the kernel's own CO-RE relocations; more of the same. */
export const leftOut = {
  light: /^pinned_map/,
  load: /^(pinned_map|tracing|externs)|clang-(19|22)/,
  signed: /^pinned_map|clang-(14|22)|gcc/,
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

/** The types that min_core_btf takes from, the objects it takes them for, and the file that the result is kept in. */
export const minimal = {
  input: join(here, 'obj', 'kernel.clang-19.o'),
  objects: ['core.clang-19.o', 'externs.clang-19.o'].map((name) => join(here, 'obj', name)),
  recorded: join(recordedFolder, 'minimal.btf'),
}

/** Answers that are kept whole, beside the digests of all: an object, a command, and the file for what it prints. */
export const whole = [
  ['shapes.clang-19.o', 'subskeleton', 'shapes.subskel.h'],
  ['externs.clang-19.o', 'light', 'externs.lskel.h'],
]
