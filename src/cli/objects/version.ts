import type { Verb } from '../command.ts'

/** The bpftool whose words this one speaks, and its libbpf. */
const VERSION = '7.8.0'
const LIBBPF_VERSION = '1.8'

/** What Debian's build of it was built with. */
const features = [
  ['libbfd', false],
  ['llvm', false],
  ['crypto', true],
  ['skeletons', false],
  ['bootstrap', false],
] as const

/** do_version; words after it are not looked at. */
export const version: Verb = (cmd) => {
  const { json } = cmd
  if (json === undefined) {
    const names = features.filter(([, present]) => present).map(([name]) => ` ${name}`)
    cmd.out(`bpftool v${VERSION}\nusing libbpf v${LIBBPF_VERSION}\nfeatures:${names.join(',')}\n`)
    return 0
  }
  json.startObject()
  json.name('version')
  json.raw(`"${VERSION}"`)
  json.name('libbpf_version')
  json.raw(`"${LIBBPF_VERSION}"`)
  json.name('features')
  json.startObject()
  for (const [name, present] of features) json.boolField(name, present)
  json.endObject()
  json.endObject()
  return 0
}
