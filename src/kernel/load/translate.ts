import { INSN_SIZE, Insns } from '../../isa/insn.ts'
import { Class, Jmp, LD_IMM64 } from '../../isa/opcode.ts'
import { PseudoCall, PseudoLdImm64 } from '../../uapi/flags.ts'
import { vmlinuxTypes } from '../btf/vmlinux.ts'
import { helperProto } from '../helpers/access.ts'
import type { MapRecord } from '../objects/records.ts'
import type { LoadEnv } from './env.ts'
import { stackDepth } from './stack-depth.ts'

const CALL = Class.JMP | Jmp.CALL
const TAIL_CALL = 12
/** The interpreter for called functions exists for stacks of these many bytes, and multiples (interpreters_args). */
const STACK_STEP = 32
const MAX_STACK = 512

export interface Translated {
  /** As bpf_insn_prepare_dump shows it. */
  xlated: Uint8Array
  /** As the runtime runs it. */
  run: Uint8Array
}

/**
 * What a loaded program's instructions become: descriptors turn into ids; in the dump, calls into distances from
 * __bpf_call_base. The verifier's rewrites are not made.
 */
export function translate(env: LoadEnv): Translated {
  const dump = new Insns(env.insns.bytes.slice(0, env.insns.length * INSN_SIZE))
  for (const { slot, mapIndex } of env.mapUses) {
    const src = dump.src(slot)
    const value = src === PseudoLdImm64.MAP_VALUE || src === PseudoLdImm64.MAP_IDX_VALUE
    dump.setRegs(slot, dump.dst(slot), value ? PseudoLdImm64.MAP_VALUE : PseudoLdImm64.MAP_FD)
    dump.setImm(slot, (env.usedMaps[mapIndex] as MapRecord).id)
  }
  for (const [slot, address] of env.ksymAddresses) {
    dump.setRegs(slot, dump.dst(slot), 0)
    dump.setImm(slot, Number(BigInt.asIntN(32, address)))
    dump.setImm(slot + 1, Number(BigInt.asIntN(32, address >> 32n)))
  }
  const run = dump.bytes.slice()
  patchCalls(env, dump)
  return { xlated: dump.bytes, run }
}

/** do_misc_fixups, fixup_call_args and fixup_kfunc_call, as far as they set where a call goes. */
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
      case PseudoCall.CALL: {
        const to = distance(`__bpf_prog_run_args${interpreterStack(env, i + imm + 1)}`)
        if (to === undefined) break
        insns.setOff(i, imm)
        insns.setImm(i, to)
        break
      }
      case PseudoCall.KFUNC_CALL: {
        if (insns.off(i) !== 0 || imm === 0) break
        const to = distance(vmlinuxTypes(env.kernel).name(imm))
        if (to !== undefined) insns.setImm(i, to)
      }
    }
  }
}

/** Bytes of stack of the interpreter that runs a function (bpf_patch_call_args). */
function interpreterStack(env: LoadEnv, start: number): number {
  const depth = Math.max(stackDepth(env, start), 1)
  return Math.min(Math.ceil(depth / STACK_STEP) * STACK_STEP, MAX_STACK)
}
