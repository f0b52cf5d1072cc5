import { BtfWriter } from '../../btf/writer.ts'
import type { GlobalSymbol } from './model.ts'
import { Output } from './output.ts'

/** struct bpf_linker: what was linked so far. */
export class LinkState {
  readonly output = new Output()
  readonly types = new BtfWriter()
  /** In the order in which they came, and by name, the first of each. */
  readonly globalList: GlobalSymbol[] = []
  readonly globals = new Map<string, GlobalSymbol>()
}
