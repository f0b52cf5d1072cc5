import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bootMachine } from '../../../src/kernel/boot.ts'
import { vmlinuxTypes } from '../../../src/kernel/btf/vmlinux.ts'
import { KernelError } from '../../../src/kernel/error.ts'
import { loadProfile } from '../../../src/kernel/profile/profile.ts'
import { runSteps } from '../../steps/step.ts'
import { kept } from '../rights/kept.ts'
import { attachCases } from './attach-cases.ts'

/** Programs for functions of other programs: Linux 6.18's verdict and log (record.mjs). */

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const answers = JSON.parse(readFileSync(path('recorded/attach.json'), 'utf8')) as Record<string, unknown>
const types = vmlinuxTypes(loadProfile('6.18'))

test('extensions, and programs that trace programs', () => {
  const process = bootMachine().process('test')
  const ours = attachCases(path('obj/attach.clang-19.o'), types, process).map(([name, steps]) => {
    const last = runSteps(process, steps).at(-1)
    return [name, last && kept(name, last)] as const
  })
  expect(Object.fromEntries(ours)).toEqual(answers)
})

test('a program lives as long as its extension', () => {
  const process = bootMachine().process('test')
  const { bpf } = process
  const all = attachCases(path('obj/attach.clang-19.o'), types, process)
  const steps = all.find(([name]) => name === 'ok_int')?.[1] ?? []
  const fds = new Map<string, number>()
  let attachBtfId: number | undefined
  for (const step of steps) {
    const given = Object.fromEntries(
      Object.entries(step.fds ?? {}).map(([field, name]) => [field, fds.get(name) ?? -1]),
    )
    const name = step.as ?? 'extension'
    if (step.op === 'btfLoad') fds.set(name, bpf.btfLoad(step.attr).fd)
    else if (step.op === 'mapCreate') fds.set(name, bpf.mapCreate({ ...step.attr, ...given }))
    else {
      const fdArray = (step.fdArray ?? []).map((each) => fds.get(each) ?? -1)
      fds.set(name, bpf.progLoad({ ...step.attr, ...given, fdArray }).fd)
      attachBtfId = step.attr.attachBtfId
    }
  }
  const [target = -1, extension = -1] = [fds.get('xdp_main'), fds.get('extension')]
  const [its, own] = [bpf.progInfo(target), bpf.progInfo(extension)]
  expect(own.attachBtfObjId).toBe(its.btfId)
  expect(own.attachBtfId).toBe(attachBtfId)
  process.close(target)
  process.close(bpf.getFdById('prog', its.id))
  process.close(extension)
  expect(() => bpf.getFdById('prog', its.id)).toThrow(KernelError)
})
