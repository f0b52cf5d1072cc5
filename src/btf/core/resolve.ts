import { Errno } from '../../uapi/errno.ts'
import { enumvalValue, fieldValue, matchSpec, typeValue } from './match.ts'
import type { FieldValue } from './match.ts'
import { INT_SIGNED } from './types.ts'
import type { LocalTypes, TypeView } from './types.ts'
import {
  CoreKind,
  coreKindName,
  emptySpec,
  shownSpec,
  isEnumvalKind,
  isFieldKind,
  isTypeKind,
  parseSpec,
} from './spec.ts'
import type { CoreRelo, Spec } from './spec.ts'
import { CoreError } from './host.ts'
import type { CoreHost } from './host.ts'
import { Kind } from '../kinds.ts'

const INSN_SIZE = 8

/** A type of the kernel's that an access may mean. */
export interface Candidate {
  btf: TypeView
  id: number
}

/** struct bpf_core_relo_res. */
export interface Resolution {
  origVal: bigint
  newVal: bigint
  poison: boolean
  validate: boolean
  failMemSize: boolean
  origSize: number
  newSize: number
}

/**
 * bpf_core_calc_relo_insn: what a relocation comes to, and where the kernel has what it asks for. `candidates` keeps
 * those that matched, for the next relocation of the type.
 * @throws CoreError after printing why.
 */
export function resolveCore(
  progName: string,
  index: number,
  relo: CoreRelo,
  btf: LocalTypes,
  candidates: Candidate[],
  host: CoreHost,
): { resolution: Resolution; spec: Spec | undefined } {
  const localId = relo.typeId
  const say = (message: string): string => `prog '${progName}': relo #${index}: ${message}`
  const localName = btf.name(localId)
  let local: Spec
  try {
    local = parseSpec(progName, btf, relo, host)
  } catch (error) {
    if (!(error instanceof CoreError)) throw error
    const path = btf.string(relo.accessStrOff)
    host.warn(
      say(
        `parsing [${localId}] ${host.kindName(btf.kind(localId))} ${localName === '' ? '<anon>' : localName} + ` +
          `${path} failed: ${-error.errno}`,
      ),
    )
    throw new CoreError(Errno.EINVAL)
  }
  host.debug(() => say(shownSpec(host, local)))
  if (relo.kind === CoreKind.TYPE_ID_LOCAL) {
    const id = BigInt(local.rootTypeId)
    const resolution = {
      origVal: id,
      newVal: id,
      poison: false,
      validate: false,
      failMemSize: false,
      origSize: 0,
      newSize: 0,
    }
    return { resolution, spec: undefined }
  }
  if (localName === '') {
    host.warn(say(`<${coreKindName(relo.kind)}> (${relo.kind}) relocation doesn't support anonymous types`))
    throw new CoreError(Errno.ENOTSUP)
  }
  let chosen: { resolution: Resolution; spec: Spec } | undefined
  const matching: Candidate[] = []
  for (const [i, candidate] of candidates.entries()) {
    const { matches, spec } = match(local, candidate, i, say, host)
    host.debug(() => say(`${matches ? 'matching' : 'non-matching'} candidate #${i} ${shownSpec(host, spec)}`))
    if (!matches) continue
    const resolution = calculate(progName, index, relo, local, spec, host)
    if (chosen === undefined) {
      chosen = { resolution, spec }
    } else if (spec.bitOffset !== chosen.spec.bitOffset) {
      host.warn(say(`field offset ambiguity: ${spec.bitOffset} != ${chosen.spec.bitOffset}`))
      throw new CoreError(Errno.EINVAL)
    } else if (resolution.poison !== chosen.resolution.poison || resolution.newVal !== chosen.resolution.newVal) {
      const word = (poison: boolean): string => (poison ? 'failure' : 'success')
      host.warn(
        say(
          `relocation decision ambiguity: ${word(resolution.poison)} ${resolution.newVal} != ` +
            `${word(chosen.resolution.poison)} ${chosen.resolution.newVal}`,
        ),
      )
      throw new CoreError(Errno.EINVAL)
    }
    matching.push(candidate)
  }
  if (chosen !== undefined) {
    // libbpf keeps the list of those that matched for the next relocation of this type.
    candidates.splice(0, candidates.length, ...matching)
    return chosen
  }
  host.debug(() => say('no matching targets found'))
  return { resolution: calculate(progName, index, relo, local, undefined, host), spec: undefined }
}

function match(
  local: Spec,
  candidate: Candidate,
  i: number,
  say: (message: string) => string,
  host: CoreHost,
): { matches: boolean; spec: Spec } {
  const spec = emptySpec(candidate.btf, candidate.id, local.kind)
  try {
    return matchSpec(local, candidate.btf, candidate.id, host, spec)
  } catch (error) {
    if (!(error instanceof CoreError)) throw error
    host.warn(say(`error matching candidate #${i} ${shownSpec(host, spec)}: ${-error.errno}`))
    throw error
  }
}

/** bpf_core_calc_relo. */
function calculate(
  progName: string,
  index: number,
  relo: CoreRelo,
  local: Spec,
  target: Spec | undefined,
  host: CoreHost,
): Resolution {
  const { kind } = relo
  let orig: FieldValue | undefined
  let next: FieldValue | undefined
  if (isFieldKind(kind)) {
    orig = fieldValue(progName, kind, relo.insnOff, local, host)
    next = orig === undefined ? undefined : fieldValue(progName, kind, relo.insnOff, target, host)
  } else if (isTypeKind(kind)) {
    orig = typeValue(kind, local)
    next = typeValue(kind, target)
  } else if (isEnumvalKind(kind)) {
    orig = enumvalValue(kind, local)
    next = enumvalValue(kind, target)
  } else {
    host.warn(
      `prog '${progName}': relo #${index}: unrecognized CO-RE relocation ${coreKindName(kind)} (${kind}) ` +
        `at insn #${Math.floor(relo.insnOff / INSN_SIZE)}`,
    )
    throw new CoreError(Errno.ENOTSUP)
  }
  const origSize = orig?.size ?? 0
  const newSize = next?.size ?? 0
  return {
    origVal: orig?.value ?? 0n,
    newVal: next?.value ?? 0n,
    poison: next === undefined,
    validate: orig?.validate ?? true,
    failMemSize:
      orig !== undefined && next !== undefined && target !== undefined && origSize !== newSize
        ? !sizesMayDiffer(local, orig, target, next)
        : false,
    origSize,
    newSize,
  }
}

/** Pointers and unsigned integers may be loaded at another size. */
function sizesMayDiffer(local: Spec, orig: FieldValue, target: Spec, next: FieldValue): boolean {
  const [a, b] = [local.btf.kind(orig.typeId), target.btf.kind(next.typeId)]
  if (a === Kind.PTR && b === Kind.PTR) return true
  return (
    a === Kind.INT &&
    b === Kind.INT &&
    local.btf.intEncoding(orig.typeId) !== INT_SIGNED &&
    target.btf.intEncoding(next.typeId) !== INT_SIGNED
  )
}
