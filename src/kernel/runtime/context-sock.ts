import type { VirtualObject } from '../helpers/impl/run.ts'
import type { Skb } from '../helpers/impl/skb.ts'
import { narrow } from './context-field.ts'

const AF_INET = 2
const AF_INET6 = 10
const TCP_CLOSE = 7

/** struct bpf_sock of the socket that a test run gives its packet: closed, of no protocol, with the packet's addresses. */
export class SockObject implements VirtualObject {
  readonly #skb: Skb

  constructor(skb: Skb) {
    this.#skb = skb
  }

  load(r: Int32Array, d: number, off: number, size: number): boolean {
    if (off < 0 || off + size > 80) return false
    return narrow(r, d, this.#word(off & ~3), off, size)
  }

  #word(off: number): number {
    const { family, localAddress, remoteAddress } = this.#skb
    if (off === 4) return family
    if (off === 72) return TCP_CLOSE
    if (off === 76) return -1 // rx_queue_mapping: none
    if (off === 24) return family === AF_INET ? word(localAddress, 0) : 0
    if (off === 52) return family === AF_INET ? word(remoteAddress, 0) : 0
    if (off >= 28 && off < 44) return family === AF_INET6 ? word(localAddress, off - 28) : 0
    if (off >= 56 && off < 72) return family === AF_INET6 ? word(remoteAddress, off - 56) : 0
    return 0
  }

  store(): boolean {
    return false
  }
}

function word(bytes: Uint8Array, off: number): number {
  return new DataView(bytes.buffer).getInt32(off, true)
}
