import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `name` of our package.json. */
const PACKAGE = 'bpftool-sim'

let found: string | undefined
let requireHere: NodeJS.Require | undefined

/**
 * The folder of our package, where `profiles/` is: the nearest one above this file, which is a source, or part of a
 * bundle in dist/ (CommonJS for the command, a module for the library).
 */
export function packageRoot(): string {
  found ??= search(thisFile())
  return found
}

/** Of a module its URL tells, and nothing else: \`node -e\` has a \`__filename\` for all to see that is no file. */
function thisFile(): string {
  const url = import.meta.url as string | undefined
  return url === undefined ? __filename : fileURLToPath(url)
}

/** Loads a module of Node's when it is needed: each costs a millisecond or more of a command's start. */
export function lateRequire(name: `node:${string}`): unknown {
  requireHere ??= createRequire(join(packageRoot(), 'package.json'))
  return requireHere(name)
}

function search(file: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (nameIn(folder) === PACKAGE) return folder
    if (folder === dirname(folder)) throw new Error(`the package ${PACKAGE} is incomplete: it has no package.json`)
  }
}

function nameIn(folder: string): unknown {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: unknown }).name
  } catch {
    return undefined
  }
}
