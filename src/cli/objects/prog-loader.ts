import { CommandError } from '../command.ts'
import { LibbpfError } from '../../libbpf/error.ts'
import { KernelSymbols } from '../render/kernel-symbols.ts'
import { Xlated } from '../render/xlated.ts'
import { closeObject, openObjectFile } from './object-file.ts'
import { generateLoader } from '../../libbpf/gen-loader/generate.ts'
import { loadAndRun } from '../../libbpf/gen-loader/run.ts'
import { signProgram } from './prog-sign.ts'
import { requireArgs } from '../grammar/number-arg.ts'
import { KernelError } from '../../kernel/error.ts'
import type { Args } from '../args.ts'
import type { BpfObject } from '../../libbpf/model.ts'
import type { Command } from '../command.ts'
import type { GeneratedLoader } from '../../libbpf/gen-loader/loader.ts'
import type { ProgInfo } from '../../uapi/attr.ts'

/** sizeof(struct bpf_loader_ctx) and room for 64 maps' descriptions. */
const CONTEXT_SIZE = 24 + 64 * 16
const LOG_SIZE = (1 << 24) - 1
/** log_level1, log_level2 and stats. */
const LOG_LEVEL = 1 + 2 + 4

/** do_loader: the object is loaded by a program that libbpf writes. Nothing is pinned: it goes when the command ends. */
export function loadByProgram(cmd: Command, args: Args): number {
  requireArgs(args, 1)
  const object = open(cmd, args.shift())
  try {
    const loader = generate(cmd, object)
    if (cmd.options.verifierLogs) printInsns(cmd, loader.insns)
    return tryLoader(cmd, loader)
  } finally {
    closeObject(cmd, object)
  }
}

function open(cmd: Command, path: string): BpfObject {
  try {
    return openObjectFile(cmd, path)
  } catch (error) {
    if (error instanceof LibbpfError) throw new CommandError('failed to open object file')
    throw error
  }
}

function generate(cmd: Command, object: BpfObject): GeneratedLoader {
  try {
    return generateLoader(object, cmd.system(), cmd.options.signProgs)
  } catch (error) {
    if (error instanceof LibbpfError) throw new CommandError('failed to load object file', -error.errno)
    throw error
  }
}

/** dump_xlated_plain of the loader, which isn't in the kernel yet. */
function printInsns(cmd: Command, insns: Uint8Array): void {
  const info = { xlatedProgInsns: insns, nrFuncInfo: 0, nrLineInfo: 0, funcInfoRecSize: 0, lineInfoRecSize: 0 }
  const xlated = new Xlated(info as ProgInfo, undefined, new KernelSymbols(cmd.system()))
  xlated.plain(
    (text) => {
      cmd.out(text)
    },
    { opcodes: false, linum: false },
  )
}

/** A signature, and the key that verifies it in the session's keyring (register_session_key). */
function signed(cmd: Command, insns: Uint8Array): Uint8Array {
  const { signature, certificate } = signProgram(cmd, insns)
  try {
    cmd.system().addKey(certificate)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    throw new CommandError('failed to add session key')
  }
  return signature
}

/** try_loader. */
function tryLoader(cmd: Command, loader: GeneratedLoader): number {
  const { verifierLogs } = cmd.options
  const log = new Uint8Array(verifierLogs ? LOG_SIZE : 0)
  const context = { size: CONTEXT_SIZE, logLevel: verifierLogs ? LOG_LEVEL : 0, log }
  const system = cmd.system()
  const signature = cmd.options.signProgs ? signed(cmd, loader.insns) : undefined
  // What comes of it goes at the end, whatever it is: a run that fails has nothing to keep.
  const { error, what } = system.atomically(() => loadAndRun(system, loader, context, signature))
  if (error < 0 || verifierLogs) {
    const text = verifierLogs ? Buffer.from(log.subarray(0, log.indexOf(0))).toString('latin1') : '(null)'
    cmd.message(`err ${error}\n${what ?? '(null)'}\n${text}`)
  }
  return error
}
