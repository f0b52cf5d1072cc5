import { readFileSync } from 'node:fs'
import { Kind } from '../../../src/btf/kinds.ts'
import type { Btf } from '../../../src/btf/btf.ts'
import type { Syscalls } from '../../../src/kernel/syscall.ts'
import { loadObject, openObject } from '../../../src/libbpf/object.ts'
import type { LoaderProgram } from '../../../src/libbpf/gen-loader/loader.ts'
import type { MapCreateAttr, ProgLoadAttr } from '../../../src/uapi/attr.ts'
import type { Step } from '../../steps/step.ts'
import { LOG_SIZE } from '../program.ts'
import { records } from '../core/core-steps.ts'
import type { CoreRelo } from '../../../src/btf/core/spec.ts'

/** Programs of one object that are for functions of its other programs, each with the programs that it needs. */

export type AttachCase = readonly [name: string, steps: Step[]]

/** A program as libbpf would load it; `target` is the one that it is for. */
interface Program {
  name: string
  attr: ProgLoadAttr
  target: string | undefined
}

interface Loaded {
  btf: Uint8Array
  maps: MapCreateAttr[]
  programs: Map<string, Program>
}

const SECTION = /^[a-z_.]+\/(?:(\w+):)?(\w+)$/

/** @param types of the kernel that is asked. */
function loadAll(bytes: Uint8Array, types: Btf, sys: Syscalls): Loaded {
  const object = openObject(bytes, 'attach.o')
  const targets = new Map<string, string>()
  for (const prog of object.entryPrograms()) {
    const [, target, func] = SECTION.exec(prog.sectionName) ?? []
    if (func === undefined || !prog.secDef?.attachBtf) continue
    const ofTracepoint = prog.sectionName.startsWith('tp_btf')
    const [kernelName, kind] = ofTracepoint ? [`btf_trace_${func}`, Kind.TYPEDEF] : [func, Kind.FUNC]
    // A type that's no function, where there is none of the name.
    prog.attachBtfId =
      (target ? object.btf?.findByNameKind(func, Kind.FUNC) : types.findByNameKind(kernelName, kind)) ?? 1
    if (target) targets.set(prog.name, target)
  }
  const loaded: Loaded = { btf: new Uint8Array(0), maps: [], programs: new Map() }
  let relos: CoreRelo[] = []
  const capture: Partial<LoaderProgram> = {
    begin: () => undefined,
    finish: () => 0,
    loadBtf: (data: Uint8Array) => {
      loaded.btf = data.slice()
    },
    mapCreate: (attr: MapCreateAttr) => {
      loaded.maps.push(attr)
    },
    mapUpdate: () => undefined,
    mapFreeze: () => undefined,
    recordCoreRelo: (relo: CoreRelo) => {
      relos.push(relo)
    },
    progLoad: (attr: ProgLoadAttr, name: string) => {
      const core = relos.length > 0 ? { coreRelos: records(relos), coreReloRecSize: 16 } : {}
      const insns = attr.insns.slice()
      loaded.programs.set(name, { name, attr: { ...attr, ...core, insns }, target: targets.get(name) })
      relos = []
    },
  }
  object.loader = capture as LoaderProgram
  loadObject(object, sys)
  return loaded
}

/** A case for each program; those that are its targets come before it. */
export function attachCases(file: string, types: Btf, sys: Syscalls): AttachCase[] {
  const { btf, maps, programs } = loadAll(new Uint8Array(readFileSync(file)), types, sys)
  const load = ({ name, attr, target }: Program, level: number, as?: string): Step => {
    return {
      op: 'progLoad',
      attr: { ...attr, progName: name.slice(0, 15), logSize: LOG_SIZE * 4, logLevel: level },
      ...(as ? { as } : { translated: true }),
      fds: { progBtfFd: 'btf', ...(target && { attachProgFd: target }) },
      fdArray: maps.map((_, i) => `map${i}`),
    }
  }
  const before = (program: Program): Step[] => {
    const target = programs.get(program.target ?? '')
    return target ? [...before(target), load(target, 1, target.name)] : []
  }
  const first: Step[] = [
    { op: 'btfLoad', attr: { btf }, as: 'btf' },
    ...maps.map((attr, i): Step => ({ op: 'mapCreate', attr, as: `map${i}`, fds: { btfFd: 'btf' } })),
  ]
  return [...programs.values()].map((program) => [program.name, [...first, ...before(program), load(program, 2)]])
}
