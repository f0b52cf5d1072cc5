import { readFileSync, writeSync } from 'node:fs'
import { run } from './main.ts'

/** The command's entry: real streams around `run`. */
const write = (fd: number, chunk: string | Uint8Array) => {
  let bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') continue
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(141)
      throw error
    }
  }
}

void run(process.argv.slice(2), {
  stdout: (text) => write(1, text),
  stderr: (text) => write(2, text),
  stdin: () => readFileSync(0),
  env: process.env,
  cwd: process.cwd(),
  columns: process.stdout.columns,
}).then((status) => {
  process.exitCode = status
})
