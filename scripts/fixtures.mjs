// npm run fixtures [compile|record] [NAME ...]: for maintainers.
//   compile: fixtures/src/*.c -> fixtures/obj/NAME.COMPILER.o. Needs clang 14, 19 and 22 (clang-14 or clang, clang-19,
//            clang-22), bpf-gcc, libbpf's headers and Linux's UAPI headers.
//   record:  asks the real bpftool on a real kernel, in a virtual machine, and writes fixtures/recorded/NAME.json.
//            Needs qemu-system-x86_64, busybox (static), cpio, and in the environment
//              LINUX_IMAGE   folder of an unpacked kernel package (holds boot/vmlinuz-* and boot/config-*)
//              BPFTOOL_ROOT  folder of an unpacked bpftool 7.8.0 package with its libraries (usr/sbin/bpftool, usr/lib)
// Without a word: both. Objects from elsewhere are recorded too, to look at and not to keep:
//   npm run fixtures record -- --out DIR OBJECT ...
import { compile } from './fixtures/compile.mjs'
import { record } from './fixtures/record.mjs'

const words = process.argv.slice(2)
const step = words[0] === 'compile' || words[0] === 'record' ? words.shift() : undefined
const outAt = words.indexOf('--out')
const out = outAt < 0 ? undefined : words.splice(outAt, 2)[1]
try {
  if (step !== 'record') compile(words)
  if (step !== 'compile') record(words, out)
} catch (error) {
  console.error(`fixtures: ${error.message}`)
  process.exitCode = 1
}
