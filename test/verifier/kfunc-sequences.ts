import { ProgType as T } from '../../src/uapi/prog-type.ts'
import { attrOf, code, exit, insn, zero } from '../load/program.ts'
import type { Step } from '../steps/step.ts'
import { add, call, copy, fentry, mov, stack } from './kfuncs.ts'

/** Programs that call several kernel functions: what begins must end, in its order, and what is given must come back. */

const jeq0 = (regno: number, distance: number) => insn(0x15, regno, 0, distance, 0)
const ja = (distance: number) => insn(0x05, 0, 0, distance)
const load = (dst: number, src: number, off = 0) => insn(0x79, dst, src, off)
const store = (off: number, src: number) => insn(0x7b, 10, src, off)
const SLEEPABLE = 1 << 4

const newNum = [...stack(1, -8), mov(2, 0), mov(3, 10), call('bpf_iter_num_new')]
const next = (type: string) => [...stack(1, -8), call(`bpf_iter_${type}_next`)]
const destroy = (type: string) => [...stack(1, -8), call(`bpf_iter_${type}_destroy`)]
const save = (off: number) => [...stack(1, off), call('bpf_local_irq_save')]
const restore = (off: number) => [...stack(1, off), call('bpf_local_irq_restore')]
const lock = call('bpf_rcu_read_lock')
const unlock = call('bpf_rcu_read_unlock')
const disable = call('bpf_preempt_disable')
const enable = call('bpf_preempt_enable')
const taskFromPid = [mov(1, 1), call('bpf_task_from_pid')]
const release = (from: number) => [copy(1, from), call('bpf_task_release')]
const newTask = [...stack(1, -24), mov(2, 0), mov(3, 0), call('bpf_iter_task_new')]

const sequences: Readonly<Record<string, readonly Uint8Array[]>> = {
  'a loop': [...newNum, ...next('num'), jeq0(0, 1), ja(-5), ...destroy('num')],
  'a loop that counts': [...newNum, mov(6, 0), ...next('num'), jeq0(0, 2), add(6, 1), ja(-6), ...destroy('num')],
  'a loop that reads what it got': [...newNum, ...next('num'), jeq0(0, 2), insn(0x61, 6, 0), ja(-6), ...destroy('num')],
  'a loop that writes what it got': [...newNum, ...next('num'), jeq0(0, 2), insn(0x62, 0), ja(-6), ...destroy('num')],
  'what it got, not looked at': [...newNum, ...next('num'), insn(0x61, 6, 0), ...destroy('num')],
  'what it got, after the end': [
    ...newNum,
    ...next('num'),
    copy(6, 0),
    ...destroy('num'),
    jeq0(6, 1),
    insn(0x61, 7, 6),
  ],
  'an iterator that stays': [...newNum],
  'an iterator made twice': [...newNum, ...newNum],
  'an iterator that was never made': [...next('num')],
  'an iterator that is gone': [...newNum, ...destroy('num'), ...next('num')],
  'another iterator': [...newNum, ...next('bits')],
  'an iterator written over': [...newNum, mov(6, 0), store(-8, 6), ...destroy('num')],
  'an iterator read': [...newNum, load(6, 10, -8), ...destroy('num')],
  'tasks outside of a section': [...newTask, ...stack(1, -24), call('bpf_iter_task_next')],
  'tasks in a section': [lock, ...newTask, ...stack(1, -24), call('bpf_iter_task_destroy'), unlock],
  'tasks over the end of a section': [lock, ...newTask, unlock, ...stack(1, -24), call('bpf_iter_task_next')],
  'interrupts off and on': [...save(-8), ...restore(-8)],
  'interrupts off': [...save(-8)],
  'interrupts on': [...restore(-8)],
  'interrupts twice, in order': [...save(-8), ...save(-16), ...restore(-16), ...restore(-8)],
  'interrupts twice, out of order': [...save(-8), ...save(-16), ...restore(-8), ...restore(-16)],
  'interrupts twice in one place': [...save(-8), ...save(-8)],
  'a flag written over': [...save(-8), mov(6, 0), store(-8, 6), ...restore(-8)],
  'sleep without interrupts': [
    ...save(-8),
    ...stack(1, -24),
    mov(2, 8),
    mov(3, 0),
    mov(4, 0),
    call('bpf_copy_from_user_str'),
  ],
  'a section': [lock, unlock],
  'a section in a section': [lock, lock],
  'a section that stays': [lock],
  'the end of no section': [unlock],
  'sleep in a section': [lock, ...stack(1, -24), mov(2, 8), mov(3, 0), mov(4, 0), call('bpf_copy_from_user_str')],
  'preemption off and on': [disable, enable],
  'preemption off twice': [disable, disable, enable],
  'preemption on': [enable],
  'sleep without preemption': [
    disable,
    ...stack(1, -24),
    mov(2, 8),
    mov(3, 0),
    mov(4, 0),
    call('bpf_copy_from_user_str'),
  ],
  'a task': [...taskFromPid, jeq0(0, 2), ...release(0)],
  'a task that stays': [...taskFromPid],
  'a task, not looked at': [...taskFromPid, ...release(0)],
  'a task given back twice': [...taskFromPid, jeq0(0, 5), copy(6, 0), ...release(6), ...release(6)],
  'a task after it went': [...taskFromPid, jeq0(0, 4), copy(6, 0), ...release(6), load(7, 6)],
  'another struct': [...taskFromPid, jeq0(0, 3), copy(6, 0), copy(1, 0), call('bpf_cgroup_release')],
  'a part of a task': [...taskFromPid, jeq0(0, 3), add(0, 8), ...release(0)],
  'one more of a task': [
    ...taskFromPid,
    jeq0(0, 8),
    copy(6, 0),
    copy(1, 6),
    call('bpf_task_acquire'),
    jeq0(0, 2),
    ...release(0),
    ...release(6),
  ],
  'a throw': [mov(1, 0), call('bpf_throw')],
  'a throw of what may not be returned': [mov(1, 7), call('bpf_throw')],
  'a throw with a task': [...taskFromPid, jeq0(0, 2), mov(1, 0), call('bpf_throw')],
  'a throw in a section': [lock, mov(1, 0), call('bpf_throw')],
  'a cast of anything': [mov(1, 0), mov(2, 0), call('bpf_rdonly_cast'), load(6, 0), insn(0x72, 0)],
  'a cast to no type': [mov(1, 0), mov(2, -1), call('bpf_rdonly_cast')],
  'a cast to a number': [mov(1, 0), mov(2, 1), call('bpf_rdonly_cast')],
  'a cast to what is not known': [copy(2, 1), mov(1, 0), call('bpf_rdonly_cast')],
  'a trap': [call('__bpf_trap')],
}

/** In a program that may sleep, and in one that may not. */
export function sequenceQuestions(): { name: string; step: Step }[] {
  return Object.entries(sequences).flatMap(([name, insns]) => {
    const of = (progFlags: number, more: Partial<Parameters<typeof attrOf>[1]>): Step => {
      const attr = attrOf(code(...insns, zero, exit), { ...more, progFlags, logLevel: 2, logSize: 1 << 18 })
      return { op: 'progLoad', attr }
    }
    return [
      { name: `${name}, sleepable`, step: of(SLEEPABLE, { progType: T.SYSCALL }) },
      { name, step: of(0, { progType: T.TRACING, ...fentry }) },
    ]
  })
}
