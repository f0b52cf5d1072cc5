import { INSN_SIZE } from '../../isa/insn.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapType } from '../../uapi/map-type.ts'
import { KernelError } from '../error.ts'
import type { FinishedLog } from '../log.ts'
import { ownersAlike } from '../maps/prog-compat.ts'
import type { MapOwner } from '../objects/records.ts'
import { attachFuncProtoId, resolvedType } from './attach-to.ts'
import type { LoadEnv } from './env.ts'
import { JIT_PENDING } from '../objects/jited.ts'
import type { Jited, LoadResult } from './load.ts'
import type { Compiled } from '../runtime/jit.ts'
import { jit } from '../runtime/jit.ts'
import { jitedLinesOf } from './jited-lines.ts'
import { FUNC_INFO_SIZE, LINE_INFO_SIZE } from './prog-btf.ts'
import { funcInfoOf, lineInfoOf, subprogsOf } from './rewritten.ts'
import { progTag } from './tag.ts'
import { translate } from './translate.ts'

const PAGE_SIZE = 4096
/** offsetof(struct bpf_prog, insnsi) of 6.18 on x86-64. */
const PROG_HEADER = 72

/** Slots of a program that is compiled only when somebody keeps it, or asks for what came of it. */
const MAX_COMPILED_LATER = 20_000

/** Maps that hold programs (map_type_contains_progs). */
const holdsProgs: ReadonlySet<number> = new Set([MapType.PROG_ARRAY, MapType.DEVMAP, MapType.CPUMAP])

/** What is kept of a program that passed. @throws KernelError EINVAL for maps that other programs are in. */
export function keepProgram(env: LoadEnv, log: FinishedLog): LoadResult {
  const { attr, insns } = env
  const { xlated, run } = translate(env)
  // Whether it can be compiled is certain for all but the largest.
  const later = insns.length <= MAX_COMPILED_LATER
  const compiled = later ? undefined : compileProgram(env, run)
  const owned = claimMaps(env, log, later || compiled !== undefined)
  const tag = progTag(insns)
  const funcInfo = funcInfoOf(env)
  const lineInfo = lineInfoOf(env)
  const subprogs = subprogsOf(env, tag, compiled)
  // Pages that it once needed aren't given back (bpf_prog_realloc).
  const longest = Math.max(env.rewritten?.longest ?? 0, insns.length) * INSN_SIZE
  return {
    record: {
      type: env.type,
      expectedAttachType: env.expectedAttachType,
      name: env.name,
      tag,
      progFlags: attr.progFlags ?? 0,
      ifindex: 0,
      gplCompatible: env.gplCompatible,
      sleepable: env.sleepable,
      xdpHasFrags: hasFrags(env),
      mapIds: env.usedMaps.map(({ id }) => id),
      btfId: env.btfId,
      attachBtfId: attr.attachBtfId ?? 0,
      attachBtfObjId: attachBtfObjId(env),
      attachProgId: env.dstProg?.id ?? 0,
      dstProgType: env.dstProg?.type ?? 0,
      attachFuncProtoId: attachFuncProtoId(env, attachBtfObjId(env)),
      xlatedLen: xlated.length,
      jitedLen: later ? JIT_PENDING : (compiled?.bytes.length ?? 0),
      memlock: Math.ceil((PROG_HEADER + longest) / PAGE_SIZE) * PAGE_SIZE,
      verifiedInsns: env.insnsProcessed,
      subprogs,
      nrFuncInfo: funcInfo.length / FUNC_INFO_SIZE,
      nrLineInfo: lineInfo.length / LINE_INFO_SIZE,
      maxCtxOffset: env.statistics?.maxCtxOffset ?? 0,
    },
    xlated,
    run,
    funcInfo,
    lineInfo,
    jitedLines: compiled ? jitedLinesOf(env, compiled, subprogs) : new Uint8Array(0),
    jit: later ? () => jitedOf(env, tag, run) : undefined,
    owned,
    log: log.text,
    logTrueSize: log.trueSize,
  }
}

/** What the JIT makes of a program, as its record has it. */
function jitedOf(env: LoadEnv, tag: string, run: Uint8Array): Jited {
  const compiled = compileProgram(env, run)
  const subprogs = subprogsOf(env, tag, compiled)
  const jitedLines = compiled ? jitedLinesOf(env, compiled, subprogs) : new Uint8Array(0)
  return { jitedLen: compiled?.bytes.length ?? 0, subprogs, jitedLines }
}

/** The BTF of vmlinux is the machine's first. */
const VMLINUX_BTF_ID = 1

/** bpf_prog_get_target_btf. */
function attachBtfObjId({ attachToKernel, dstProg }: LoadEnv): number {
  return attachToKernel ? VMLINUX_BTF_ID : (dstProg?.btfId ?? 0)
}

/** BPF_F_XDP_HAS_FRAGS. */
const XDP_HAS_FRAGS = 1 << 5

function hasFrags({ attr }: LoadEnv): boolean {
  return ((attr.progFlags ?? 0) & XDP_HAS_FRAGS) !== 0
}

/** What the JIT makes of the program; undefined where it can't compile it (bpf_prog_select_runtime). */
function compileProgram(env: LoadEnv, run: Uint8Array): Compiled | undefined {
  const { possibleCpus } = env.kernel
  const maps = new Map(env.usedMaps.map((map) => [map.id, map]))
  return jit(run, { progType: env.type, possibleCpus, map: (id) => maps.get(id) })
}

/** bpf_check_tail_call: programs in one map must be alike. */
function claimMaps(env: LoadEnv, log: FinishedLog, jited: boolean): LoadResult['owned'] {
  const owner: MapOwner = {
    type: resolvedType(env),
    jited,
    xdpHasFrags: hasFrags(env),
    attachFuncProtoId: attachFuncProtoId(env, attachBtfObjId(env)),
    expectedAttachType: env.expectedAttachType,
  }
  const owned: LoadResult['owned'] = []
  for (const map of env.usedMaps) {
    if (!holdsProgs.has(map.type)) continue
    if (!map.owner) {
      owned.push({ mapId: map.id, owner })
      continue
    }
    if (!ownersAlike(map.type, map.owner, owner)) throw new KernelError(Errno.EINVAL, log.text, log.trueSize)
  }
  return owned
}
