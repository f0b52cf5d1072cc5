import { spawn } from 'node:child_process'

/** A program for the real kernel, and what it's run on. */
export interface RealProgram {
  type: number
  insns: Uint8Array
  packet: Uint8Array
}

/** What the real kernel answered: errno, 1000 more when it didn't take the program. */
export interface RealAnswer<T> {
  program: T
  errno: number
  retval: number
  out: Uint8Array
}

const BATCH = 200

/** Asks the real kernel about programs, by src/run-raw.c. */
export async function* askRealKernel<T extends RealProgram>(
  runner: string,
  programs: Iterable<T>,
): AsyncGenerator<RealAnswer<T>> {
  const child = spawn(runner, [], { stdio: ['pipe', 'pipe', 'inherit'] })
  let pending = Buffer.alloc(0)
  const chunks = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const take = async (size: number): Promise<Buffer> => {
    while (pending.length < size) {
      const { value, done } = await chunks.next()
      if (done) throw new Error('the runner ended')
      pending = Buffer.concat([pending, value])
    }
    const bytes = pending.subarray(0, size)
    pending = pending.subarray(size)
    return bytes
  }
  async function* answers(batch: readonly T[]): AsyncGenerator<RealAnswer<T>> {
    for (const { type, insns, packet } of batch) {
      const head = Buffer.alloc(8)
      head.writeUInt32LE(type, 0)
      head.writeUInt32LE(insns.length, 4)
      const size = Buffer.alloc(4)
      size.writeUInt32LE(packet.length)
      child.stdin.write(Buffer.concat([head, insns, size, packet]))
    }
    for (const program of batch) {
      const head = await take(12)
      const out = await take(head.readUInt32LE(8))
      yield { program, errno: head.readInt32LE(0), retval: head.readUInt32LE(4), out: Uint8Array.from(out) }
    }
  }
  let batch: T[] = []
  for (const program of programs) {
    batch.push(program)
    if (batch.length < BATCH) continue
    yield* answers(batch)
    batch = []
  }
  yield* answers(batch)
  child.stdin.end()
}
