import { readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Errno, strerror } from '../uapi/errno.ts'
import { CompiledCode } from './compiled-code.ts'
import type { Scripts } from './compiled-code.ts'
import { run } from './main.ts'
import { parseOptions } from './options.ts'
import { compiledFolder } from './user-folders.ts'

/** The loader of the bundle's modules (scripts/loader.cjs). */
declare const __bundle: {
  readonly build: string
  readonly scripts: Scripts
  /** Where it asks for what V8 made of a script before. */
  kept: (script: string) => Uint8Array | undefined
}

// A refusal is an answer, and a command may get thousands of them: only who repairs something wants to know where from.
if (!process.env['BPFTOOL_TRACE']) Error.stackTraceLimit = 0

/** What a stream doesn't take is lost; so that nobody takes half an answer for all of it, the command ends. */
const lost = (fd: number, code = ''): never => {
  const errno = (Errno as Readonly<Record<string, number>>)[code]
  if (fd === 1) write(2, `Error: can't write to standard output: ${errno === undefined ? code : strerror(errno)}\n`)
  process.exit(255)
}

/** The command's entry: real streams around `run`. What it writes is written at once, so that it can end at once. */
const write = (fd: number, chunk: string | Uint8Array): void => {
  let bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
      // The reader has gone: the status that SIGPIPE gives.
      else if (code === 'EPIPE') process.exit(141)
      else return lost(fd, code)
    }
  }
}

/** All of standard input; nothing where it is closed. */
const readStdin = (): Uint8Array => {
  try {
    return readFileSync(0)
  } catch {
    return new Uint8Array()
  }
}

/** Kept between runs for each command by itself, as they call different functions. */
function compiledCode(argv: readonly string[], env: NodeJS.ProcessEnv): CompiledCode | undefined {
  // Node's own word for who wants none of this; and coverage counts what is compiled as it runs.
  if (env['NODE_DISABLE_COMPILE_CACHE'] || env['NODE_V8_COVERAGE']) return undefined
  const { words, options } = parseOptions(argv, env)
  const command = words.slice(0, 2).filter((word) => /^[a-z_]{1,20}$/.test(word))
  const flags = [options.json && 'json', options.verifierLogs && 'debug', options.useLoader && 'loader']
  const name = [...command, ...flags.filter((flag) => flag !== false)].join('-')
  return new CompiledCode(
    join(compiledFolder(env), `${__bundle.build}-${process.version}-${process.platform}-${process.arch}`),
    name || 'none',
  )
}

const argv = process.argv.slice(2)
let compiled: CompiledCode | undefined
__bundle.kept = (script) => {
  compiled ??= compiledCode(argv, process.env)
  return compiled?.get(script)
}

run(argv, {
  stdout: (text) => {
    write(1, text)
  },
  stderr: (text) => {
    write(2, text)
  },
  stdin: readStdin,
  env: process.env,
  cwd: process.cwd(),
  get self() {
    const file = process.argv[1]
    return file === undefined ? undefined : { file, execArgv: process.execArgv }
  },
  get columns() {
    return process.stdout.columns
  },
}).then(
  (status) => {
    if (status === 0) compiled?.keep(__bundle.scripts)
    process.exit(status)
  },
  (error: unknown) => {
    write(2, `Error: internal: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(255)
  },
)
