/**
 * A plugin for the runner of the bpf_conformance suite: an ISA test's instructions on standard input (or after
 * `--program`) and its memory as an argument, bytes in hexadecimal; r0 on standard output. `--engine` says what runs it:
 * `interpreter` or `compiler`. What the simulated kernel refuses or can't run is told on standard error, with status 1.
 * README.md says how it's used.
 */
import { readFileSync } from 'node:fs'
import { bootMachine, KernelError } from '../../src/kernel/boot.ts'
import { strerror } from '../../src/uapi/errno.ts'
import { ProgType } from '../../src/uapi/prog-type.ts'
import { packetOf, wrap } from './wrap.ts'

function bytesOf(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '')
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Error(`no bytes in hexadecimal: ${text.slice(0, 40)}`)
  return Uint8Array.from(digits.match(/../g) ?? [], (byte) => parseInt(byte, 16))
}

interface Words {
  program: string | undefined
  memory: string
  engine: 'interpreter' | 'compiler' | undefined
}

function engineOf(word: string | undefined): Words['engine'] {
  if (word === 'interpreter' || word === 'compiler') return word
  throw new Error(`${word ?? 'nothing'} is no engine: interpreter, compiler`)
}

function parseWords(words: readonly string[]): Words {
  const parsed: Words = { program: undefined, memory: '', engine: undefined }
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    if (word === '--program') parsed.program = words[++i] ?? ''
    else if (word === '--engine') parsed.engine = engineOf(words[++i])
    else if (word.startsWith('--')) throw new Error(`${word} is not an option here`)
    else parsed.memory = word
  }
  return parsed
}

/** Loads the test into a fresh machine and runs it. @throws KernelError. */
function runTest(insns: Uint8Array, memory: Uint8Array, engine: Words['engine']): bigint {
  const process = bootMachine({ engine }).process('conformance')
  const { fd } = process.bpf.progLoad({ progType: ProgType.XDP, insns: wrap(insns, memory), license: 'GPL' })
  const dataIn = packetOf(memory)
  const { dataOut } = process.bpf.progTestRun(fd, { dataIn, dataSizeOut: dataIn.length, repeat: 1 })
  return new DataView(dataOut.buffer, dataOut.byteOffset).getBigUint64(0, true)
}

try {
  const { program, memory, engine } = parseWords(process.argv.slice(2))
  const insns = bytesOf(program ?? readFileSync(0, 'latin1'))
  process.stdout.write(`${runTest(insns, bytesOf(memory), engine).toString(16)}\n`)
} catch (error) {
  if (!(error instanceof Error)) throw error
  process.stderr.write(`${error instanceof KernelError ? strerror(error.errno) : error.message}\n`)
  process.exitCode = 1
}
