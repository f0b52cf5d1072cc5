// Records what Debian's Linux 6.18 says of the programs in objects/src, one file a room of rules, as the real libbpf
// loads them: relocated, with frozen data and operations of a struct. For maintainers.
//
//   node test/verifier/record-objects.mjs [NAME ...]
//
// Compiles src/NAME.c (obj/NAME.clang-19.o), boots the kernel as scripts/fixtures.mjs does, loads each program alone,
// and writes recorded/NAME.json: errno and log of each, at level 2. Needs what scripts/fixtures.mjs needs to record;
// clang-19; gcc with libelf's and zlib's static libraries; and libbpf's headers and static library, 1.4 or newer: those
// that are installed, or those of an unpacked package in the folder $LIBBPF_ROOT.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { boot } from '../../scripts/fixtures/boot.mjs'
import { compile } from '../../scripts/fixtures/compile.mjs'

const LEVEL = 2
const here = join(dirname(fileURLToPath(import.meta.url)), 'objects')
process.chdir(join(here, '../../..'))

/** The asking program, with all that it needs inside: the virtual machine has no libraries. */
function buildAsker(folder) {
  const root = process.env.LIBBPF_ROOT
  const libbpf = root ? [`-I${root}/usr/include`, `${root}/usr/lib/x86_64-linux-gnu/libbpf.a`] : ['-lbpf']
  const out = join(folder, 'verdicts')
  execFileSync('gcc', ['-static', '-O2', join(here, 'verdicts.c'), ...libbpf, '-lelf', '-lz', '-o', out])
  return out
}

const wanted = process.argv.slice(2)
compile(wanted, 'test/verifier/objects')
const work = mkdtempSync(join(tmpdir(), 'verdicts-'))
try {
  const objects = readdirSync(join(here, 'obj')).filter((file) => {
    return file.endsWith('.o') && (wanted.length === 0 || wanted.includes(file.split('.')[0]))
  })
  const script = join(work, 'script')
  const names = objects.map((file) => `/in/${file}`).join(' ')
  const lines = ['echo 1 > /proc/sys/net/core/bpf_jit_enable', `/in/verdicts ${LEVEL} ${names} > /out/verdicts`]
  writeFileSync(script, [...lines, 'uname -r > /out/release', ''].join('\n'))
  const out = join(work, 'out')
  const files = Object.fromEntries(objects.map((file) => [file, join(here, 'obj', file)]))
  boot({ script, files: { ...files, verdicts: buildAsker(work) }, out })
  const release = readFileSync(join(out, 'release'), 'utf8').trim()
  const answers = new Map(objects.map((file) => [file, {}]))
  for (const line of readFileSync(join(out, 'verdicts'), 'utf8').split('\n').filter(Boolean)) {
    const { file, prog, err, log } = JSON.parse(line)
    answers.get(file)[prog] = { errno: -err, log: log.split('\n') }
  }
  mkdirSync(join(here, 'recorded'), { recursive: true })
  for (const [file, programs] of answers) {
    const text = JSON.stringify({ release, object: file, level: LEVEL, programs }, undefined, 1)
    writeFileSync(join(here, 'recorded', `${file.split('.')[0]}.json`), `${text}\n`)
    const refused = Object.values(programs).filter(({ errno }) => errno !== 0).length
    console.log(`${file}: ${Object.keys(programs).length} programs, ${refused} refused`)
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
