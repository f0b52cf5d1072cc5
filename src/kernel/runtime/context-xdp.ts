import { MEM_HI } from '../helpers/impl/address.ts'
import type { VirtualObject } from '../helpers/impl/run.ts'
import type { XdpBuff } from '../helpers/impl/xdp-buff.ts'
import { XDP_MD_SIZE } from '../helpers/impl/xdp-buff.ts'
import { narrow } from './context-field.ts'

/** struct xdp_md as a program sees it: what xdp_convert_ctx_access makes of its fields. */
export class XdpContext implements VirtualObject {
  readonly #xdp: XdpBuff

  constructor(xdp: XdpBuff) {
    this.#xdp = xdp
  }

  load(r: Int32Array, d: number, off: number, size: number): boolean {
    const xdp = this.#xdp
    switch (off) {
      case 0:
        return pointer(r, d, xdp.data)
      case 4:
        return pointer(r, d, xdp.dataEnd)
      case 8:
        return pointer(r, d, xdp.dataMeta)
    }
    return off >= 12 && off < XDP_MD_SIZE && narrow(r, d, xdp.word(off & ~3), off, size)
  }

  store(): boolean {
    return false
  }
}

/** A field that the kernel turns into a pointer. */
export function pointer(r: Int32Array, d: number, at: number): boolean {
  r[d] = at
  r[d + 1] = MEM_HI
  return true
}
