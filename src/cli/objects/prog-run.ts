import { CommandError } from '../command.ts'
import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { nextArg, requireArgs } from '../grammar/number-arg.ts'
import { progParseFd } from '../grammar/prog.ts'
import { strtoul } from '../grammar/number.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'
import type { TestRunResult } from '../../uapi/attr.ts'

/** Room for the output where no size is given (SZ_32K). */
const DEFAULT_SIZE = 32 * 1024

/** detect_common_prefix. */
function refuseAmbiguous(args: Args, keywords: readonly string[]): void {
  const matches = keywords.filter((keyword) => args.is(keyword))
  if (matches.length < 2) return
  throw new CommandError(`ambiguous prefix: '${args.peek() ?? ''}' could be '${matches.join("' or '")}'`)
}

interface RunWords {
  dataIn: string | undefined
  dataOut: string | undefined
  dataSizeOut: number
  ctxIn: string | undefined
  ctxOut: string | undefined
  ctxSizeOut: number
  repeat: number
}

function fileWord(args: Args): string {
  nextArg(args)
  requireArgs(args, 1)
  return args.shift()
}

function numberWord(args: Args, what: string): number {
  const word = fileWord(args)
  const { value, complete } = strtoul(word, 0)
  if (!complete) throw new CommandError(`can't parse ${word} as ${what}`)
  return value
}

/** check_single_stdin. */
function checkSingleStdin({ dataIn, ctxIn }: RunWords): void {
  if (dataIn === '-' && ctxIn === '-') throw new CommandError('cannot use standard input for both data_in and ctx_in')
}

function parseWords(args: Args): RunWords {
  const words: RunWords = {
    dataIn: undefined,
    dataOut: undefined,
    dataSizeOut: 0,
    ctxIn: undefined,
    ctxOut: undefined,
    ctxSizeOut: 0,
    repeat: 1,
  }
  while (args.length > 0) {
    refuseAmbiguous(args, ['data_in', 'data_out', 'data_size_out'])
    refuseAmbiguous(args, ['ctx_in', 'ctx_out', 'ctx_size_out'])
    if (args.is('data_in')) {
      words.dataIn = fileWord(args)
      checkSingleStdin(words)
    } else if (args.is('data_out')) {
      words.dataOut = fileWord(args)
    } else if (args.is('data_size_out')) {
      words.dataSizeOut = numberWord(args, 'output data size')
    } else if (args.is('ctx_in')) {
      words.ctxIn = fileWord(args)
      checkSingleStdin(words)
    } else if (args.is('ctx_out')) {
      words.ctxOut = fileWord(args)
    } else if (args.is('ctx_size_out')) {
      words.ctxSizeOut = numberWord(args, 'output context size')
    } else if (args.is('repeat')) {
      words.repeat = numberWord(args, 'repeat number')
    } else {
      throw new CommandError(
        "expected no more arguments, 'data_in', 'data_out', 'data_size_out', 'ctx_in', 'ctx_out', 'ctx_size_out' or " +
          `'repeat', got: '${args.peek() ?? ''}'?`,
      )
    }
  }
  return words
}

/** get_run_data: a directory can be opened, and nothing read from it. */
function readData(cmd: Command, path: string | undefined): Uint8Array | undefined {
  if (path === undefined) return undefined
  if (path === '-') return cmd.io.stdin()
  try {
    return cmd.readHostFile(path)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    if (error.errno === Errno.EISDIR) return new Uint8Array()
    throw new CommandError(`failed to open ${path}: ${strerror(error.errno)}`)
  }
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** hex_print: rows of 16 bytes, their offset before and their characters behind them. */
export function hexDump(bytes: Uint8Array): string {
  let text = ''
  for (let row = 0; row < bytes.length; row += 16) {
    text += `${row.toString(16).padStart(7, '0')}\t`
    let characters = ''
    for (let j = row; j < row + 16; j++) {
      const byte = bytes[j]
      text += `${byte === undefined ? '  ' : (HEX[byte] ?? '')}${j % 2 === 1 ? ' ' : ''}`
      if (byte === undefined) continue
      characters += `${byte < 0x20 || byte > 0x7e ? '.' : String.fromCharCode(byte)}${j === row + 7 ? ' ' : ''}`
    }
    text += `| ${characters}\n`
  }
  return text
}

/** print_run_output. @returns 0, or -1 after telling what went wrong. */
function printOutput(cmd: Command, bytes: Uint8Array, path: string | undefined, key: string): number {
  if (path === undefined) return 0
  if (path === '-') {
    if (cmd.json === undefined) cmd.out(hexDump(bytes))
    else {
      cmd.json.name(key)
      cmd.json.startArray()
      if (bytes.length > 0) cmd.json.raw(bytes.join(','))
      cmd.json.endArray()
    }
    return 0
  }
  try {
    cmd.writeHostFile(path, bytes)
    return 0
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    cmd.error(`failed to open ${path}: ${strerror(error.errno)}`)
    return -1
  }
}

/** What the buffer holds after the run: `size` bytes, of which the kernel wrote the first. */
function output(written: Uint8Array, size: number): Uint8Array {
  if (written.length >= size) return written.subarray(0, size)
  const bytes = new Uint8Array(size)
  bytes.set(written)
  return bytes
}

/** `run PROG data_in FILE ...` (do_run). */
export function progRun(cmd: Command, args: Args): number {
  requireArgs(args, 4)
  const fd = progParseFd(cmd, args)
  if (fd === undefined) return -1
  const words = parseWords(args)
  const dataIn = readData(cmd, words.dataIn)
  const ctxIn = readData(cmd, words.ctxIn)
  const dataSizeOut = words.dataSizeOut || (dataIn === undefined ? 0 : DEFAULT_SIZE)
  const ctxSizeOut = words.ctxSizeOut || (ctxIn === undefined ? 0 : DEFAULT_SIZE)
  let result: TestRunResult
  try {
    // A context without bytes, or room for one without a place: bpf_prog_test_run refuses both.
    if (ctxIn?.length === 0 || (ctxIn === undefined && ctxSizeOut !== 0)) throw new KernelError(Errno.EINVAL)
    const { repeat } = words
    result = cmd.system().bpf.progTestRun(fd, {
      repeat,
      dataSizeOut,
      ctxSizeOut,
      ...(dataIn && { dataIn }),
      ...(ctxIn && { ctxIn }),
    })
    if (result.errno !== 0) throw new KernelError(result.errno)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    throw new CommandError(`failed to run program: ${strerror(error.errno)}`, -error.errno)
  }
  return printResult(cmd, words, result)
}

function printResult(cmd: Command, words: RunWords, result: TestRunResult): number {
  const { json } = cmd
  json?.startObject()
  const data = output(result.dataOut, result.dataSizeOut)
  const ctx = output(result.ctxOut, result.ctxSizeOut)
  let status = 0
  if (data.length > 0) status += printOutput(cmd, data, words.dataOut, 'data_out')
  if (ctx.length > 0) status += printOutput(cmd, ctx, words.ctxOut, 'ctx_out')
  if (json === undefined) {
    const average = words.repeat > 1 ? ' (average)' : ''
    cmd.out(`Return value: ${result.retval >>> 0}, duration${average}: ${result.duration}ns\n`)
  } else {
    json.numberField('retval', result.retval >>> 0)
    json.numberField('duration', result.duration)
    json.endObject()
  }
  return status
}
