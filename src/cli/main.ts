import { Args } from './args.ts'
import { printHelp, select } from './dispatch.ts'
import { Exit, report } from './errors.ts'
import { parseOptions } from './options.ts'
import { Session } from './session.ts'
import { openMachine } from './machine.ts'
import { mainTable } from './objects.ts'
import { mainHelp } from './main-help.ts'
import { version } from './objects/version.ts'
import type { CommandIo, Machine } from './io.ts'
import type { MachineOptions, Parsed } from './options.ts'

/** How a command gets its machine; tests give their own. */
export type OpenMachine = (io: CommandIo, choice: MachineOptions) => Machine

/**
 * Runs one bpftool command line.
 * @param argv words after `bpftool`.
 * @param open instead of the machine that the options choose.
 * @returns exit status, 0 to 255.
 */
export async function run(argv: readonly string[], io: CommandIo, open?: OpenMachine): Promise<number> {
  const parsed = parseOptions(argv, io.env)
  const session = new Session(io, parsed.options, mainHelp)
  let status: number
  try {
    status = await start(session, parsed, open)
    session.flush()
  } catch (error) {
    status = conclude(session, error)
  }
  try {
    session.exit()
  } catch (error) {
    status = conclude(session, error)
  }
  return status & 255
}

/** The status of a failure that reached main; the JSON text is closed, as clean_and_exit does. */
function conclude(session: Session, error: unknown): number {
  const status = error instanceof Exit ? error.status : reported(session, error)
  session.json?.close()
  session.json?.end()
  session.flush()
  return status
}

function reported(session: Session, error: unknown): number {
  try {
    return report(session, error)
  } catch (exit) {
    if (exit instanceof Exit) return exit.status
    throw exit
  }
}

/** main() after its options: some ends leave the JSON text without its last newline, as the real one does. */
async function start(session: Session, parsed: Parsed, open: OpenMachine | undefined): Promise<number> {
  const { options, stop, words } = parsed
  session.opener = () => (open ?? openMachine)(session.io, parsed.machine)
  if (!(await baseBtfsParse(session, parsed.baseBtfs))) return -1
  if (stop === 'help') return printHelp(session, mainHelp)
  if (typeof stop === 'object') {
    session.error(`unrecognized option '${stop.unknown}'`)
    if (session.json === undefined) printHelp(session, mainHelp)
    throw new Exit(-1)
  }
  const keys = options.privateKeyPath !== undefined || options.certPath !== undefined
  if (options.signProgs && (options.privateKeyPath === undefined || options.certPath === undefined)) {
    session.error('-i <identity_x509_cert> and -k <private_key> must be supplied with -S for signing')
    return -22
  }
  if (!options.signProgs && keys) {
    session.error(
      '--sign (or -S) must be explicitly passed with -i <identity_x509_cert> and -k <private_key> to sign the programs',
    )
    return -22
  }
  const args = new Args(words)
  const status = stop === 'version' ? await version(session, args) : await line(session, args)
  session.json?.end()
  return status
}

/** -B: each file must hold type information; the verbs that use it read it again. */
async function baseBtfsParse(session: Session, paths: readonly string[]): Promise<boolean> {
  if (paths.length === 0) return true
  const { parseBtfFile } = await import('./objects/btf-file.ts')
  for (const path of paths) {
    const btf = parseBtfFile(session, path)
    if (typeof btf !== 'number') continue
    session.error(`failed to parse base BTF at '${path}': ${-btf}\n`)
    return false
  }
  return true
}

/** Runs the words of one command; what fails is told here. */
async function line(session: Session, args: Args): Promise<number> {
  try {
    return await select(session, args, mainTable(session), mainHelp)
  } catch (error) {
    return report(session, error)
  }
}
