import { AttachType } from '../../uapi/attach-type.ts'
import { CommandError } from '../command.ts'
import { KernelError } from '../../kernel/error.ts'
import { LibbpfError } from '../../libbpf/error.ts'
import { MapType } from '../../uapi/map-type.ts'
import { ProgFlag } from '../../uapi/flags.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { createAndMountBpffsDir, mountBpffsForFile } from '../grammar/pin.ts'
import { closeObject, openObjectFile } from './object-file.ts'
import { loadObject } from '../../libbpf/load.ts'
import { pinMaps, pinPrograms, unpinPrograms } from '../../libbpf/pin.ts'
import { reuseMapFd } from '../../libbpf/reuse.ts'
import { requireArgs } from '../grammar/number-arg.ts'
import { SilentFailure, parseLoadWords, progKindOf } from './prog-load-words.ts'
import type { Args } from '../args.ts'
import type { BpfObject, BpfProgram, OpenOptions } from '../../libbpf/model.ts'
import type { Command, Verb } from '../command.ts'
import type { LoadWords, MapReplacement } from './prog-load-words.ts'

/** The kernel BTF that takes the place of the machine's own for CO-RE. */
function customBtf(cmd: Command, path: string): OpenOptions {
  try {
    return { customBtf: { path, bytes: cmd.readHostFile(path) } }
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    return { customBtf: { path, bytes: new Uint8Array() } }
  }
}

function open(cmd: Command, path: string, words: LoadWords): BpfObject {
  try {
    const btf = words.kernelBtf === undefined ? {} : customBtf(cmd, words.kernelBtf)
    return openObjectFile(cmd, path, { relaxedMaps: cmd.options.relaxedMaps, ...btf })
  } catch (error) {
    if (error instanceof LibbpfError) throw new CommandError('failed to open object file')
    throw error
  }
}

/** What each program is: as `type` says, else as its section's name does. */
function setKinds(cmd: Command, object: BpfObject, words: LoadWords): void {
  for (const prog of object.entryPrograms()) {
    const kind = words.kind ?? progKindOf(cmd, prog.sectionName)
    if (kind === undefined) throw new SilentFailure()
    if (kind.progType === ProgType.XDP && words.xdpmetaIfindex !== 0) {
      prog.flags = ProgFlag.XDP_DEV_BOUND_ONLY
      prog.ifindex = words.xdpmetaIfindex
    } else {
      prog.ifindex = words.offloadIfindex
    }
    // bpf_program__set_type: what the section's name says of it is void.
    if (prog.type !== kind.progType) prog.secDef = undefined
    prog.type = kind.progType
    prog.expectedAttachType = kind.expectedAttachType
  }
}

/** Puts other maps in the place of the object's: by number, those named by name found first. */
function replaceMaps(cmd: Command, object: BpfObject, { maps, offloadIfindex }: LoadWords): void {
  for (const each of maps) {
    if (each.name === undefined) continue
    each.index = object.maps.findIndex((map) => map.shownName === each.name)
    if (each.index < 0) throw new CommandError(`unable to find map '${each.name}'`)
  }
  maps.sort((a, b) => a.index - b.index)
  let next = 0
  for (const [index, map] of object.maps.entries()) {
    if (map.def.type !== MapType.PERF_EVENT_ARRAY) map.ifindex = offloadIfindex
    if (maps[next]?.index !== index) continue
    const { fd } = maps[next++] as MapReplacement
    try {
      reuseMapFd(cmd.system(), map, fd)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      throw new CommandError(`unable to set up map reuse: ${-error.errno}`)
    }
    if (maps[next]?.index === index) {
      throw new CommandError(`replacement for map idx ${index} specified more than once`)
    }
  }
  const unused = maps[next]
  if (unused !== undefined) throw new CommandError(`map idx '${unused.index}' not used`)
}

/** Runs a step of libbpf's, which tells itself what goes wrong; bpftool's own word comes after. */
function step(message: string, fn: () => void): void {
  try {
    fn()
  } catch (error) {
    if (error instanceof LibbpfError || error instanceof KernelError) throw new CommandError(message)
    throw error
  }
}

const autoAttachTypes: readonly number[] = [
  ProgType.KPROBE,
  ProgType.TRACEPOINT,
  ProgType.RAW_TRACEPOINT,
  ProgType.RAW_TRACEPOINT_WRITABLE,
  ProgType.TRACING,
  ProgType.EXT,
  ProgType.LSM,
]

/** Whether libbpf attaches programs of this section by itself: where the section's name tells to what. */
function canAutoAttach({ secDef, sectionName, expectedAttachType }: BpfProgram): boolean {
  if (secDef === undefined || expectedAttachType === AttachType.LSM_CGROUP) return false
  return autoAttachTypes.includes(secDef.progType) && sectionName.includes('/')
}

/**
 * auto_attach_program: a program whose section doesn't say what to attach it to is pinned itself. Attaching isn't
 * simulated yet.
 */
function autoAttach(cmd: Command, prog: BpfProgram, path: string): void {
  if (canAutoAttach(prog)) {
    throw new CommandError(`attaching programs of section '${prog.sectionName}' is not simulated yet`)
  }
  cmd.info(`Program ${prog.name} does not support autoattach, falling back to pinning`)
  cmd.system().bpf.objPin(prog.fd, path)
}

/** Pins what was loaded: the first program as PATH, or all of them below it. */
function pin(cmd: Command, object: BpfObject, path: string, all: boolean, words: LoadWords): void {
  const system = cmd.system()
  const absolute = cmd.resolvePath(path)
  if (!all) {
    mountBpffsForFile(cmd, path)
    const first = object.entryPrograms().next().value
    if (first === undefined) throw new CommandError("object file doesn't contain any bpf program")
    step(`failed to pin program ${first.sectionName}`, () => {
      if (words.autoattach) autoAttach(cmd, first, absolute)
      else system.bpf.objPin(first.fd, absolute)
    })
  } else {
    createAndMountBpffsDir(cmd, path)
    step('failed to pin all programs', () => {
      if (!words.autoattach) pinPrograms(object, system, absolute)
      else for (const prog of object.entryPrograms()) autoAttach(cmd, prog, `${absolute}/${prog.name}`)
    })
  }
  if (words.pinmaps === undefined) return
  const maps = words.pinmaps
  try {
    createAndMountBpffsDir(cmd, maps)
    step('failed to pin all maps', () => {
      pinMaps(object, system, cmd.resolvePath(maps))
    })
  } catch (error) {
    if (all) unpinPrograms(object, system, absolute)
    else system.files.unlink(absolute)
    throw error
  }
}

/** load_with_options. What is loaded and pinned is kept together or not at all, whenever the process dies. */
function load(cmd: Command, args: Args, all: boolean): number {
  requireArgs(args, 2)
  const path = args.shift()
  const pinPath = args.shift()
  const words = parseLoadWords(cmd, args)
  const object = open(cmd, path, words)
  let failure: unknown
  const system = cmd.system()
  try {
    setKinds(cmd, object, words)
    replaceMaps(cmd, object, words)
    system.atomically(() => {
      step('failed to load object file', () => {
        loadObject(object, system)
      })
      try {
        pin(cmd, object, pinPath, all, words)
      } catch (error) {
        // Told after what was loaded is kept, as on a real kernel: maps that pin themselves stay.
        failure = error
      }
    })
  } finally {
    closeObject(cmd, object)
  }
  if (failure !== undefined) throw failure as Error
  cmd.json?.nullValue()
  return 0
}

/** A verb whose failure may have been told already. */
function silently(verb: Verb): Verb {
  return (cmd, args) => {
    try {
      return verb(cmd, args)
    } catch (error) {
      if (error instanceof SilentFailure) return -1
      throw error
    }
  }
}

/** `load OBJ PATH ...`. */
export const progLoad: Verb = silently((cmd, args) =>
  cmd.options.useLoader ? import('./prog-loader.ts').then((m) => m.loadByProgram(cmd, args)) : load(cmd, args, false),
)
/** `loadall OBJ PATH ...`. */
export const progLoadall: Verb = silently((cmd, args) => load(cmd, args, true))
