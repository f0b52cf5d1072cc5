import { CommandError, UsageError } from '../command.ts'
import { KernelError } from '../../kernel/error.ts'
import { strerror } from '../../uapi/errno.ts'
import { BtfError } from '../../btf/btf.ts'
import { KernelSymbols } from '../render/kernel-symbols.ts'
import { Jited } from '../render/jited.ts'
import { Xlated } from '../render/xlated.ts'
import { readWasmImage } from '../../isa/wasm-image.ts'
import { drawCfg } from '../render/cfg.ts'
import { headerJson, headerPlain } from './prog-show.ts'
import { loadKernelBtf } from '../grammar/prog-name.ts'
import { nextArg } from '../grammar/number-arg.ts'
import { progParseFds } from '../grammar/prog.ts'
import type { Args } from '../args.ts'
import type { Btf } from '../../btf/btf.ts'
import type { Command } from '../command.ts'
import type { DumpOptions } from '../render/xlated.ts'
import type { Fd, ProgInfo } from '../../uapi/attr.ts'

interface Wanted extends DumpOptions {
  jited: boolean
  visual: boolean
  file: string | undefined
}

/** The words after PROG. */
function parseWanted(args: Args, programs: number, jited: boolean): Wanted {
  const wanted: Wanted = { jited, opcodes: false, linum: false, visual: false, file: undefined }
  while (args.length > 0) {
    if (args.is('file')) {
      nextArg(args)
      if (args.length === 0) throw new CommandError('expected file path')
      if (programs > 1) throw new CommandError('several programs matched')
      wanted.file = args.shift()
    } else if (args.is('opcodes')) {
      wanted.opcodes = true
      nextArg(args)
    } else if (args.is('visual')) {
      if (programs > 1) throw new CommandError('several programs matched')
      wanted.visual = true
      nextArg(args)
    } else if (args.is('linum')) {
      wanted.linum = true
      nextArg(args)
    } else {
      throw new UsageError()
    }
  }
  return wanted
}

function kernelBtf(cmd: Command, id: number): Btf | undefined {
  if (id === 0) return undefined
  try {
    return loadKernelBtf(cmd.system(), id)
  } catch (error) {
    if (error instanceof KernelError || error instanceof BtfError) throw new CommandError('failed to get btf')
    throw error
  }
}

/** The instructions that a dump is of. */
function bytesOf(info: ProgInfo, jited: boolean): Uint8Array {
  const bytes = jited ? info.jitedProgInsns : info.xlatedProgInsns
  const length = jited ? info.jitedProgLen : info.xlatedProgLen
  if (length !== 0 && bytes !== undefined && bytes.length > 0) return bytes
  if (!jited) throw new CommandError('error retrieving insn dump: kernel.kptr_restrict set?')
  throw new CommandError('error retrieving jit dump: no instructions returned or kernel.kptr_restrict set?')
}

/** prog_dump. */
function dumpOne(cmd: Command, info: ProgInfo, wanted: Wanted): void {
  const bytes = bytesOf(info, wanted.jited)
  const btf = kernelBtf(cmd, info.btfId)
  if (wanted.file !== undefined) {
    try {
      cmd.writeHostFile(wanted.file, bytes)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      throw new CommandError(`can't open file ${wanted.file}: ${strerror(error.errno)}`)
    }
    cmd.json?.nullValue()
    return
  }
  const symbols = new KernelSymbols(cmd.system())
  const out = (text: string) => {
    cmd.out(text)
  }
  if (wanted.jited) {
    const module = readWasmImage(bytes)
    if (!module) throw new CommandError('No JIT disassembly support')
    const jited = new Jited(info, module, btf, symbols)
    if (cmd.json !== undefined) jited.json(cmd.json, wanted)
    else jited.plain(out, wanted)
    return
  }
  const xlated = new Xlated(info, btf, symbols)
  if (cmd.json !== undefined) xlated.json(cmd.json, wanted)
  else if (wanted.visual) drawCfg(out, xlated, wanted)
  else xlated.plain(out, wanted)
}

/** prep_prog_info. */
const ofXlated = { xlatedProgInsns: true, jitedKsyms: true, funcInfo: true, lineInfo: true }
const ofJited = {
  jitedProgInsns: true,
  jitedKsyms: true,
  jitedFuncLens: true,
  jitedLineInfo: true,
  funcInfo: true,
  lineInfo: true,
}

function dumpAll(cmd: Command, fds: readonly Fd[], wanted: Wanted): number {
  const { bpf } = cmd.system()
  const several = fds.length > 1
  const json = several ? cmd.json : undefined
  json?.startArray()
  try {
    for (const [i, fd] of fds.entries()) {
      let info: ProgInfo
      try {
        info = bpf.progInfo(fd, wanted.jited ? ofJited : ofXlated)
      } catch (error) {
        if (!(error instanceof KernelError)) throw error
        throw new CommandError(`can't get prog info: ${strerror(error.errno)}`)
      }
      json?.startObject()
      if (json !== undefined) headerJson(cmd, json, info, fd)
      else if (several) cmd.out(headerPlain(cmd, info, fd))
      json?.name('insns')
      try {
        dumpOne(cmd, info, wanted)
      } finally {
        json?.endObject()
        if (several && json === undefined && i !== fds.length - 1) cmd.out('\n')
      }
    }
    return 0
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    cmd.error(error.message)
    return -1
  } finally {
    json?.endArray()
  }
}

/**
 * `dump { xlated | jited } PROG ...` (do_dump). Debian's build of bpftool has no disassembler of machine code: what it
 * prints of jited programs is as its source has it.
 */
export function progDump(cmd: Command, args: Args): number {
  const jited = args.is('jited')
  if (!jited && !args.is('xlated'))
    throw new CommandError(`expected 'xlated' or 'jited', got: ${args.peek() ?? '(null)'}`)
  nextArg(args)
  if (args.length < 2) throw new UsageError()
  const fds = progParseFds(cmd, args)
  if (fds.length < 1) return -1
  const wanted = parseWanted(args, fds.length, jited)
  if (wanted.file !== undefined && (wanted.opcodes || wanted.visual || wanted.linum)) {
    throw new CommandError("'file' is not compatible with 'opcodes', 'visual', or 'linum'")
  }
  if (cmd.json !== undefined && wanted.visual) {
    throw new CommandError("'visual' is not compatible with JSON output")
  }
  const status = dumpAll(cmd, fds, wanted)
  for (const fd of fds) cmd.system().close(fd)
  return status
}
