import { writeFileSync } from 'node:fs'
import { bootMachine } from '../../src/kernel/boot.ts'
import { vmlinuxTypes } from '../../src/kernel/btf/vmlinux.ts'
import { loadProfile } from '../../src/kernel/profile/profile.ts'
import { ask } from '../steps/ask.ts'
import { runSteps } from '../steps/step.ts'
import { RECORDED_EVERY, argumentCases, cleanLog, short } from './arguments.ts'

const [source = '', , file = '', every = '', ...boot] = process.argv.slice(2)
const record = every === '--record'
const cases = argumentCases(vmlinuxTypes(loadProfile('6.18')), record ? RECORDED_EVERY : Number(every))
const answers = await ask(
  source,
  boot,
  cases.map(({ steps }) => steps),
)
const machine = bootMachine().process('compare')
const kept: string[] = []
let differences = 0
cases.forEach(({ name, steps }, i) => {
  const [real, ours] = [answers[i]?.at(-1), runSteps(machine, steps).at(-1)]
  if (!real || !ours) throw new Error('no answer')
  kept.push(`${JSON.stringify(name)}:${JSON.stringify(short(real))}`)
  if (short(real) === short(ours)) return
  differences++
  const [theirs, mine] = [cleanLog(real.log).split('\n'), cleanLog(ours.log).split('\n')]
  const at = theirs.findIndex((line, n) => line !== mine[n])
  console.log(`${name}\n  real ${real.errno} ${theirs[at] ?? ''}\n  ours ${ours.errno} ${mine[at] ?? ''}`)
})
if (record) writeFileSync(file, `{\n${kept.join(',\n')}\n}\n`)
console.log(`${cases.length} programs, ${differences} differences`)
process.exitCode = differences > 0 ? 1 : 0
