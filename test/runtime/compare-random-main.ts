import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { testRun } from '../../src/kernel/runtime/test-run.ts'
import { addProgram, fakeKernel } from './fake-kernel.ts'
import { randomProgram } from './random-program.ts'

/** One program's answer of the real kernel. */
interface Answer {
  seed: number
  errno: number
  retval: number
  out: Uint8Array
}

const BATCH = 200

/** Asks the real kernel about `count` programs from `seed` on. */
async function* ask(runner: string, seed: number, count: number): AsyncGenerator<Answer> {
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
  for (let at = seed; at < seed + count; at += BATCH) {
    const end = Math.min(at + BATCH, seed + count)
    for (let each = at; each < end; each++) {
      const { insns, packet } = randomProgram(each)
      const head = Buffer.alloc(8)
      head.writeUInt32LE(6, 0)
      head.writeUInt32LE(insns.length, 4)
      const size = Buffer.alloc(4)
      size.writeUInt32LE(packet.length)
      child.stdin.write(Buffer.concat([head, insns, size, packet]))
    }
    for (let each = at; each < end; each++) {
      const head = await take(12)
      const out = await take(head.readUInt32LE(8))
      yield { seed: each, errno: head.readInt32LE(0), retval: head.readUInt32LE(4), out: Uint8Array.from(out) }
    }
  }
  child.stdin.end()
}

const [runner = '', first = '1', count = '1000', record] = process.argv.slice(2)
let refused = 0
let equal = 0
const different: number[] = []
const kept: unknown[] = []
for await (const answer of ask(runner, Number(first), Number(count))) {
  if (answer.errno !== 0) {
    refused++
    continue
  }
  const { insns, packet } = randomProgram(answer.seed)
  const kernel = fakeKernel()
  const ours = testRun(kernel, addProgram(kernel, insns), { dataIn: packet, dataSizeOut: 4096 })
  if (ours.retval === answer.retval && Buffer.compare(ours.dataOut, answer.out) === 0) equal++
  else different.push(answer.seed)
  kept.push({ seed: answer.seed, retval: answer.retval, out: Buffer.from(answer.out).toString('hex') })
}
if (record) writeFileSync(record, `[\n${kept.map((each) => JSON.stringify(each)).join(',\n')}\n]\n`)
console.log(JSON.stringify({ equal, refused, different: different.slice(0, 20), differences: different.length }))
process.exitCode = different.length > 0 ? 1 : 0
