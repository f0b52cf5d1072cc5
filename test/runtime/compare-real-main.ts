import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { KernelError } from '../../src/kernel/error.ts'
import { testRun } from '../../src/kernel/runtime/test-run.ts'
import { ProgType } from '../../src/uapi/prog-type.ts'
import { addProgram, fakeKernel } from './fake-kernel.ts'
import { isaPrograms } from './isa-programs.ts'
import { randomProgram } from './random-program.ts'
import type { RealProgram } from './real-kernel.ts'
import { askRealKernel } from './real-kernel.ts'

/** Programs of one kind, each with what it's called in the record. */
type Named = RealProgram & { label: Record<string, string | number> }

function* randomOnes(first: number, count: number): Generator<Named> {
  for (let seed = first; seed < first + count; seed++) {
    yield { ...randomProgram(seed), type: ProgType.XDP, label: { seed } }
  }
}

function* isaOnes(): Generator<Named> {
  for (const { name, ...program } of isaPrograms()) yield { ...program, label: { name } }
}

const [runner = '', kind = 'random', ...words] = process.argv.slice(2)
const [first = '1', count = '1000'] = words
const record = kind === 'isa' ? words[0] : words[2]
const programs = kind === 'isa' ? isaOnes() : randomOnes(Number(first), Number(count))
let equal = 0
const refused: unknown[] = []
const different: unknown[] = []
const kept: unknown[] = []
for await (const { program, errno, retval, out } of askRealKernel(runner, programs)) {
  const { label, type, insns, packet } = program
  if (errno !== 0) {
    refused.push(label)
    continue
  }
  const kernel = fakeKernel()
  try {
    const ours = testRun(kernel, addProgram(kernel, insns, type), { dataIn: packet, dataSizeOut: 4096 })
    if (ours.retval === retval && Buffer.compare(ours.dataOut, out) === 0) equal++
    else different.push(label)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    different.push({ ...label, error: error.message })
  }
  const hex = Buffer.from(out).toString('hex')
  const brief = kind === 'isa' ? createHash('sha256').update(out).digest('hex').slice(0, 16) : hex
  kept.push({ ...label, retval, out: brief })
}
if (record) writeFileSync(record, `[\n${kept.map((each) => JSON.stringify(each)).join(',\n')}\n]\n`)
const some = (list: readonly unknown[]) => ({ count: list.length, first: list.slice(0, 20) })
console.log(JSON.stringify({ equal, refused: some(refused), different: some(different) }))
process.exitCode = different.length > 0 ? 1 : 0
