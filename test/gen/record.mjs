// Records what the real bpftool 7.8.0 answers to the gen commands of cases.mjs:
//   BPFTOOL=/path/to/bpftool node test/gen/record.mjs
// It needs a kernel that lets it call bpf(2). The objects in obj/ are src/*.bpf.c, compiled by
//   clang -target bpf -O2 -g -ffile-prefix-map=$PWD=. -c NAME.bpf.c -o ../obj/NAME.CLANG.o; llvm-strip -g ../obj/NAME.CLANG.o
// (bpfeb for externs-eb).
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commands, leftOut, minimal, objects, recordedFolder, whole, wordsOf } from './cases.mjs'
import { askReal, cpus, digest } from './real.mjs'

const answers = {}
const files = objects()
for (const [name, file] of Object.entries(files)) {
  answers[name] = {}
  for (const command of Object.keys(commands)) {
    if (leftOut[command]?.test(name)) continue
    const { status, stdout, stderr } = askReal(wordsOf(command, file))
    // A command that the real one dies of has no answer.
    if (status === null) continue
    answers[name][command] = { status, stdout: digest(stdout), stderr: stderr.toString().replaceAll(file, 'FILE') }
  }
}
writeFileSync(join(recordedFolder, 'answers.json'), `${JSON.stringify({ cpus: cpus(), answers }, null, 1)}\n`)
for (const [name, command, to] of whole) {
  writeFileSync(join(recordedFolder, to), askReal(wordsOf(command, files[name])).stdout)
}
askReal(['gen', 'min_core_btf', minimal.input, minimal.recorded, ...minimal.objects])
