import { INSN_SIZE, Insns } from '../../isa/insn.ts'
import type { ProgRecord } from '../objects/records.ts'
import { FUNC_INFO_SIZE, LINE_INFO_SIZE } from './prog-btf.ts'
import type { FuncInfo, LoadEnv } from './env.ts'
import type { Compiled } from '../runtime/jit.ts'
import { progTag } from './tag.ts'

/**
 * Functions and lines of a program as it's kept: where they are after the rewrites; as they were loaded where there were
 * none.
 */

type Subprogs = ProgRecord['subprogs']

/**
 * @param tag the whole program's: that of its only function.
 * @param compiled what the JIT made of it.
 */
export function subprogsOf(env: LoadEnv, tag: string, compiled: Compiled | undefined): Subprogs {
  const { rewritten, insns, subprogs } = env
  const jitedLen = (index: number) =>
    compiled?.functions.find(({ entry }) => entry === subprogs[index]?.start)?.size ?? 0
  if (!rewritten) {
    return subprogs.map(({ start }, i) => {
      const end = subprogs[i + 1]?.start ?? insns.length
      const code = () => insns.bytes.subarray(start * INSN_SIZE, end * INSN_SIZE)
      return {
        start,
        tag: subprogs.length === 1 ? tag : progTag(new Insns(code())),
        name: nameOf(env, i),
        jitedLen: jitedLen(i),
        typeId: env.funcInfo[i]?.typeId ?? 0,
        flags: env.subprogFlags[i] ?? 0,
      }
    })
  }
  const { parts, code } = rewritten
  return parts
    .map(({ start, index }, i) => {
      // The main one has a tag of its own here too, where it isn't the only function.
      const own = () => progTag(new Insns(code[i] ?? new Uint8Array(0)))
      return { start, index, tag: parts.length === 1 ? tag : own(), name: nameOf(env, index) }
    })
    .filter(({ index }) => index >= 0)
    .map(({ start, index, tag: own, name }) => ({
      start,
      tag: own,
      name,
      jitedLen: jitedLen(index),
      typeId: env.funcInfo[index]?.typeId ?? 0,
      flags: env.subprogFlags[index] ?? 0,
    }))
}

function nameOf({ btf, funcInfo }: LoadEnv, i: number): string {
  const typeId = funcInfo[i]?.typeId
  return btf && typeId !== undefined ? btf.name(typeId) : ''
}

/** struct bpf_func_info of the functions that are left (adjust_btf_func). */
export function funcInfoOf({ rewritten, funcInfo }: LoadEnv): Uint8Array {
  const left: FuncInfo[] = []
  if (rewritten) {
    for (const { start, index } of rewritten.parts) {
      const info = funcInfo[index]
      if (info) left.push({ insnOff: start, typeId: info.typeId })
    }
  } else {
    left.push(...funcInfo)
  }
  const bytes = new Uint8Array(left.length * FUNC_INFO_SIZE)
  const view = new DataView(bytes.buffer)
  left.forEach(({ insnOff, typeId }, i) => {
    view.setUint32(i * FUNC_INFO_SIZE, insnOff, true)
    view.setUint32(i * FUNC_INFO_SIZE + 4, typeId, true)
  })
  return bytes
}

/** struct bpf_line_info of the lines that are left. */
export function lineInfoOf({ rewritten, lineInfo }: LoadEnv): Uint8Array {
  if (!rewritten) return lineInfo
  const { lines } = rewritten
  const bytes = new Uint8Array(lines.length * LINE_INFO_SIZE)
  const view = new DataView(bytes.buffer)
  lines.forEach(({ at, index }, i) => {
    bytes.set(lineInfo.subarray(index * LINE_INFO_SIZE, (index + 1) * LINE_INFO_SIZE), i * LINE_INFO_SIZE)
    view.setUint32(i * LINE_INFO_SIZE, at, true)
  })
  return bytes
}
