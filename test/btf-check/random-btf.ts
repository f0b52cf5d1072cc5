import { Kind } from '../../src/btf/kinds.ts'
import { random } from '../random.ts'
import { BtfBuilder } from './builder.ts'

/**
 * Random BTF: types that refer to one another in all directions, mostly such that the kernel takes them, with special
 * fields among them; or BTF of the fixtures, somewhat changed.
 */

const specials: readonly (readonly [string, number])[] = [
  ['bpf_spin_lock', 4],
  ['bpf_res_spin_lock', 4],
  ['bpf_timer', 16],
  ['bpf_wq', 16],
  ['bpf_task_work', 8],
  ['bpf_list_head', 16],
  ['bpf_list_node', 24],
  ['bpf_rb_root', 16],
  ['bpf_rb_node', 32],
  ['bpf_refcount', 4],
]
const pointerTags = ['kptr', 'kptr_untrusted', 'percpu_kptr', 'uptr', 'user', 'rcu']
/** Structs that the kernel has too: some with a function to let go of them, some without. */
const kernelStructs = ['task_struct', 'cgroup', 'bpf_cpumask', 'sock', 'prog_test_ref_kfunc', 'mine']
const names = [
  'a',
  'b',
  '_x',
  'node',
  '.data',
  '9bad',
  'sp ace',
  'caf\xe9',
  '\xd7',
  'x'.repeat(511),
  'y'.repeat(512),
  '',
]
const edges = [0, 1, 2, 3, 4, 7, 8, 16, 24, 31, 32, 33, 63, 64, 127, 128, 129, 255, 256, 0xffff, 0x10000, 0xfffff]
const words = [...edges, 0x100000, 0xffffff, 0x1000000, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff]

class Chance {
  readonly next: () => number

  constructor(seed: number) {
    this.next = random(seed)
  }

  below(n: number): number {
    return this.next() % n
  }

  /** True once in n. */
  once(n: number): boolean {
    return this.below(n) === 0
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T
  }
}

class RandomBtf {
  readonly #c: Chance
  readonly #b = new BtfBuilder()
  /** How many types there will be, about. */
  readonly #count: number
  /** How often something is wrong: once in so many. */
  readonly #odds: number
  readonly #vars: number[] = []
  readonly #structs: number[] = []
  readonly #protos: number[] = []
  readonly #fields: number[] = []

  constructor(c: Chance) {
    this.#c = c
    this.#count = 4 + c.below(30)
    this.#odds = c.pick([40, 100, 400, 100000])
  }

  make(): Uint8Array {
    const b = this.#b
    b.int('int', 4, 1)
    b.int('char', 1, 0)
    b.int('long', 8, 1)
    if (this.#c.once(2)) this.#addSpecials()
    while (b.count < this.#count) this.#addOne()
    return b.build()
  }

  #wrong(): boolean {
    return this.#c.once(this.#odds)
  }

  #ident(): string {
    if (this.#wrong()) return this.#c.pick(names)
    return this.#c.pick(['a', 'b', 'node', 'x1', '_y', 'foo.bar', 'bar', this.#c.pick(kernelStructs)])
  }

  /** Any type: mostly one that is there already. */
  #type(): number {
    const c = this.#c
    if (this.#wrong()) return c.pick([0, 0, this.#b.nextId, this.#count + 5, 0xfffff, 0x100000])
    return c.once(12) ? 1 + c.below(this.#count) : 1 + c.below(this.#b.count)
  }

  /** One that has a size, if such a one is found. */
  #sizedType(): number {
    for (let tries = 0; tries < 6; tries++) {
      const id = this.#type()
      if (this.#b.sizeOf(id) > 0) return id
    }
    return this.#wrong() ? this.#type() : 1
  }

  #addSpecials(): void {
    const c = this.#c
    const b = this.#b
    for (const [name, size] of specials) {
      if (!c.once(3)) continue
      this.#fields.push(b.struct(name, this.#wrong() ? size + 4 : size, [['__opaque', 2, 0]]))
      if (c.once(6)) this.#fields.push(b.array(b.count, 1, c.pick([0, 1, 2, 3, 12])))
    }
    for (let left = c.below(3); left > 0; left--) this.#addPointer()
  }

  #addPointer(): void {
    const c = this.#c
    const b = this.#b
    const struct = b.struct(c.pick(kernelStructs), c.pick([8, 4096, 5000]), [['v', 3, 0]])
    let target = this.#wrong() ? this.#type() : struct
    if (c.once(5)) target = b.ref(c.pick([Kind.CONST, Kind.VOLATILE]), target)
    const tag = b.ref(Kind.TYPE_TAG, target, this.#wrong() ? 'x' : c.pick(pointerTags))
    let pointer = b.ref(Kind.PTR, tag)
    if (c.once(6)) pointer = b.ref(Kind.VOLATILE, pointer)
    if (c.once(5)) pointer = b.array(pointer, 1, c.pick([1, 2, 5, 11, 12]))
    this.#fields.push(pointer)
  }

  /** A struct of special fields, each behind the other, with tags for its lists. */
  #addFieldStruct(): void {
    const c = this.#c
    const b = this.#b
    const members: [string, number, number][] = []
    let at = 0
    for (let left = 1 + c.below(5); left > 0; left--) {
      members.push([c.pick(['node', 'm', 'head', 'lock']) + (c.once(2) ? '' : String(left)), c.pick(this.#fields), at])
      at += 8 * b.sizeOf(members.at(-1)?.[1] ?? 0)
      if (c.once(2)) at = (at + 63) & ~63
    }
    if (this.#wrong()) at += 4
    const id = b.struct(this.#ident(), Math.ceil(at / 8) + c.pick([0, 0, 8, 32]), members)
    members.forEach((_, i) => {
      if (!c.once(3)) return
      const target = c.pick(['a', 'b', 'mine', 'bar', 'node'])
      b.tag(c.once(8) ? 'contains:a' : `contains:${target}:${c.pick(['node', 'node1', 'node2', 'm1', ''])}`, id, i)
    })
    this.#structs.push(id)
  }

  #addStruct(): void {
    const c = this.#c
    const isUnion = c.once(4)
    const flagged = c.once(3)
    const count = c.below(6)
    const rest: number[] = []
    let at = 0
    for (let i = 0; i < count; i++) {
      const bits = flagged && c.once(3) ? 1 + c.below(this.#wrong() ? 255 : 8) : 0
      const offset = isUnion && !this.#wrong() ? 0 : at
      const type = this.#fields.length > 0 && c.once(4) ? c.pick(this.#fields) : this.#sizedType()
      const nameOff = this.#wrong() ? c.pick(words) : this.#b.name(c.once(5) ? '' : this.#ident())
      rest.push(nameOff, type, (bits << 24) | offset)
      at += bits || 8 * this.#b.sizeOf(type)
      if (c.once(4)) at = (at + 63) & ~63
      if (this.#wrong()) at += c.pick(words) >>> 8
    }
    const room = isUnion ? Math.max(0, ...rest.map((word, i) => (i % 3 === 1 ? this.#b.sizeOf(word) : 0))) : 0
    const size = Math.max(0, room, Math.ceil(at / 8) + c.pick([0, 0, 0, 8, 64]) - (this.#wrong() ? 8 : 0))
    const kind = isUnion ? Kind.UNION : Kind.STRUCT
    this.#structs.push(this.#b.add(c.once(4) ? '' : this.#ident(), kind, count, size, rest, flagged))
  }

  #addProto(): void {
    const c = this.#c
    const count = c.below(4)
    const rest: number[] = []
    for (let i = 0; i < count; i++) rest.push(this.#b.name(this.#wrong() ? '' : this.#ident()), this.#sizedType())
    if (c.once(5)) rest.push(this.#wrong() ? 1 : 0, 0)
    const returned = c.once(3) ? 0 : this.#sizedType()
    this.#protos.push(this.#b.add('', Kind.FUNC_PROTO, rest.length / 2, returned, rest))
  }

  #addSection(): void {
    const c = this.#c
    const rest: number[] = []
    let at = 0
    if (this.#vars.length === 0 && !this.#wrong()) return
    for (const id of this.#vars.splice(0, 1 + c.below(4))) {
      const size = this.#b.sizeOf(id) || 4
      rest.push(this.#wrong() ? this.#type() : id, at, this.#wrong() ? c.pick(words) : size)
      at += size + c.pick([0, 0, 4]) - (this.#wrong() ? 2 : 0)
    }
    const size = at + (this.#wrong() ? c.pick([-at, -1, 8]) : 0)
    const name = this.#wrong() ? c.pick(names) : c.pick(['.data', '.bss', 'a b', 'x/y?'])
    this.#b.add(name, Kind.DATASEC, rest.length / 3, size, rest)
  }

  #addOne(): void {
    const c = this.#c
    const b = this.#b
    const wrongFlag = this.#wrong()
    switch (c.below(20)) {
      case 0: {
        const size = c.pick([1, 2, 4, 8, 16, 3])
        const offset = this.#wrong() ? c.below(130) << 16 : 0
        const bits = this.#wrong() ? c.below(256) : c.once(6) ? c.below(size * 8) : size * 8
        const encoding = this.#wrong() ? c.below(256) : c.pick([0, 1, 2, 4])
        b.add(this.#ident(), Kind.INT, this.#wrong() ? 1 : 0, size, [(encoding << 24) | offset | bits], wrongFlag)
        return
      }
      case 1:
      case 2:
      case 3:
        b.add(this.#wrong() ? 'a' : '', Kind.PTR, 0, c.once(8) ? 0 : this.#type(), [], wrongFlag)
        return
      case 4: {
        const index = this.#wrong() ? this.#type() : 1
        b.array(this.#sizedType(), index, this.#wrong() ? c.pick(words) : c.below(6))
        return
      }
      case 5:
      case 6:
        this.#addStruct()
        return
      case 7:
        if (this.#fields.length > 0) this.#addFieldStruct()
        else this.#addStruct()
        return
      case 8: {
        const wide = c.once(2)
        const count = c.below(4)
        const rest: number[] = []
        for (let i = 0; i < count; i++) {
          rest.push(this.#wrong() ? c.pick(words) : b.name(this.#wrong() ? '' : this.#ident()), c.next())
          if (wide) rest.push(c.next())
        }
        const size = this.#wrong() ? c.pick(words) : c.pick([1, 2, 4, 8])
        b.add(c.once(3) ? '' : this.#ident(), wide ? Kind.ENUM64 : Kind.ENUM, count, size, rest, c.once(2))
        return
      }
      case 9:
        b.add(this.#ident(), Kind.FWD, this.#wrong() ? 1 : 0, this.#wrong() ? 1 : 0, [], c.once(2))
        return
      case 10:
        b.ref(Kind.TYPEDEF, c.once(8) ? 0 : this.#type(), this.#ident())
        return
      case 11:
      case 12:
        b.ref(
          c.pick([Kind.CONST, Kind.VOLATILE, Kind.RESTRICT]),
          c.once(8) ? 0 : this.#type(),
          this.#wrong() ? 'a' : '',
        )
        return
      case 13:
        b.add(c.pick([...pointerTags, 'tag']), Kind.TYPE_TAG, 0, this.#type(), [], c.once(6))
        return
      case 14:
        this.#addProto()
        return
      case 15: {
        const proto = this.#protos.length > 0 && !this.#wrong() ? c.pick(this.#protos) : this.#type()
        b.add(this.#ident(), Kind.FUNC, this.#wrong() ? 2 : c.below(2), proto, [], wrongFlag)
        return
      }
      case 16: {
        const type = this.#fields.length > 0 && c.once(3) ? c.pick(this.#fields) : this.#sizedType()
        this.#vars.push(b.add(this.#ident(), Kind.VAR, 0, type, [this.#wrong() ? 2 : c.below(2)], wrongFlag))
        return
      }
      case 17:
        this.#addSection()
        return
      case 18:
        b.add(this.#ident(), Kind.FLOAT, 0, this.#wrong() ? 6 : c.pick([2, 4, 8, 12, 16]), [], wrongFlag)
        return
      default: {
        const component = this.#wrong() ? c.pick([-2, 1000]) : c.pick([-1, -1, 0, 1, 2])
        b.tag(this.#wrong() ? '' : 'tag', this.#structs.length > 0 ? c.pick(this.#structs) : this.#type(), component)
      }
    }
  }
}

/** Long ways from type to type, whose links come in any order: how deep they may go, and circles. */
function chain(c: Chance): Uint8Array {
  const b = new BtfBuilder()
  b.int('int', 4)
  const length = c.pick([5, 28, 29, 30, 31, 32, 33, 34, 40])
  const kinds = c.pick([
    [Kind.CONST],
    [Kind.PTR],
    [Kind.TYPE_TAG, Kind.CONST],
    [Kind.TYPEDEF, Kind.PTR],
    [Kind.ARRAY],
    [Kind.STRUCT],
    [Kind.CONST, Kind.PTR, Kind.TYPEDEF, Kind.ARRAY, Kind.STRUCT, Kind.TYPE_TAG],
  ])
  const backwards = c.once(2)
  const end = c.pick([1, 1, 1, 0, 2, 2 + c.below(length)])
  for (let i = 0; i < length; i++) {
    const next = b.nextId + (backwards ? 1 : -1)
    const last = backwards ? i === length - 1 : i === 0
    const target = last ? end : next
    const kind = c.pick(kinds)
    if (kind === Kind.ARRAY) b.array(target, 1, 1)
    else if (kind === Kind.STRUCT) b.struct(`s${i}`, 4, [['m', target, 0]])
    else b.ref(kind, target, kind === Kind.TYPEDEF || kind === Kind.TYPE_TAG ? `t${i}` : '')
  }
  if (c.once(3)) b.add('v', Kind.VAR, 0, c.pick([2, b.count]), [0])
  if (c.once(3)) b.add('', Kind.FUNC_PROTO, 1, b.count, [b.name('p'), 2])
  return b.build()
}

/** Structs that are made of special fields and of one another, as programs with lists and trees have them. */
function owners(c: Chance): Uint8Array {
  const b = new BtfBuilder()
  b.int('int', 4)
  b.int('long', 8)
  const fields = new Map(specials.map(([name, size]) => [name, { id: b.struct(name, size, [['o', 1, 0]]), size }]))
  const kernel = b.struct(c.pick(kernelStructs), 64, [['x', 2, 0]])
  const pointers = pointerTags.slice(0, 4).map((tag) => b.ref(Kind.PTR, b.ref(Kind.TYPE_TAG, kernel, tag)))
  const structs = ['one', 'two', 'three']
  for (const struct of structs) {
    const members: [string, number, number][] = []
    const roots: number[] = []
    let at = 0
    const put = (name: string, id: number, size: number) => {
      const align = Math.min(size, 8)
      at = Math.ceil(at / align) * align
      members.push([name, id, at * 8])
      at += size
    }
    const wanted = c.pick([1, 2, 3, 4, 5])
    const simple = !c.once(3)
    if (simple) put('l', fields.get('bpf_list_node')?.id ?? 0, 24)
    if (!c.once(4)) put('lock', fields.get(c.once(4) ? 'bpf_res_spin_lock' : 'bpf_spin_lock')?.id ?? 0, 4)
    for (let i = 0; i < wanted; i++) {
      const choice = simple && c.once(2) ? 0 : c.below(7)
      const [name, { id, size }] = c.pick([...fields])
      const head = fields.get(simple || c.once(2) ? 'bpf_list_head' : 'bpf_rb_root')
      const node = c.pick(['bpf_list_node', 'bpf_rb_node'])
      if (choice < 2 && head) {
        roots.push(members.length)
        put(`head${i}`, head.id, head.size)
      } else if (choice < 4)
        put(node === 'bpf_list_node' ? 'l' : 'r', fields.get(node)?.id ?? 0, node === 'bpf_list_node' ? 24 : 32)
      else if (choice === 4) put(`p${i}`, c.pick(pointers), 8)
      else if (choice === 5) put(`${name}${i}`, id, size)
      else {
        const count = c.pick([1, 2, 4])
        const [element, bytes] = c.pick([
          [c.pick(pointers), 8],
          [head?.id ?? 0, 16],
        ] as const)
        put(`a${i}`, b.array(element, 1, count), bytes * count)
      }
    }
    const owner = b.struct(struct, Math.ceil(at / 8) * 8, members)
    for (const root of roots) b.tag(`contains:${c.pick(structs)}:${simple ? 'l' : c.pick(['l', 'r'])}`, owner, root)
  }
  return b.build()
}

/** Changes some words of BTF. */
function mutate(c: Chance, original: Uint8Array): Uint8Array {
  let bytes = Buffer.from(original)
  for (let left = c.pick([1, 1, 1, 2, 3, 8]); left > 0; left--) {
    const typeLen = bytes.length >= 24 ? bytes.readUInt32LE(12) : 0
    const typeWords = Math.min(typeLen >>> 2, (bytes.length - 24) >>> 2)
    switch (c.below(24)) {
      case 0:
        if (bytes.length >= 24) bytes.writeUInt32LE(c.once(2) ? c.pick(words) : c.below(bytes.length), 4 * c.below(6))
        break
      case 1:
        if (bytes.length > 0) bytes[c.below(Math.min(bytes.length, 28))] = c.below(256)
        break
      case 2:
        bytes = bytes.subarray(0, c.below(bytes.length + 1))
        break
      case 3:
        bytes = Buffer.concat([bytes, Buffer.alloc(c.pick([1, 4, 12]), c.pick([0, 1]))])
        break
      case 4:
      case 5: {
        const strings = 24 + typeLen
        if (strings < bytes.length)
          bytes[strings + c.below(bytes.length - strings)] = c.pick([0, 0x20, 0x41, 0x7f, 0x80, 0xa0, 0xff])
        break
      }
      default: {
        if (typeWords <= 0) break
        const at = 24 + 4 * c.below(typeWords)
        const old = bytes.readUInt32LE(at)
        const word = c.pick([c.pick(words), c.below(40), old + 1, old - 1, old ^ (1 << c.below(32)), c.below(20) << 24])
        bytes.writeUInt32LE(word >>> 0, at)
      }
    }
  }
  return Uint8Array.from(bytes)
}

/** A header of another length. */
function otherHeader(c: Chance, original: Uint8Array): Uint8Array {
  const length = c.pick([0, 4, 7, 8, 12, 20, 21, 23, 25, 28, 32, 64])
  const bytes = Buffer.concat([
    Buffer.from(original.subarray(0, Math.min(length, 24))),
    Buffer.alloc(Math.max(0, length - 24)),
  ])
  if (bytes.length >= 8) bytes.writeUInt32LE(length, 4)
  if (length > 24 && c.once(4)) bytes[24 + c.below(length - 24)] = 1
  return Uint8Array.from(Buffer.concat([bytes, original.subarray(24)]))
}

/**
 * The BTF of a seed.
 * @param fixtures BTF that is changed in one of three.
 */
export function randomBtf(seed: number, fixtures: readonly Uint8Array[]): Uint8Array {
  const c = new Chance(seed)
  if (c.once(3) && fixtures.length > 0) return mutate(c, c.pick(fixtures))
  if (c.once(12)) return chain(c)
  if (c.once(6)) return owners(c)
  const made = new RandomBtf(c).make()
  if (c.once(60)) return otherHeader(c, made)
  return c.once(4) ? mutate(c, made) : made
}
