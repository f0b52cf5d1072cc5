// Small BTF blobs, as hexadecimal.
import { le } from './steps.mjs'

const INT = 1
const PTR = 2
const ARRAY = 3
const STRUCT = 4
const FUNC = 12
const FUNC_PROTO = 13

/** Types in the order that they're added; ids count from 1. */
export class BtfBuilder {
  #types = ''
  #strings = '\0'
  #count = 0

  int(name, size, encoding = 0) {
    return this.#add(name, INT, 0, size, le((encoding << 24) | (size * 8)))
  }

  pointer(type) {
    return this.#add('', PTR, 0, type, '')
  }

  array(type, index, length) {
    return this.#add('', ARRAY, 0, 0, le(type) + le(index) + le(length))
  }

  /** members: [name, type, bit offset] */
  struct(name, size, members) {
    const words = members.map(([member, type, offset]) => le(this.#string(member)) + le(type) + le(offset))
    return this.#add(name, STRUCT, members.length, size, words.join(''))
  }

  /** parameters: [name, type] */
  proto(result, parameters) {
    const words = parameters.map(([name, type]) => le(this.#string(name)) + le(type))
    return this.#add('', FUNC_PROTO, parameters.length, result, words.join(''))
  }

  func(name, proto, linkage = 0) {
    return this.#add(name, FUNC, linkage, proto, '')
  }

  hex() {
    const types = this.#types.length / 2
    const strings = Buffer.from(this.#strings, 'latin1')
    const header = '9feb' + '01' + '00' + le(24) + le(0) + le(types) + le(types) + le(strings.length)
    return header + this.#types + strings.toString('hex')
  }

  #string(text) {
    if (text === '') return 0
    const at = this.#strings.length
    this.#strings += `${text}\0`
    return at
  }

  #add(name, kind, vlen, size, more) {
    this.#types += le(this.#string(name)) + le(((kind << 24) | vlen) >>> 0) + le(size) + more
    return ++this.#count
  }
}
