import { Kind } from '../../src/btf/btf.ts'
import { vmlinuxTypes } from '../../src/kernel/btf/vmlinux.ts'
import { bootMachine } from '../../src/kernel/boot.ts'
import { loadProfile } from '../../src/kernel/profile/profile.ts'
import { AttachType } from '../../src/uapi/attach-type.ts'
import { ProgType as T } from '../../src/uapi/prog-type.ts'
import { ask } from '../steps/ask.ts'
import type { Answer, Step } from '../steps/step.ts'
import { runSteps } from '../steps/step.ts'
import { randomKfuncProgram } from './random-kfuncs.ts'

const [cpus = '2', source = '', first = '1', count = '1000'] = process.argv.slice(2)
const BATCH = 250
const SLEEPABLE = 1 << 4

const btf = vmlinuxTypes(loadProfile('running'))
const idOf = (name: string) => btf.findByNameKind(name, Kind.FUNC) ?? 0
const tracing = (expectedAttachType: number, attachBtfId: number) => ({
  progType: T.TRACING,
  expectedAttachType,
  attachBtfId,
})
const callers = [
  { progType: T.SYSCALL, progFlags: SLEEPABLE },
  tracing(AttachType.TRACE_RAW_TP, btf.findByNameKind('btf_trace_task_newtask', Kind.TYPEDEF) ?? 0),
  { ...tracing(AttachType.TRACE_ITER, idOf('bpf_iter_task')), progFlags: SLEEPABLE },
]

const programs = { accepted: 0, refused: 0, sameErrno: 0, sameLog: 0 }
async function main(): Promise<void> {
  for (let seed = Number(first); seed < Number(first) + Number(count); seed += BATCH) {
    const seeds = Array.from({ length: Math.min(BATCH, Number(first) + Number(count) - seed) }, (_, i) => seed + i)
    const steps = seeds.map((each): Step[] => [{ op: 'progLoad', attr: randomKfuncProgram(each, idOf, callers) }])
    const real = await ask(source, [], steps)
    const machine = bootMachine({ profile: 'running', cpus: Number(cpus) }).process('random')
    seeds.forEach((each, i) => {
      compare(each, real[i]?.[0], oursOf(steps[i] ?? []))
    })

    function oursOf(step: Step[]): Answer | undefined {
      try {
        return runSteps(machine, step)[0]
      } catch (error) {
        return { errno: -1, trueSize: 0, log: error instanceof Error ? (error.stack ?? '') : '' }
      }
    }
  }
  console.log(programs)
}

function compare(seed: number, real: Answer | undefined, ours: Answer | undefined): void {
  if (!real || !ours) return
  if (real.errno === 0) programs.accepted++
  else programs.refused++
  if (real.errno === ours.errno) programs.sameErrno++
  if (real.errno === ours.errno && real.log === ours.log) {
    programs.sameLog++
    return
  }
  const [a, b] = [real.log.split('\n'), ours.log.split('\n')]
  const at = a.findIndex((line, i) => line !== b[i])
  const end = (lines: string[]) => lines.at(-3)
  console.log(`${seed}: errno ${real.errno}, ours ${ours.errno}; ends ${end(a)} | ${end(b)}`)
  console.log(`  real ${a[at]}\n  ours ${b[at]}`)
}

void main()
