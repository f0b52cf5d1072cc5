import { Jmp } from '../../isa/opcode.ts'
import { BpfCmd } from '../../uapi/cmd.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapType } from '../../uapi/map-type.ts'
import { errstr } from '../error.ts'
import { AttrBytes } from './attr.ts'
import { ExternRelocs, findByNameKind } from './externs.ts'
import { DataHash } from './hash.ts'
import {
  BPF_SKEL_KERNEL,
  BTF_FD_AT,
  BtfLoadAttrAt,
  INNER_MAP_FD_AT,
  LoaderCtxAt,
  LoaderHelper,
  MAX_USED_MAPS,
  MapCreateAttrAt,
  MapDescAt,
  MapElemAttrAt,
  MapFreezeAttrAt,
  PROG_DESC_SIZE,
  ProgLoadAttrAt,
  mapDesc,
  progFdAt,
} from './layout.ts'
import { Reg, LoaderWriter } from './writer.ts'
import type { MapCreateAttr, ProgLoadAttr } from '../../uapi/attr.ts'
import type { CoreRelo } from '../../btf/core/spec.ts'
import type { Log } from '../log.ts'
import type { ExternUse } from './externs.ts'

const BTF_MAX_TARGET = 128
const CORE_RELO_SIZE = 16

/** What came of it: a program of type SYSCALL and the map that it works on. */
export interface GeneratedLoader {
  insns: Uint8Array
  data: Uint8Array
}

/** Takes bpf(2)'s place while an object is loaded: writes a program that gives the commands later (bpf_gen). */
export class LoaderProgram {
  readonly #gen: LoaderWriter
  readonly #log: Log
  readonly #externs: ExternRelocs
  readonly #hash: DataHash | undefined
  #coreRelos: CoreRelo[] = []
  #attachTarget: { name: string; kind: number } | undefined
  #mapCount = 0
  #progCount = 0
  /** Set by `finish`. */
  result: GeneratedLoader | undefined

  /** @param littleEndian the object's byte order. @param hash whether the program checks its data's SHA-256 (gen_hash). */
  constructor(littleEndian: boolean, hash: boolean, log: Log) {
    this.#gen = new LoaderWriter(!littleEndian)
    this.#log = log
    this.#externs = new ExternRelocs(this.#gen, log)
    this.#hash = hash ? new DataHash(this.#gen) : undefined
  }

  get error(): number {
    return this.#gen.error
  }

  /** bpf_gen__init. */
  begin(progCount: number, mapCount: number): void {
    this.#gen.begin(progCount, mapCount)
    this.#hash?.emitCheck()
  }

  #attr(size: number): AttrBytes {
    return new AttrBytes(size, this.#gen.swapped)
  }

  /** The user's wishes about the kernel's log, from the context. */
  #logWishes(level: number, size: number, buffer: number): void {
    this.#gen.copyFromCtx(level, 4, LoaderCtxAt.logLevel, false)
    this.#gen.copyFromCtx(size, 4, LoaderCtxAt.logSize, false)
    this.#gen.copyFromCtx(buffer, 8, LoaderCtxAt.logBuf, false)
  }

  /** bpf_gen__load_btf. */
  loadBtf(btf: Uint8Array): void {
    const gen = this.#gen
    const A = BtfLoadAttrAt
    const data = gen.addData(btf)
    const attr = gen.addData(this.#attr(A.size).u32(A.btfSize, btf.length).bytes)
    this.#log.debug(() => `gen: load_btf: off ${data} size ${btf.length}, attr: off ${attr} size ${A.size}`)
    this.#logWishes(attr + A.btfLogLevel, attr + A.btfLogSize, attr + A.btfLogBuf)
    gen.storePointer(attr + A.btf, data)
    gen.sysBpf(BpfCmd.BTF_LOAD, attr, A.size)
    gen.checkError()
    gen.store(4, Reg.FP, Reg.RESULT, BTF_FD_AT)
  }

  /** bpf_gen__map_create. @param mapIdx of an inner map: -1. */
  mapCreate(create: MapCreateAttr, mapIdx: number): void {
    const gen = this.#gen
    const A = MapCreateAttrAt
    const { mapType, mapName = '', btfValueTypeId = 0 } = create
    const bytes = this.#attr(A.size)
      .u32(A.mapType, mapType)
      .u32(A.keySize, create.keySize ?? 0)
      .u32(A.valueSize, create.valueSize ?? 0)
      .u32(A.maxEntries, create.maxEntries ?? 0)
      .u32(A.mapFlags, create.mapFlags ?? 0)
      .u32(A.numaNode, create.numaNode ?? 0)
      .name(A.mapName, mapName)
      .u32(A.mapIfindex, create.mapIfindex ?? 0)
      .u32(A.btfKeyTypeId, create.btfKeyTypeId ?? 0)
      .u32(A.btfValueTypeId, btfValueTypeId)
      .u64(A.mapExtra, create.mapExtra ?? 0n).bytes
    const attr = gen.addData(bytes)
    this.#log.debug(
      () =>
        `gen: map_create: ${mapName} idx ${mapIdx} type ${mapType} value_type_id ${btfValueTypeId}, ` +
        `attr: off ${attr} size ${A.size}`,
    )
    if (btfValueTypeId !== 0) gen.copyFromStack(attr + A.btfFd, BTF_FD_AT)
    const hasInner = mapType === MapType.ARRAY_OF_MAPS || mapType === MapType.HASH_OF_MAPS
    if (hasInner) gen.copyFromStack(attr + A.innerMapFd, INNER_MAP_FD_AT)
    // What is signed isn't for the context to change.
    if (mapIdx >= 0 && this.#hash === undefined) {
      gen.copyFromCtx(attr + A.maxEntries, 4, mapDesc(mapIdx) + MapDescAt.maxEntries, true)
    }
    gen.sysBpf(BpfCmd.MAP_CREATE, attr, A.size)
    gen.checkError()
    if (mapIdx < 0) {
      gen.store(4, Reg.FP, Reg.RESULT, INNER_MAP_FD_AT)
    } else if (mapIdx !== this.#mapCount) {
      gen.error = Errno.EDOM
      return
    } else {
      gen.address(Reg.R1, gen.fdArrayOff(this.#addMap()))
      gen.store(4, Reg.R1, Reg.RESULT, 0)
    }
    if (hasInner) gen.closeOnStack(INNER_MAP_FD_AT)
  }

  /** add_map_fd. */
  #addMap(): number {
    if (this.#mapCount < MAX_USED_MAPS) return this.#mapCount++
    this.#log.warn(`Total maps exceeds ${MAX_USED_MAPS}`)
    this.#gen.error = Errno.E2BIG
    return 0
  }

  /** bpf_gen__map_update_elem: global data as it is in the object, or as the context has it. */
  mapUpdate(mapIdx: number, value: Uint8Array): void {
    const gen = this.#gen
    const A = MapElemAttrAt
    const valueAt = gen.addData(value)
    const key = gen.addZeros(4)
    if (this.#hash === undefined) this.#takeInitialValue(mapIdx, valueAt, value.length)
    const attr = gen.addZeros(A.size)
    this.#log.debug(
      () =>
        `gen: map_update_elem: idx ${mapIdx}, value: off ${valueAt} size ${value.length}, ` +
        `attr: off ${attr} size ${A.size}`,
    )
    gen.copyInBlob(attr + A.mapFd, 4, gen.fdArrayOff(mapIdx))
    gen.storePointer(attr + A.key, key)
    gen.storePointer(attr + A.value, valueAt)
    gen.sysBpf(BpfCmd.MAP_UPDATE_ELEM, attr, A.size)
    gen.checkError()
  }

  /** The value that whoever loads has put into the context, where there is one. */
  #takeInitialValue(mapIdx: number, valueAt: number, size: number): void {
    const gen = this.#gen
    gen.load(8, Reg.R3, Reg.CTX, mapDesc(mapIdx) + MapDescAt.initialValue)
    gen.jumpIf(Jmp.JEQ, Reg.R3, 0, 8)
    gen.address(Reg.R1, valueAt)
    gen.movImm(Reg.R2, size)
    gen.load(4, Reg.R0, Reg.CTX, LoaderCtxAt.flags)
    gen.jumpIf(Jmp.JSET, Reg.R0, BPF_SKEL_KERNEL, 2)
    gen.call(LoaderHelper.copyFromUser)
    gen.jump(1)
    gen.call(LoaderHelper.probeReadKernel)
  }

  /** bpf_gen__populate_outer_map. */
  setInner(outerIdx: number, slot: number, innerIdx: number): void {
    const gen = this.#gen
    const A = MapElemAttrAt
    const key = gen.addData(this.#attr(4).u32(0, slot).bytes)
    const attr = gen.addZeros(A.size)
    this.#log.debug(
      () =>
        `gen: populate_outer_map: outer ${outerIdx} key ${slot} inner ${innerIdx}, attr: off ${attr} size ${A.size}`,
    )
    gen.copyInBlob(attr + A.mapFd, 4, gen.fdArrayOff(outerIdx))
    gen.storePointer(attr + A.key, key)
    gen.storePointer(attr + A.value, gen.fdArrayOff(innerIdx))
    gen.sysBpf(BpfCmd.MAP_UPDATE_ELEM, attr, A.size)
    gen.checkError()
  }

  /** bpf_gen__map_freeze. */
  mapFreeze(mapIdx: number): void {
    const gen = this.#gen
    const A = MapFreezeAttrAt
    const attr = gen.addZeros(A.size)
    this.#log.debug(() => `gen: map_freeze: idx ${mapIdx}, attr: off ${attr} size ${A.size}`)
    gen.copyInBlob(attr + A.mapFd, 4, gen.fdArrayOff(mapIdx))
    gen.sysBpf(BpfCmd.MAP_FREEZE, attr, A.size)
    gen.checkError()
  }

  /** bpf_gen__record_attach_target. @param name with the kernel's prefix for what is attached to. */
  recordAttachTarget(name: string, kind: number): void {
    this.#attachTarget = { name: name.slice(0, BTF_MAX_TARGET - 1), kind }
    if (name.length >= BTF_MAX_TARGET) this.#gen.error = Errno.ENOSPC
  }

  /** bpf_gen__record_extern. */
  recordExtern(use: ExternUse): void {
    this.#externs.record(use)
  }

  /** bpf_gen__record_relo_core: the kernel itself will do it. */
  recordCoreRelo(relo: CoreRelo): void {
    this.#coreRelos.push(relo)
  }

  /** Records of 32-bit words, in the target's byte order. */
  #records(records: Uint8Array): number {
    const at = this.#gen.addData(records)
    if (this.#gen.swapped && this.#gen.error === 0) swapWords(this.#gen.data.bytes.subarray(at, at + records.length))
    return at
  }

  /** bpf_gen__prog_load. */
  progLoad(load: ProgLoadAttr, name: string, progIdx: number): void {
    const gen = this.#gen
    const A = ProgLoadAttrAt
    const insnCnt = load.insns.length / 8
    const license = gen.addText(load.license ?? '')
    const insns = gen.addData(load.insns)
    this.#log.debug(
      () =>
        `gen: prog_load: prog_idx ${progIdx} type ${load.progType} insn off ${insns} insns_cnt ${insnCnt} ` +
        `license off ${license}`,
    )
    if (gen.swapped && gen.error === 0) swapInsns(gen.data.bytes.subarray(insns, insns + load.insns.length))
    const { funcInfo: funcs = new Uint8Array(0), lineInfo: lines = new Uint8Array(0) } = load
    const { funcInfoRecSize: funcSize = 0, lineInfoRecSize: lineSize = 0 } = load
    const funcCnt = funcSize === 0 ? 0 : funcs.length / funcSize
    const lineCnt = lineSize === 0 ? 0 : lines.length / lineSize
    const relos = coreRecords(this.#coreRelos)
    const funcInfo = this.#records(funcs)
    this.#log.debug(() => `gen: prog_load: func_info: off ${funcInfo} cnt ${funcCnt} rec size ${funcSize}`)
    const lineInfo = this.#records(lines)
    this.#log.debug(() => `gen: prog_load: line_info: off ${lineInfo} cnt ${lineCnt} rec size ${lineSize}`)
    const coreRelos = this.#records(relos)
    const coreCnt = this.#coreRelos.length
    this.#log.debug(() => `gen: prog_load: core_relos: off ${coreRelos} cnt ${coreCnt} rec size ${CORE_RELO_SIZE}`)
    const bytes = this.#attr(A.size)
      .u32(A.progType, load.progType)
      .u32(A.expectedAttachType, load.expectedAttachType ?? 0)
      .u32(A.attachBtfId, load.attachBtfId ?? 0)
      .u32(A.progIfindex, load.progIfindex ?? 0)
      .u32(A.insnCnt, insnCnt)
      .u32(A.progFlags, load.progFlags ?? 0)
      .u32(A.funcInfoRecSize, funcSize)
      .u32(A.funcInfoCnt, funcCnt)
      .u32(A.lineInfoRecSize, lineSize)
      .u32(A.lineInfoCnt, lineCnt)
      .u32(A.coreReloRecSize, CORE_RELO_SIZE)
      .u32(A.coreReloCnt, coreCnt)
      .name(A.progName, name).bytes
    const attr = gen.addData(bytes)
    this.#log.debug(() => `gen: prog_load: attr: off ${attr} size ${A.size}`)
    gen.storePointer(attr + A.license, license)
    gen.storePointer(attr + A.insns, insns)
    gen.storePointer(attr + A.funcInfo, funcInfo)
    gen.storePointer(attr + A.lineInfo, lineInfo)
    gen.storePointer(attr + A.coreRelos, coreRelos)
    gen.storePointer(attr + A.fdArray, gen.fdArray)
    this.#logWishes(attr + A.logLevel, attr + A.logSize, attr + A.logBuf)
    gen.copyFromStack(attr + A.progBtfFd, BTF_FD_AT)
    const target = this.#attachTarget
    if (target !== undefined) this.#findTarget(target, attr)
    this.#externs.emit(insns)
    gen.sysBpf(BpfCmd.PROG_LOAD, attr, A.size)
    this.#externs.cleanup()
    this.#coreRelos = []
    if (target !== undefined) {
      gen.closeInBlob(attr + A.attachBtfObjFd)
      this.#attachTarget = undefined
    }
    gen.checkError()
    gen.store(4, Reg.FP, Reg.RESULT, progFdAt(this.#progCount))
    this.#progCount++
  }

  /** emit_find_attach_target. */
  #findTarget({ name, kind }: { name: string; kind: number }, attr: number): void {
    const gen = this.#gen
    this.#log.debug(() => `gen: find_attach_tgt ${name} ${kind}`)
    findByNameKind(gen, name, kind)
    gen.checkError()
    gen.address(Reg.R0, attr)
    gen.store(4, Reg.R0, Reg.RESULT, ProgLoadAttrAt.attachBtfId)
    gen.upperHalf(Reg.RESULT)
    gen.store(4, Reg.R0, Reg.RESULT, ProgLoadAttrAt.attachBtfObjFd)
  }

  /** bpf_gen__finish. @returns the errno, 0 where there is a program. */
  finish(progCount: number, mapCount: number): number {
    const gen = this.#gen
    if (progCount < this.#progCount || mapCount !== this.#mapCount) {
      this.#log.warn(`nr_progs ${progCount}/${this.#progCount} nr_maps ${mapCount}/${this.#mapCount} mismatch`)
      return (gen.error = Errno.EFAULT)
    }
    gen.closeOnStack(BTF_FD_AT)
    for (let i = 0; i < this.#progCount; i++) {
      gen.copyStackToCtx(mapDesc(this.#mapCount) + PROG_DESC_SIZE * i, progFdAt(i))
    }
    for (let i = 0; i < this.#mapCount; i++) gen.copyToCtx(mapDesc(i) + MapDescAt.mapFd, 4, gen.fdArrayOff(i))
    gen.movImm(Reg.R0, 0)
    gen.exit()
    this.#hash?.fill()
    this.#log.debug(() => `gen: finish ${gen.error === 0 ? 0 : errstr(gen.error)}`)
    if (gen.error !== 0) return gen.error
    const insns = gen.insns.bytes.slice()
    if (gen.swapped) swapInsns(insns)
    this.result = { insns, data: gen.data.bytes.slice() }
    return 0
  }
}

function coreRecords(relos: readonly CoreRelo[]): Uint8Array {
  const bytes = new Uint8Array(relos.length * CORE_RELO_SIZE)
  const view = new DataView(bytes.buffer)
  relos.forEach(({ insnOff, typeId, accessStrOff, kind }, i) => {
    ;[insnOff, typeId, accessStrOff, kind].forEach((word, j) => {
      view.setUint32(i * CORE_RELO_SIZE + j * 4, word, true)
    })
  })
  return bytes
}

function swapWords(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0; at + 4 <= bytes.length; at += 4) view.setUint32(at, view.getUint32(at, true), false)
}

/** bpf_insn_bswap of each instruction. */
function swapInsns(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0; at < bytes.length; at += 8) {
    const regs = view.getUint8(at + 1)
    view.setUint8(at + 1, ((regs << 4) | (regs >>> 4)) & 0xff)
    view.setInt16(at + 2, view.getInt16(at + 2, true), false)
    view.setInt32(at + 4, view.getInt32(at + 4, true), false)
  }
}
