import { bootDirectory } from '../../src/kernel/boot.ts'
import { LmdbStore } from '../../src/kernel/store/lmdb.ts'
import { Table } from '../../src/kernel/store/store.ts'

/** After the stress test: removes all pins and says what is left of the machine's objects; `clean` for nothing. */
const [directory = ''] = process.argv.slice(2)
const machine = bootDirectory(directory)
const task = machine.process('check')

function clear(path: string): void {
  for (const name of task.files.readdir(path)) {
    const below = `${path}/${name}`
    if (task.files.stat(below).kind === 'directory') {
      clear(below)
      task.files.rmdir(below)
    } else {
      task.files.unlink(below)
    }
  }
}

clear('/sys/fs/bpf')
task.exit()
machine.close()
const store = new LmdbStore(directory)
const left: string[] = []
for (const [name, table] of Object.entries(Table)) {
  const count = [...store.scan(table, new Uint8Array(0), undefined)].length
  const expected = { META: undefined, BTF: 1, BPFFS: 3 }[name as 'META' | 'BTF' | 'BPFFS']
  if (name !== 'META' && count !== (expected ?? 0)) left.push(`${count} in ${name}`)
}
store.close()
process.stdout.write(left.length === 0 ? 'clean\n' : `${left.join(', ')}\n`)
