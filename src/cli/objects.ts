import { printHelp, select } from './dispatch.ts'
import { version } from './objects/version.ts'
import type { Args } from './args.ts'
import type { Session } from './session.ts'
import type { Verb } from './command.ts'
import type { Help, VerbTable } from './dispatch.ts'

export interface BpfObject {
  verbs: VerbTable
  help: Help
}

/** What is loaded when an object is first named. */
export const objects = {
  prog: async (): Promise<BpfObject> => (await import('./objects/prog.ts')).prog,
  map: async (): Promise<BpfObject> => {
    const [{ mapVerbs }, { objectHelp }] = await Promise.all([import('./objects/map.ts'), import('./help-text.ts')])
    return { verbs: mapVerbs, help: objectHelp.map }
  },
  link: async (): Promise<BpfObject> => (await import('./objects/link.ts')).link,
  cgroup: async (): Promise<BpfObject> => (await import('./objects/cgroup.ts')).cgroup,
  perf: async (): Promise<BpfObject> => (await import('./objects/perf.ts')).perf,
  net: async (): Promise<BpfObject> => (await import('./objects/net.ts')).net,
  feature: async (): Promise<BpfObject> => (await import('./objects/feature.ts')).feature,
  btf: async (): Promise<BpfObject> => (await import('./objects/btf.ts')).btf,
  gen: async (): Promise<BpfObject> => (await import('./objects/gen.ts')).gen,
  struct_ops: async (): Promise<BpfObject> => (await import('./objects/struct-ops.ts')).structOps,
  iter: async (): Promise<BpfObject> => (await import('./objects/iter.ts')).iter,
  token: async (): Promise<BpfObject> => (await import('./objects/token.ts')).token,
  kernel: async (): Promise<BpfObject> => {
    const { kernelVerbs, kernelHelp } = await import('./objects/kernel.ts')
    return { verbs: kernelVerbs, help: { text: kernelHelp } }
  },
  fs: async (): Promise<BpfObject> => {
    const { fsVerbs, fsHelp } = await import('./objects/fs.ts')
    return { verbs: fsVerbs, help: { text: fsHelp } }
  },
  process: async (): Promise<BpfObject> => {
    const { processVerbs, processHelp } = await import('./objects/process.ts')
    return { verbs: processVerbs, help: { text: processHelp } }
  },
}

/**
 * bpftool's objects in its own order (main.c's commands[]), then the names that bpftool doesn't have, behind them so that
 * its abbreviations keep their meaning.
 */
export function mainTable(session: Session): VerbTable {
  const object = (load: () => Promise<BpfObject>): Verb => {
    let loaded: BpfObject | undefined
    const first = async (args: Args) => {
      loaded = await load()
      return select(session, args, loaded.verbs, loaded.help)
    }
    return (_, args) => (loaded === undefined ? first(args) : select(session, args, loaded.verbs, loaded.help))
  }
  const table: VerbTable = [
    ['help', 'help'],
    [
      'batch',
      async (_, args) => {
        return (await import('./batch.ts')).batch(session, args, table)
      },
    ],
    ['prog', object(objects.prog)],
    ['map', object(objects.map)],
    ['link', object(objects.link)],
    ['cgroup', object(objects.cgroup)],
    ['perf', object(objects.perf)],
    ['net', object(objects.net)],
    ['feature', object(objects.feature)],
    ['btf', object(objects.btf)],
    ['gen', object(objects.gen)],
    ['struct_ops', object(objects.struct_ops)],
    ['iter', object(objects.iter)],
    ['token', object(objects.token)],
    ['version', version],
    ['kernel', object(objects.kernel)],
    ['fs', object(objects.fs)],
    ['process', object(objects.process)],
    ['event', notYet('event')],
    [
      'check',
      async (_, args) => {
        const { check, checkHelp } = await import('./objects/check.ts')
        if (args.length === 1 && args.peek() === 'help') return printHelp(session, checkHelp)
        session.lastHelp = checkHelp
        return check(session, args)
      },
    ],
  ]
  return table
}

/** A verb that isn't built: an error, never a made-up success. */
function notYet(name: string): Verb {
  return (cmd) => {
    cmd.error(`'${name}' is not simulated yet`)
    return -1
  }
}
