/**
 * What may differ between two kernels' answers, named in this one place and replaced on both sides: ids, times and
 * addresses. What the JIT makes is WebAssembly here, of another
 * size, and can be dumped: Debian's bpftool has no disassembler of its machine's code.
 */

/** One recorded command and its answer. */
export interface Step {
  argv: string[]
  status: number
  stdout: string
  stderr: string
}

type Kind = 'prog' | 'map' | 'btf' | 'link'

const slotKinds: Readonly<Record<string, Kind>> = { prog_array: 'prog', array_of_maps: 'map', hash_of_maps: 'map' }

/** A hash map's dump: its order hangs on the map's random seed. */
function unordered(text: string): string {
  return text
    .replaceAll('},{', '},\n{')
    .split('\n')
    .map((line) => line.replace(/^\[|,$|\]$/g, ''))
    .sort()
    .join('\n')
}

/** Of which kind the ids are that an object's commands print first. */
const ownKinds: Readonly<Record<string, Kind>> = { map: 'map', struct_ops: 'map', btf: 'btf', link: 'link' }

/** Names ids by the order in which a scenario shows them first: `map#0`, `map#1`, ... */
export class Normalizer {
  readonly #seen = new Map<string, string>()
  /** Types of maps by their pins and names. */
  readonly #mapTypes = new Map<string, string>()

  #id(kind: Kind, id: string): string {
    const key = `${kind} ${id}`
    let name = this.#seen.get(key)
    if (name === undefined) {
      const before = [...this.#seen.keys()].filter((other) => other.startsWith(`${kind} `)).length
      name = `${kind}#${before}`
      this.#seen.set(key, name)
    }
    return name
  }

  #ids(kind: Kind, list: string): string {
    return list.replace(/\d+/g, (id) => this.#id(kind, id))
  }

  /** btf show lists its users in an order that hangs on the numbers themselves: compared as a set. */
  #idSet(kind: Kind, list: string): string {
    return [...list.matchAll(/\d+/g)]
      .map(([id]) => this.#id(kind, id))
      .sort()
      .join(',')
  }

  step(step: Step): Step {
    const object = step.argv.find((word) => !word.startsWith('-')) ?? ''
    const pin = step.argv.at(-1) ?? ''
    const shown = /^\d+: (\w+) /.exec(step.stdout)?.[1]
    if (object === 'map' && shown !== undefined && step.argv.includes('pinned')) this.#mapTypes.set(pin, shown)
    const [, path = '', type = '', name = ''] =
      /\bmap create (\S+) type (\S+).* name (\S+)/.exec(step.argv.join(' ')) ?? []
    if (step.status === 0) this.#mapTypes.set(path, type).set(name, type)
    if (isJitedDump(step.argv)) return { argv: step.argv, status: 0, stdout: '(jited)', stderr: '' }
    return {
      argv: step.argv,
      status: step.status,
      stdout: this.#stdout(step, object),
      stderr: this.#text(step.stderr, object),
    }
  }

  /** Type ids of a BTF dump are compared as they are. */
  #stdout({ argv, status, stdout }: Step, object: string): string {
    if (isXlatedDump(argv) && status === 0) return cpuNumber(this.#mapBytes(this.#text(stdout, object)))
    const dumped = argv.includes('dump')
    if (!dumped && !argv.includes('lookup')) return this.#text(stdout, object)
    if (object === 'btf') return stdout
    const map = argv[argv.findIndex((word) => word === 'pinned' || word === 'name') + 1] ?? ''
    const type = object === 'map' ? (this.#mapTypes.get(map) ?? '') : ''
    const kind = slotKinds[type]
    const text = this.#text(kind ? this.#slots(stdout, kind) : stdout, object)
    return dumped && /hash/.test(type) ? unordered(text) : text
  }

  /** The values of a map that holds programs or maps: ids as hex bytes of 32 bits, lowest first. */
  #slots(text: string, kind: Kind): string {
    const bytes = /(value: |"value":\s*\[\s*)((?:"?(?:0x)?[0-9a-f]{2}"?,?\s*){4})/g
    return text.replace(bytes, (_, head: string, hex: string) => {
      const digits = hex.match(/[0-9a-f]{2}(?![0-9a-fx])/g) ?? []
      return head + this.#id(kind, String(parseInt(digits.reverse().join(''), 16)))
    })
  }

  /** Ids of maps in the bytes of an ld_imm64 (source 1 or 2), as text or in JSON. */
  #mapBytes(text: string): string {
    const plain = /(\b18 [12][0-9a-f] 00 00 )((?:[0-9a-f]{2} ){3}[0-9a-f]{2})/g
    const json =
      /("src_reg":\s*"0x[12]",\s*"dst_reg":\s*"0x\w",\s*"off":\s*\[[^\]]*\],\s*"imm":\s*\[)((?:"0x\w\w",?){4})(?=(?:"0x\w\w",?){8})/g
    const name = (_: string, head: string, hex: string) => {
      const digits = hex.match(/[0-9a-f]{2}(?![0-9a-fx])/g) ?? []
      return head + this.#id('map', String(parseInt(digits.reverse().join(''), 16)))
    }
    return text.replace(plain, name).replace(json, name)
  }

  #text(text: string, object: string): string {
    const own = ownKinds[object] ?? 'prog'
    const listed = object === 'btf'
    return (
      text
        .replace(/^(\d+):(?= (?!R\d)\w)/gm, (_, id: string) => `${this.#id(own, id)}:`)
        .replace(/(map\[id:)(\d+)/g, (_, head: string, id: string) => head + this.#id('map', id))
        .replace(/("?\bid"?:\s*|\[id:)(\d+)/g, (_, head: string, id: string) => head + this.#id(own, id))
        .replace(
          /("?prog_ids"?:?\s*\[?\s*)(\d+(?:,\s*\d+)*)/g,
          (_, head: string, ids: string) => head + this.#idSet('prog', ids),
        )
        .replace(/("?map_ids"?:?\s*\[?\s*)(\d+(?:,\s*\d+)*)/g, (_, head: string, ids: string) =>
          listed ? head + this.#idSet('map', ids) : head + this.#ids('map', ids),
        )
        .replace(/("?btf_id"?:?\s*)(\d+)/g, (_, head: string, id: string) => head + this.#id('btf', id))
        .replace(/(inner_map_id"?:?\s*)(\d+)/g, (_, head: string, id: string) => head + this.#id('map', id))
        .replace(/(prog_id:)(\d+)/g, (_, head: string, id: string) => head + this.#id('prog', id))
        .replace(
          /((?:egistered|can't (?:un)?load|can't register) .* id )(\d+)/g,
          (_, head: string, id: string) => head + this.#id('map', id),
        )
        // Where the kernel has a map, in the verifier's log.
        .replace(/(\(18\) r\d = 0x)ff[0-9a-f]{14}(?= +; R\d=map_)/g, '$1ADDRESS')
        .replace(/( [.\d]{10} \(18\) r\d = 0x)ff[0-9a-f]{14}$/gm, '$1ADDRESS')
        .replace(/verification time \d+ usec/g, 'verification time TIME usec')
        .replace(/loaded_at \S+/g, 'loaded_at TIME')
        .replace(/("loaded_at":\s*)\d+/g, '$1"TIME"')
        .replace(/(duration(?: \(average\))?"?: ?)\d+/g, '$1TIME')
        // Machine code there, WebAssembly here.
        .replace(/ {2}jited \d+B/g, '  jited SIZE')
        .replace(/("bytes_jited":\s*)\d+/g, '$1"SIZE"')
        .replace(/(\tname \[vmlinux\] {2}size |\[vmlinux\] {2}size )\d+B/g, '$1SIZE')
    )
  }
}

/** The address of the CPU's own number, which is another one at each boot: as text and in the bytes below. */
function cpuNumber(text: string): string {
  const [, address] = /\(b7\) r\d = (-\d{9,10})(?=[\s\S]{0,200}&\(void __percpu)/.exec(text) ?? []
  if (address === undefined) return text
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(Number(address))
  const pairs = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'))
  return text
    .replaceAll(` = ${address}`, ' = CPU_NUMBER')
    .replaceAll(pairs.join(' '), 'CPU_NUMBER')
    .replaceAll(pairs.map((pair) => `"0x${pair}"`).join(','), '"CPU_NUMBER"')
}

function isXlatedDump(argv: readonly string[]): boolean {
  const what = argv[argv.indexOf('dump') + 1] ?? ''
  return argv.includes('dump') && what !== '' && 'xlated'.startsWith(what)
}

function isJitedDump(argv: readonly string[]): boolean {
  const what = argv[argv.indexOf('dump') + 1] ?? ''
  return argv.includes('dump') && what !== '' && 'jited'.startsWith(what)
}
