import type { Btf } from '../../btf/btf.ts'
import { MapType } from '../../uapi/map-type.ts'
import type { MapField } from '../btf/field-types.ts'
import { fieldMask } from '../btf/field-types.ts'
import { structMetasOf } from '../btf/checked.ts'
import { vmlinuxTypes } from '../btf/vmlinux.ts'
import type { InnerMapMeta, MapRecord } from '../objects/records.ts'
import { SubprogFlag } from '../objects/records.ts'
import { rewrite } from '../rewrite/rewrite.ts'
import type { Rewritten } from '../rewrite/rewrite.ts'
import { MissingMember } from '../rewrite/structs.ts'
import type { SubprogAux } from '../verifier/aux.ts'
import { prepareCfg } from '../verifier/cfg.ts'
import type { VerifierEnv } from '../verifier/env.ts'
import type { SpecialField, VerifierInput, VerifierMap } from '../verifier/input.ts'
import { makeEnv, verify } from '../verifier/verify.ts'
import type { LoadEnv } from './env.ts'
import { attachTo, resolvedAttachType, resolvedType } from './attach-to.ts'
import { rewriteForm } from './translate.ts'

/** do_check_main and what belongs to it, and the rewrites. */
export function walkStart(env: LoadEnv): void {
  const verifier = makeEnv(toInput(env))
  try {
    verify(verifier)
    env.subprogFlags = verifier.subprogs.map(flagsOf)
    env.rewritten = rewriteWalked(env, verifier)
  } finally {
    env.insnsProcessed = verifier.insnProcessed
    env.statistics = {
      maxStatesPerInsn: verifier.maxStatesPerInsn,
      maxCtxOffset: verifier.maxCtxOffset,
      totalStates: verifier.totalStates,
      peakStates: verifier.peakStates,
      stackDepths: (env.rewritten?.parts ?? verifier.subprogs).map(({ stackDepth }) => stackDepth),
    }
  }
}

/** A program for whose rewrites the kernel's structures aren't known stays as it is. */
function rewriteWalked(env: LoadEnv, verifier: VerifierEnv): Rewritten | undefined {
  try {
    return rewrite(verifier, rewriteForm(env))
  } catch (error) {
    if (error instanceof MissingMember) return undefined
    throw error
  }
}

/** What is kept of each function for those that are attached to it. */
function flagsOf({ unreliable, changesPktData, mightSleep, isExceptionCb }: SubprogAux): number {
  return (
    (unreliable ? SubprogFlag.UNRELIABLE : 0) |
    (changesPktData ? SubprogFlag.CHANGES_PKT_DATA : 0) |
    (mightSleep ? SubprogFlag.MIGHT_SLEEP : 0) |
    (isExceptionCb ? SubprogFlag.EXCEPTION_CB : 0)
  )
}

/** What check_cfg knows of the whole program, before anything is known of its target. */
export function mainFlags(env: LoadEnv): number {
  const verifier = makeEnv(toInput(env))
  prepareCfg(verifier)
  return flagsOf(verifier.subprog(0))
}

function toInput(env: LoadEnv): VerifierInput {
  const { kernel } = env
  const vmlinux = () => vmlinuxTypes(kernel)
  return {
    insns: env.insns,
    type: env.type,
    resolvedType: resolvedType(env),
    expectedAttachType: resolvedAttachType(env),
    progFlags: env.attr.progFlags ?? 0,
    sleepable: env.sleepable,
    gplCompatible: env.gplCompatible,
    log: env.log,
    btf: env.btf,
    funcInfo: env.funcInfo,
    lineInfo: env.lineInfo,
    subprogs: env.subprogs,
    exceptionCallback: env.exceptionCallback,
    maps: env.usedMaps.map((map) => toMap(env, map)),
    mapAt: new Map(env.mapUses.map(({ slot, mapIndex }) => [slot, mapIndex])),
    attach: attachTo(env),
    kernel: {
      vmlinux,
      structFields: (btf, id) => structFields(env, btf, id),
      candidates: kernel.candidates,
      option: (name) => kernel.option(name),
      symbol: (name) => kernel.symbol(name),
      member: (path) => kernel.member?.(path),
      possibleCpus: kernel.possibleCpus,
      linux: kernel.linux,
    },
    capabilities: env.capabilities,
    jitRequested: true,
  }
}

/** Addresses that look like those of a kernel's maps: messages show them, nothing else has them. */
const MAP_ADDRESSES = 0xffff_8881_0000_0000n
const MAP_SIZE = 0x1000n
const MAP_HEADER = 0x130n

function toMap(env: LoadEnv, map: MapRecord): VerifierMap {
  const { kernel } = env
  let value: Uint8Array | undefined
  return {
    type: map.type,
    name: map.name,
    keySize: map.keySize,
    valueSize: map.valueSize,
    maxEntries: map.maxEntries,
    mapFlags: map.mapFlags,
    frozen: map.frozen,
    bypassSpecV1: map.bypassSpecV1,
    hasBtf: map.btfId !== 0,
    fields: specialFields(env, map),
    fieldMask: fieldMask(map.fields),
    address: MAP_ADDRESSES + BigInt(map.id) * MAP_SIZE,
    valueAddress: MAP_ADDRESSES + BigInt(map.id) * MAP_SIZE + MAP_HEADER,
    inner: map.innerMap && toInner(env, map.innerMap),
    directValue: () => {
      if (map.type !== MapType.ARRAY || map.maxEntries !== 1) return undefined
      return (value ??= kernel.arrayValue?.(map.id))
    },
  }
}

function specialFields({ kernel }: LoadEnv, { fields, btfId }: Pick<MapRecord, 'fields' | 'btfId'>): SpecialField[] {
  return fields.length === 0 ? [] : toFields(fields, kernel.btfById?.(btfId), vmlinuxTypes(kernel))
}

function toFields(fields: readonly MapField[], btf: Btf | undefined, vmlinux: Btf): SpecialField[] {
  return fields.map(({ type, offset, size, inVmlinux, typeId, nodeOffset }) => {
    return { type, offset, size, btf: inVmlinux ? vmlinux : btf, btfId: typeId, nodeOffset }
  })
}

const ofStructs = new WeakMap<readonly MapField[], readonly SpecialField[]>()

function structFields({ kernel }: LoadEnv, btf: Btf, id: number): readonly SpecialField[] | undefined {
  const fields = structMetasOf(btf)?.get(id)
  if (!fields) return undefined
  let made = ofStructs.get(fields)
  if (!made) ofStructs.set(fields, (made = toFields(fields, btf, vmlinuxTypes(kernel))))
  return made
}

/** The template of an inner map: it has no name. */
function toInner(env: LoadEnv, inner: InnerMapMeta): VerifierMap {
  const { type, keySize, valueSize, maxEntries, mapFlags } = inner
  return {
    type,
    name: '',
    keySize,
    valueSize,
    maxEntries,
    mapFlags,
    frozen: false,
    bypassSpecV1: inner.bypassSpecV1,
    hasBtf: inner.btfId !== 0,
    fields: specialFields(env, inner),
    fieldMask: fieldMask(inner.fields),
    address: MAP_ADDRESSES,
    valueAddress: MAP_ADDRESSES,
    inner: undefined,
    directValue: () => undefined,
  }
}
