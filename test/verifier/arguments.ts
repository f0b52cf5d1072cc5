import { createHash } from 'node:crypto'
import type { Btf } from '../../src/btf/btf.ts'
import { Kind } from '../../src/btf/btf.ts'
import type { ProgLoadAttr } from '../../src/uapi/attr.ts'
import { AttachType as A } from '../../src/uapi/attach-type.ts'
import { ProgType as T } from '../../src/uapi/prog-type.ts'
import { attrOf, code, exit, insn } from '../load/program.ts'
import type { Answer, Step } from '../steps/step.ts'

/** Programs that load one argument each of the function that they're attached to. */
export interface ArgumentCase {
  readonly name: string
  readonly steps: Step[]
}

const LOG = { logLevel: 2, logSize: 8192 }
const MOST = 12

/** A program of every argument of a function, and some more, by what it's attached to. */
function args(name: string, more: Partial<ProgLoadAttr>, value: number, count = MOST): ArgumentCase[] {
  return Array.from({ length: count }, (_, i) => {
    const insns = code(insn(0x79, 2, 1, 8 * i), insn(0xb7, 0, 0, 0, value), exit)
    return { name: `${name} ${i}`, steps: [{ op: 'progLoad', attr: attrOf(insns, { ...LOG, ...more }) }] }
  })
}

function all(btf: Btf, kind: number, prefix: string): number[] {
  const ids: number[] = []
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kind(id) === kind && btf.name(id).startsWith(prefix)) ids.push(id)
  }
  return ids
}

const operations = ['tcp_congestion_ops', 'bpf_dummy_ops', 'Qdisc_ops', 'sched_ext_ops', 'hid_bpf_ops']

/** @param every of functions and tracepoints only each so many-th. */
export function argumentCases(btf: Btf, every: number): ArgumentCase[] {
  const tracing = (expectedAttachType: number, attachBtfId: number) => ({
    progType: T.TRACING,
    expectedAttachType,
    attachBtfId,
  })
  const some = (ids: readonly number[], step: number) => ids.filter((_, i) => i % step === 0)
  const functions = all(btf, Kind.FUNC, '')
  const named = ['bpf_fentry_test1', 'bpf_fentry_test8', 'bpf_modify_return_test', 'security_file_open', 'do_unlinkat']
  const chosen = [...named.map((name) => btf.findByNameKind(name, Kind.FUNC) ?? 0), ...some(functions, every * 40)]
  const hooks = all(btf, Kind.FUNC, 'bpf_lsm_')
  return [
    ...some(all(btf, Kind.TYPEDEF, 'btf_trace_'), every).flatMap((id) =>
      args(btf.name(id), tracing(A.TRACE_RAW_TP, id), 0),
    ),
    ...all(btf, Kind.FUNC, 'bpf_iter_').flatMap((id) => args(`iter ${btf.name(id)}`, tracing(A.TRACE_ITER, id), 0, 5)),
    ...chosen.flatMap((id) => [
      ...args(`fexit ${btf.name(id)} ${id}`, tracing(A.TRACE_FEXIT, id), 0),
      ...args(`fentry ${btf.name(id)} ${id}`, tracing(A.TRACE_FENTRY, id), 0),
      ...args(`fmod_ret ${btf.name(id)} ${id}`, tracing(A.MODIFY_RETURN, id), 0),
    ]),
    ...some(hooks, Math.ceil(every / 4)).flatMap((id) =>
      [A.LSM_MAC, A.LSM_CGROUP].flatMap((expectedAttachType) =>
        [0, 1, -1].flatMap((value) =>
          args(
            `lsm ${btf.name(id)} ${expectedAttachType} ${value}`,
            { progType: T.LSM, expectedAttachType, attachBtfId: id },
            value,
            value === 0 ? MOST : 1,
          ),
        ),
      ),
    ),
    ...operations.flatMap((name) => {
      const attachBtfId = btf.findByNameKind(name, Kind.STRUCT) ?? 0
      const members = attachBtfId ? btf.vlen(attachBtfId) : 0
      return Array.from({ length: members }, (_, i) =>
        args(
          `${name} ${btf.memberName(attachBtfId, i)}`,
          { progType: T.STRUCT_OPS, expectedAttachType: i, attachBtfId },
          0,
          6,
        ),
      ).flat()
    }),
  ]
}

/** Of tracepoints each so many-th is in the recorded answers. */
export const RECORDED_EVERY = 60

/** The log without what is another each time. */
export function cleanLog(log: string): string {
  return log.replace(/^verification time \d+ usec$/gm, '')
}

/** An answer as it is kept: the errno, and a hash of the log. */
export function short({ errno, log }: Answer): string {
  return `${errno} ${createHash('sha256').update(cleanLog(log), 'latin1').digest('hex').slice(0, 12)}`
}
