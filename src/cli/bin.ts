import { readFileSync, writeSync } from 'node:fs'
import { Errno, strerror } from '../uapi/errno.ts'
import { run } from './main.ts'

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

run(process.argv.slice(2), {
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
  (status) => process.exit(status),
  (error: unknown) => {
    write(2, `Error: internal: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(255)
  },
)
