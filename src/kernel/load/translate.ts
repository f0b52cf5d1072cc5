import { INSN_SIZE, Insns } from '../../isa/insn.ts'
import { Class, Jmp, LD_IMM64 } from '../../isa/opcode.ts'
import { PseudoCall, PseudoLdImm64 } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import { vmlinuxTypes } from '../btf/vmlinux.ts'
import { helperProto } from '../helpers/access.ts'
import { kfuncNumber } from '../kfuncs/numbers.ts'
import { arenaStart } from '../maps/arena.ts'
import type { MapRecord } from '../objects/records.ts'
import type { LoadEnv } from './env.ts'

const CALL = Class.JMP | Jmp.CALL
const TAIL_CALL = 12

export interface Translated {
  /** As bpf_insn_prepare_dump shows it. */
  xlated: Uint8Array
  /** As the runtime runs it. */
  run: Uint8Array
}

/** The program with ids for the descriptors of its maps, and addresses of kernel symbols: what the runtime runs. */
export function runForm(env: LoadEnv): Insns {
  const dump = new Insns(env.insns.bytes.slice(0, env.insns.length * INSN_SIZE))
  for (const { slot, mapIndex } of env.mapUses) {
    const src = dump.src(slot)
    const value = src === PseudoLdImm64.MAP_VALUE || src === PseudoLdImm64.MAP_IDX_VALUE
    dump.setRegs(slot, dump.dst(slot), value ? PseudoLdImm64.MAP_VALUE : PseudoLdImm64.MAP_FD)
    dump.setImm(slot, (env.usedMaps[mapIndex] as MapRecord).id)
  }
  for (const [slot, address] of env.ksymAddresses) {
    dump.setRegs(slot, dump.dst(slot), 0)
    setImm64(dump, slot, address)
  }
  return dump
}

/** The program as the rewrites begin with it: an address in an arena is the user's, and nobody sees that it was a map. */
export function rewriteForm(env: LoadEnv): Insns {
  const insns = runForm(env)
  for (const { slot, mapIndex } of env.mapUses) {
    const map = env.usedMaps[mapIndex] as MapRecord
    if (map.type !== MapType.ARENA || insns.src(slot) !== PseudoLdImm64.MAP_VALUE) continue
    const address = arenaStart(map) + BigInt(insns.imm(slot + 1) >>> 0)
    insns.setRegs(slot, insns.dst(slot), 0)
    setImm64(insns, slot, address)
  }
  return insns
}

function setImm64(insns: Insns, slot: number, value: bigint): void {
  insns.setImm(slot, Number(BigInt.asIntN(32, value)))
  insns.setImm(slot + 1, Number(BigInt.asIntN(32, value >> 32n)))
}

/**
 * What a loaded program's instructions become. The dump is what the rewrites made of it; without them only calls turn
 * into distances from __bpf_call_base.
 */
export function translate(env: LoadEnv): Translated {
  const run = rewriteForm(env)
  nameKfuncs(env, run)
  if (env.rewritten) return { xlated: env.rewritten.xlated, run: run.bytes }
  const dump = runForm(env)
  patchCalls(env, dump)
  return { xlated: dump.bytes, run: run.bytes }
}

/** Puts the numbers of kernel functions, which are the same in all kernels, into calls of them. */
function nameKfuncs(env: LoadEnv, insns: Insns): void {
  const { kernel, subprogs, exceptionCallback } = env
  const callback = exceptionCallback ? subprogs[exceptionCallback]?.start : undefined
  for (let i = 0; i < insns.length; i++) {
    if (insns.code(i) !== CALL || insns.src(i) !== PseudoCall.KFUNC_CALL) continue
    const id = insns.imm(i)
    if (id === 0 || insns.off(i) !== 0) continue
    const name = vmlinuxTypes(kernel).name(id)
    insns.setImm(i, kfuncNumber(name))
    if (name !== 'bpf_throw' || callback === undefined) continue
    // Where the exception's callback is, as a jump.
    insns.setRegs(i, 1, PseudoCall.KFUNC_CALL)
    insns.setOff(i, callback - i - 1)
  }
}

/** do_misc_fixups, jit_subprogs and fixup_kfunc_call, as far as they set where a call goes. */
function patchCalls(env: LoadEnv, insns: Insns): void {
  const base = env.kernel.symbol('__bpf_call_base')
  if (base === undefined) return
  const distance = (name: string): number | undefined => {
    const address = env.kernel.symbol(name)
    return address === undefined ? undefined : Number(BigInt.asIntN(32, address - base))
  }
  for (let i = 0; i < insns.length; i++) {
    const code = insns.code(i)
    if (code === LD_IMM64) {
      i++
      continue
    }
    if (code !== CALL) continue
    const imm = insns.imm(i)
    switch (insns.src(i)) {
      case PseudoCall.HELPER: {
        const func = helperProto(env, imm)?.func
        const to = func === undefined || imm === TAIL_CALL ? undefined : distance(func)
        if (to !== undefined) insns.setImm(i, to)
        break
      }
      case PseudoCall.CALL:
        insns.setOff(i, imm)
        insns.setImm(
          i,
          env.subprogs.findIndex(({ start }) => start === i + imm + 1),
        )
        break
      case PseudoCall.KFUNC_CALL: {
        if (insns.off(i) !== 0 || imm === 0) break
        const to = distance(vmlinuxTypes(env.kernel).name(imm))
        if (to !== undefined) insns.setImm(i, to)
      }
    }
  }
}
