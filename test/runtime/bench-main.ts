import { readFileSync } from 'node:fs'
import { testRun } from '../../src/kernel/runtime/test-run.ts'
import { addProgram, fakeKernel } from './fake-kernel.ts'
import { loadFile } from './load-object.ts'

/** Slots as code, dst, src, off, imm. */
function assemble(slots: readonly (readonly [number, number, number, number, number])[]): Uint8Array {
  const bytes = new Uint8Array(slots.length * 8)
  const view = new DataView(bytes.buffer)
  slots.forEach(([code, dst, src, off, imm], i) => {
    view.setUint8(i * 8, code)
    view.setUint8(i * 8 + 1, dst | (src << 4))
    view.setInt16(i * 8 + 2, off, true)
    view.setInt32(i * 8 + 4, imm, true)
  })
  return bytes
}

const LOOPS = 20_000_000

/** What is done in each turn of the loop, and how many instructions that is with the loop's own two. */
const bodies = {
  'xorshift in 64 bits': [
    [0xbf, 2, 1, 0, 0],
    [0x67, 2, 0, 0, 13],
    [0xaf, 1, 2, 0, 0],
    [0xbf, 2, 1, 0, 0],
    [0x77, 2, 0, 0, 7],
    [0xaf, 1, 2, 0, 0],
    [0x0f, 0, 1, 0, 0],
  ],
  'arithmetic in 32 bits': [
    [0xbc, 2, 1, 0, 0],
    [0x64, 2, 0, 0, 5],
    [0xac, 1, 2, 0, 0],
    [0x24, 1, 0, 0, 31],
    [0x04, 1, 0, 0, 7],
    [0x0c, 0, 1, 0, 0],
  ],
  'stack loads and stores': [
    [0x7b, 10, 1, -8, 0],
    [0x79, 2, 10, -8, 0],
    [0x63, 10, 2, -16, 0],
    [0x71, 3, 10, -16, 0],
    [0x0f, 0, 3, 0, 0],
    [0x07, 1, 0, 0, 1],
  ],
  'multiplication and division': [
    [0xbf, 2, 1, 0, 0],
    [0x27, 2, 0, 0, 0x12345],
    [0x37, 2, 0, 0, 7],
    [0x97, 2, 0, 0, 1000],
    [0x0f, 0, 2, 0, 0],
    [0x07, 1, 0, 0, 3],
  ],
} as const

for (const [name, body] of Object.entries(bodies)) {
  const insns = assemble([
    [0xb7, 0, 0, 0, 0],
    [0x18, 1, 0, 0, 0x12345678],
    [0x00, 0, 0, 0, 0x9abcdef0 | 0],
    [0xb7, 6, 0, 0, LOOPS],
    ...body,
    [0x07, 6, 0, 0, -1],
    [0x55, 6, 0, -(body.length + 2), 0],
    [0x95, 0, 0, 0, 0],
  ])
  const kernel = fakeKernel()
  const prog = addProgram(kernel, insns)
  testRun(kernel, prog, { dataIn: new Uint8Array(64), dataSizeOut: 64 })
  const start = performance.now()
  testRun(kernel, prog, { dataIn: new Uint8Array(64), dataSizeOut: 64 })
  const seconds = (performance.now() - start) / 1000
  const rate = (LOOPS * (body.length + 2)) / seconds / 1e6
  console.log(`${name}: ${rate.toFixed(0)} million instructions a second`)
}

const [object, program, packet] = process.argv.slice(2)
if (object && program) {
  const { kernel, progs } = loadFile(new URL(`file://${object}`))
  const prog = kernel.progById(progs.get(program) ?? 0)
  if (!prog) throw new Error(`no program ${program}`)
  const dataIn = packet ? new Uint8Array(readFileSync(packet)) : new Uint8Array(64)
  for (const repeat of [1, 1, 1000]) {
    const { retval, duration } = testRun(kernel, prog.record, { dataIn, dataSizeOut: 4096, repeat })
    console.log(`${program}: ${retval}, ${duration} ns a run of ${repeat}`)
  }
}
