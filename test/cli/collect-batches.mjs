// Records what a real bpftool answers to each file of batches/: node test/cli/collect-batches.mjs FOLDER > OUT.json
// FOLDER holds NAME.{x,j,p}.{out,err,status} of `bpftool [-j|-p] batch file - < NAME.txt`, each run as root on a kernel without
// JIT on which nothing is loaded, as in a freshly booted Debian 6.18.
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [folder] = process.argv.slice(2)
const names = readdirSync(join(dirname(fileURLToPath(import.meta.url)), 'batches')).map((file) =>
  file.replace('.txt', ''),
)
const records = names.flatMap((name) =>
  ['x', 'j', 'p'].map((form) => {
    const read = (kind) => readFileSync(join(folder, `${name}.${form}.${kind}`), 'utf8')
    const option = form === 'x' ? '' : `-${form}`
    return JSON.stringify({ name, option, status: Number(read('status')), stdout: read('out'), stderr: read('err') })
  }),
)
process.stdout.write(`[\n${records.join(',\n')}\n]\n`)
