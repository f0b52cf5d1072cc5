// What the recording and its replay agree on: the words of a step, as guest.c reads them.

/** @typedef {Record<string, unknown>} Step */

/** Builds a family's steps; names of maps, programs and BTF become slots of guest.c. */
export class Steps {
  /** @type {Step[]} */
  list = []

  /** A map; `attr` in the words of union bpf_attr. */
  create(as, type, attr) {
    this.list.push({ op: 'create', as, type, ...attr })
    return this
  }

  lookup(fd, key, more = {}) {
    return this.#add({ op: 'lookup', fd, key, ...more })
  }

  update(fd, key, value, flags = 0) {
    return this.#add({ op: 'update', fd, key, value, flags })
  }

  delete(fd, key) {
    return this.#add({ op: 'delete', fd, key })
  }

  next(fd, key = null) {
    return this.#add({ op: 'next', fd, key })
  }

  /** BPF_MAP_LOOKUP_AND_DELETE_ELEM. */
  pop(fd, key = null, flags = 0) {
    return this.#add({ op: 'pop', fd, key, flags })
  }

  freeze(fd) {
    return this.#add({ op: 'freeze', fd })
  }

  /** What fdinfo says, memlock among it. */
  info(fd) {
    return this.#add({ op: 'info', fd })
  }

  close(fd) {
    return this.#add({ op: 'close', fd })
  }

  /** Another descriptor of the same map, with flags. */
  reopen(as, fd, flags) {
    return this.#add({ op: 'reopen', as, fd, flags })
  }

  /** BTF_LOAD of these bytes, hexadecimal. */
  btf(as, bytes) {
    return this.#add({ op: 'btf', as, bytes })
  }

  load(as, type, insns, more = {}) {
    return this.#add({ op: 'load', as, type, insns, ...more })
  }

  run(fd, more = {}) {
    return this.#add({ op: 'run', fd, ...more })
  }

  /** A ring buffer's positions and data; `position` sets the reader's (of a user ring buffer, the writer's, and data). */
  ring(fd, position, data) {
    return this.#add({ op: 'ring', fd, ...(position === undefined ? {} : { position, data: data ?? null }) })
  }

  #add(step) {
    this.list.push(step)
    return this
  }
}

/** A step as a line of guest.c. */
export function lineOf(step, slots) {
  const slot = (name) => {
    if (name === undefined || name === null) return -1
    if (!slots.has(name)) slots.set(name, slots.size)
    return slots.get(name)
  }
  const hex = (text) =>
    text === null || text === undefined
      ? '-'
      : text === ''
        ? '.'
        : text.replace(/@(\w+);/g, (_, name) => `@${slot(name)};`)
  const { op, fd, as, key, value, flags = 0 } = step
  switch (op) {
    case 'create': {
      const { type, keySize = 0, valueSize = 0, max = 0, extra = 0, inner, numa = 0 } = step
      const { btf, btfKey = 0, btfValue = 0, btfVmlinux = 0, module, ifindex = 0 } = step
      const words = [slot(as), type, keySize, valueSize, max, flags, extra, slot(inner), numa]
      return ['create', ...words, slot(btf), btfKey, btfValue, btfVmlinux, slot(module), ifindex].join(' ')
    }
    case 'lookup':
    case 'update':
    case 'delete':
    case 'next':
    case 'pop':
      return [op, slot(fd), hex(key), hex(value), flags]
        .concat(Object.entries(step.ids ?? {}).flatMap(([at, name]) => [at, slot(name)]))
        .join(' ')
    case 'btf':
      return `btf ${slot(as)} ${step.bytes}`
    case 'load':
      return ['load', slot(as), step.type, step.attach ?? 0, flags, hex(step.insns), step.attachBtfId ?? 0]
        .concat(slot(step.btf), hex(step.funcInfo))
        .join(' ')
    case 'run':
      return ['run', slot(fd), hex(step.data), step.repeat ?? 1, hex(step.ctx)].join(' ')
    case 'ring':
      return ['ring', slot(fd), ...(step.position === undefined ? [] : [step.position, hex(step.data)])].join(' ')
    case 'reopen':
      return `reopen ${slot(as)} ${slot(fd)} ${flags}`
    default:
      return `${op} ${slot(fd)}`
  }
}

/** Little-endian bytes of a number, hexadecimal. */
export function le(value, size = 4) {
  let text = ''
  let rest = BigInt(value)
  for (let i = 0; i < size; i++) {
    text += Number(rest & 0xffn)
      .toString(16)
      .padStart(2, '0')
    rest >>= 8n
  }
  return text
}

/** A generator of numbers from a seed, the same everywhere. */
export function random(seed) {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 0x1_0000_0000) * below)
  }
}
