import { fieldSize } from '../btf/field-types.ts'
import type { MapField } from '../btf/field-types.ts'
import { Reader, Writer } from './codec.ts'
import type { BtfRecord, InnerMapMeta, MapOwner, MapRecord, ProgRecord } from './records.ts'

/** How records stand in the store. The first number of each is its format. */

/** A map with what only the registry asks: how many of its holders are pins or processes (usercnt). */
export interface StoredMap extends MapRecord {
  userRefs: number
}

const FORMAT = 1

export function encodeMap(map: StoredMap): Uint8Array {
  const w = new Writer().number(FORMAT)
  w.number(map.refs).number(map.userRefs)
  w.number(map.id).number(map.type).string(map.name)
  w.number(map.keySize).number(map.valueSize).number(map.maxEntries).number(map.mapFlags).big(map.mapExtra)
  w.number(map.numaNode >>> 0).number(map.ifindex)
  w.number(map.btfId).number(map.btfKeyTypeId).number(map.btfValueTypeId)
  w.number(map.btfVmlinuxValueTypeId).number(map.btfVmlinuxId)
  w.bool(map.frozen).number(map.seed >>> 0)
  w.bool(map.innerMap !== undefined)
  if (map.innerMap) for (const field of innerFields) w.number(map.innerMap[field])
  w.bool(map.owner !== undefined)
  if (map.owner) {
    const { type, jited, xdpHasFrags, attachFuncProtoId, expectedAttachType } = map.owner
    w.number(type).bool(jited).bool(xdpHasFrags).number(attachFuncProtoId).number(expectedAttachType)
  }
  const extra = Object.entries(map.extra)
  w.number(extra.length)
  for (const [name, value] of extra) w.string(name).string(String(value))
  encodeFields(w, map.fields)
  encodeFields(w, map.innerMap?.fields ?? [])
  w.bool(map.bypassSpecV1).bool(map.innerMap?.bypassSpecV1 ?? true)
  return w.done()
}

function encodeFields(w: Writer, fields: readonly MapField[]): void {
  w.number(fields.length)
  for (const { type, offset, inVmlinux, typeId, nodeOffset } of fields) {
    w.number(type).number(offset).bool(inVmlinux).number(typeId).number(nodeOffset)
  }
}

/** Numbers of a template; its special fields stand at the record's end. */
const innerFields = [
  'type',
  'keySize',
  'valueSize',
  'maxEntries',
  'mapFlags',
  'btfId',
  'btfKeyTypeId',
  'btfValueTypeId',
] as const satisfies readonly (keyof InnerMapMeta)[]

export function decodeMap(bytes: Uint8Array): StoredMap {
  const r = new Reader(bytes)
  r.number()
  const map: StoredMap = {
    refs: r.number(),
    userRefs: r.number(),
    id: r.number(),
    type: r.number(),
    name: r.string(),
    keySize: r.number(),
    valueSize: r.number(),
    maxEntries: r.number(),
    mapFlags: r.number(),
    mapExtra: r.big(),
    numaNode: r.number() | 0,
    ifindex: r.number(),
    btfId: r.number(),
    btfKeyTypeId: r.number(),
    btfValueTypeId: r.number(),
    btfVmlinuxValueTypeId: r.number(),
    btfVmlinuxId: r.number(),
    frozen: r.bool(),
    seed: r.number(),
    innerMap: r.bool() ? decodeInner(r) : undefined,
    owner: r.bool() ? decodeOwner(r) : undefined,
    extra: decodeExtra(r),
    fields: decodeFields(r),
    bypassSpecV1: true,
  }
  const innerFields = decodeFields(r)
  map.bypassSpecV1 = r.bool()
  const bypassSpecV1 = r.bool()
  if (map.innerMap) Object.assign(map.innerMap, { fields: innerFields, bypassSpecV1 })
  return map
}

function decodeInner(r: Reader): InnerMapMeta {
  return {
    type: r.number(),
    keySize: r.number(),
    valueSize: r.number(),
    maxEntries: r.number(),
    mapFlags: r.number(),
    btfId: r.number(),
    btfKeyTypeId: r.number(),
    btfValueTypeId: r.number(),
    bypassSpecV1: true,
    fields: [],
  }
}

function decodeOwner(r: Reader): MapOwner {
  return {
    type: r.number(),
    jited: r.bool(),
    xdpHasFrags: r.bool(),
    attachFuncProtoId: r.number(),
    expectedAttachType: r.number(),
  }
}

function decodeFields(r: Reader): MapField[] {
  return Array.from({ length: r.number() }, () => decodeField(r))
}

function decodeField(r: Reader): MapField {
  const type = r.number()
  const offset = r.number()
  return { type, offset, size: fieldSize(type), inVmlinux: r.bool(), typeId: r.number(), nodeOffset: r.number() }
}

function decodeExtra(r: Reader): Record<string, number> {
  const extra: Record<string, number> = {}
  for (let left = r.number(); left > 0; left--) {
    const name = r.string()
    extra[name] = Number(r.string())
  }
  return extra
}

export function encodeProg(prog: ProgRecord): Uint8Array {
  const w = new Writer().number(FORMAT)
  w.number(prog.refs)
  w.number(prog.id).number(prog.type).number(prog.expectedAttachType).string(prog.name).string(prog.tag)
  w.number(prog.progFlags).number(prog.ifindex).big(prog.loadTime).number(prog.createdByUid)
  w.bool(prog.gplCompatible).bool(prog.sleepable).bool(prog.xdpHasFrags)
  w.number(prog.mapIds.length)
  for (const id of prog.mapIds) w.number(id)
  w.number(prog.btfId).number(prog.attachBtfId).number(prog.attachBtfObjId).number(prog.attachProgId)
  w.number(prog.dstProgType).number(prog.attachFuncProtoId)
  w.number(prog.xlatedLen).number(prog.jitedLen).number(prog.memlock).number(prog.verifiedInsns)
  w.big(prog.runTimeNs).big(prog.runCnt).big(prog.recursionMisses)
  w.number(prog.subprogs.length)
  for (const { start, tag, name, jitedLen, typeId, flags } of prog.subprogs) {
    w.number(start).string(tag).string(name).number(jitedLen).number(typeId).number(flags)
  }
  w.number(prog.nrFuncInfo).number(prog.nrLineInfo)
  // What was added later stands last: records without it give 0.
  w.number(prog.maxCtxOffset)
  return w.done()
}

export function decodeProg(bytes: Uint8Array): ProgRecord {
  const r = new Reader(bytes)
  r.number()
  return {
    refs: r.number(),
    id: r.number(),
    type: r.number(),
    expectedAttachType: r.number(),
    name: r.string(),
    tag: r.string(),
    progFlags: r.number(),
    ifindex: r.number(),
    loadTime: r.big(),
    createdByUid: r.number(),
    gplCompatible: r.bool(),
    sleepable: r.bool(),
    xdpHasFrags: r.bool(),
    mapIds: Array.from({ length: r.number() }, () => r.number()),
    btfId: r.number(),
    attachBtfId: r.number(),
    attachBtfObjId: r.number(),
    attachProgId: r.number(),
    dstProgType: r.number(),
    attachFuncProtoId: r.number(),
    xlatedLen: r.number(),
    jitedLen: r.number(),
    memlock: r.number(),
    verifiedInsns: r.number(),
    runTimeNs: r.big(),
    runCnt: r.big(),
    recursionMisses: r.big(),
    subprogs: Array.from({ length: r.number() }, () => ({
      start: r.number(),
      tag: r.string(),
      name: r.string(),
      jitedLen: r.number(),
      typeId: r.number(),
      flags: r.number(),
    })),
    nrFuncInfo: r.number(),
    nrLineInfo: r.number(),
    maxCtxOffset: r.number(),
  }
}

export function encodeBtf(btf: BtfRecord): Uint8Array {
  return new Writer()
    .number(FORMAT)
    .number(btf.refs)
    .number(btf.id)
    .string(btf.name)
    .number(btf.size)
    .bool(btf.kernelBtf)
    .done()
}

export function decodeBtf(bytes: Uint8Array): BtfRecord {
  const r = new Reader(bytes)
  r.number()
  return { refs: r.number(), id: r.number(), name: r.string(), size: r.number(), kernelBtf: r.bool() }
}
