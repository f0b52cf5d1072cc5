import type { Btf } from '../btf/btf.ts'
import { Errno } from '../uapi/errno.ts'
import { enumvalValue, fieldValue, matchSpec, typeValue } from './core-match.ts'
import type { FieldValue } from './core-match.ts'
import { INT_SIGNED, kindsAreCompatible } from './core-types.ts'
import {
  CoreKind,
  coreKindName,
  emptySpec,
  formatSpec,
  isEnumvalKind,
  isFieldKind,
  isTypeKind,
  parseSpec,
} from './core-spec.ts'
import type { Spec } from './core-spec.ts'
import { LibbpfError } from './error.ts'
import type { Log } from './log.ts'
import type { CoreRelo } from './model.ts'
import { essentialNameLength } from './names.ts'
import { BtfKind, kindName } from './object-btf.ts'
import type { ObjectBtf } from './object-btf.ts'

const INSN_SIZE = 8

/** A type of the kernel's that an access may mean. */
export interface Candidate {
  btf: Btf
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

/** Types of a kernel by their names without flavours. */
export class EssentialNames {
  readonly #log: Log
  readonly #known = new Map<Btf, Map<string, number[]>>()

  constructor(log: Log) {
    this.#log = log
  }

  /** bpf_core_add_cands. */
  add(found: Candidate[], local: ObjectBtf, localId: number, target: Btf, targetName: string): void {
    const name = local.name(localId)
    const kind = local.kind(localId)
    for (const id of this.#named(target, name.slice(0, essentialNameLength(name)))) {
      if (!kindsAreCompatible(target.kind(id), kind)) continue
      this.#log.debug(
        () =>
          `CO-RE relocating [${localId}] ${kindName(kind)} ${name}: found target candidate [${id}] ` +
          `${kindName(target.kind(id))} ${target.name(id)} in [${targetName}]`,
      )
      found.push({ btf: target, id })
    }
  }

  #named(target: Btf, essential: string): readonly number[] {
    let names = this.#known.get(target)
    if (names === undefined) {
      names = new Map()
      for (let id = target.startId; id < target.typeCount; id++) {
        const full = target.name(id)
        if (full === '') continue
        const name = full.includes('___') ? full.slice(0, essentialNameLength(full)) : full
        const ids = names.get(name)
        if (ids === undefined) names.set(name, [id])
        else ids.push(id)
      }
      this.#known.set(target, names)
    }
    return names.get(essential) ?? []
  }
}

/**
 * bpf_core_calc_relo_insn: what a relocation comes to, and where the kernel has what it asks for. `candidates` keeps
 * those that matched, for the next relocation of the type.
 * @throws LibbpfError after printing why.
 */
export function resolveCore(
  progName: string,
  index: number,
  relo: CoreRelo,
  btf: ObjectBtf,
  candidates: Candidate[],
  log: Log,
): { resolution: Resolution; spec: Spec | undefined } {
  const localId = relo.typeId
  const say = (message: string): string => `prog '${progName}': relo #${index}: ${message}`
  const localName = btf.name(localId)
  let local: Spec
  try {
    local = parseSpec(progName, btf, relo, log)
  } catch (error) {
    if (!(error instanceof LibbpfError)) throw error
    const path = btf.string(relo.accessStrOff)
    log.warn(
      say(
        `parsing [${localId}] ${kindName(btf.kind(localId))} ${localName === '' ? '<anon>' : localName} + ` +
          `${path} failed: ${-error.errno}`,
      ),
    )
    throw new LibbpfError(Errno.EINVAL)
  }
  log.debug(() => say(formatSpec(local)))
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
    log.warn(say(`<${coreKindName(relo.kind)}> (${relo.kind}) relocation doesn't support anonymous types`))
    throw new LibbpfError(Errno.ENOTSUP)
  }
  let chosen: { resolution: Resolution; spec: Spec } | undefined
  const matching: Candidate[] = []
  for (const [i, candidate] of candidates.entries()) {
    const { matches, spec } = match(local, candidate, i, say, log)
    log.debug(() => say(`${matches ? 'matching' : 'non-matching'} candidate #${i} ${formatSpec(spec)}`))
    if (!matches) continue
    const resolution = calculate(progName, index, relo, local, spec, log)
    if (chosen === undefined) {
      chosen = { resolution, spec }
    } else if (spec.bitOffset !== chosen.spec.bitOffset) {
      log.warn(say(`field offset ambiguity: ${spec.bitOffset} != ${chosen.spec.bitOffset}`))
      throw new LibbpfError(Errno.EINVAL)
    } else if (resolution.poison !== chosen.resolution.poison || resolution.newVal !== chosen.resolution.newVal) {
      const word = (poison: boolean): string => (poison ? 'failure' : 'success')
      log.warn(
        say(
          `relocation decision ambiguity: ${word(resolution.poison)} ${resolution.newVal} != ` +
            `${word(chosen.resolution.poison)} ${chosen.resolution.newVal}`,
        ),
      )
      throw new LibbpfError(Errno.EINVAL)
    }
    matching.push(candidate)
  }
  if (chosen !== undefined) {
    // libbpf keeps the list of those that matched for the next relocation of this type.
    candidates.splice(0, candidates.length, ...matching)
    return chosen
  }
  log.debug(() => say('no matching targets found'))
  return { resolution: calculate(progName, index, relo, local, undefined, log), spec: undefined }
}

function match(
  local: Spec,
  candidate: Candidate,
  i: number,
  say: (message: string) => string,
  log: Log,
): { matches: boolean; spec: Spec } {
  const spec = emptySpec(candidate.btf, candidate.id, local.kind)
  try {
    return matchSpec(local, candidate.btf, candidate.id, log, spec)
  } catch (error) {
    if (!(error instanceof LibbpfError)) throw error
    log.warn(say(`error matching candidate #${i} ${formatSpec(spec)}: ${-error.errno}`))
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
  log: Log,
): Resolution {
  const { kind } = relo
  let orig: FieldValue | undefined
  let next: FieldValue | undefined
  if (isFieldKind(kind)) {
    orig = fieldValue(progName, kind, relo.insnOff, local, log)
    next = orig === undefined ? undefined : fieldValue(progName, kind, relo.insnOff, target, log)
  } else if (isTypeKind(kind)) {
    orig = typeValue(kind, local)
    next = typeValue(kind, target)
  } else if (isEnumvalKind(kind)) {
    orig = enumvalValue(kind, local)
    next = enumvalValue(kind, target)
  } else {
    log.warn(
      `prog '${progName}': relo #${index}: unrecognized CO-RE relocation ${coreKindName(kind)} (${kind}) ` +
        `at insn #${Math.floor(relo.insnOff / INSN_SIZE)}`,
    )
    throw new LibbpfError(Errno.ENOTSUP)
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
  if (a === BtfKind.PTR && b === BtfKind.PTR) return true
  return (
    a === BtfKind.INT &&
    b === BtfKind.INT &&
    local.btf.intEncoding(orig.typeId) !== INT_SIGNED &&
    target.btf.intEncoding(next.typeId) !== INT_SIGNED
  )
}
