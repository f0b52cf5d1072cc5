import type { Btf } from '../../btf/btf.ts'
import { essentialNameLength, typesNamed } from '../../btf/flavors.ts'
import { jhash } from '../jhash.ts'

/** Types of the kernel's that a program may mean by one of its own, and the cache of those (bpf_core_find_cands). */

/** VMLINUX_CAND_CACHE_SIZE and MODULE_CAND_CACHE_SIZE. */
const CACHE_SIZE = 31

/** struct bpf_cand_cache, but for the ids, which follow from these. */
interface Slot {
  /** Without flavour. */
  readonly name: string
  readonly kind: number
}

/** Types by their name: a slot is found again by its name alone, so a type of another kind may get its candidates. */
export interface Candidates extends Slot {
  readonly ids: readonly number[]
}

type Slots = (Slot | undefined)[]

/** By the kernel's BTF: a kind and a name lead to the types. */
const known = new WeakMap<Btf, Map<string, readonly number[]>>()

/** bpf_core_add_cands. */
function typesOf(kernel: Btf, { name, kind }: Slot): readonly number[] {
  let byName = known.get(kernel)
  if (!byName) known.set(kernel, (byName = new Map<string, readonly number[]>()))
  const key = `${kind} ${name}`
  let found = byName.get(key)
  if (!found) byName.set(key, (found = typesNamed(kernel, name, kind)))
  return found
}

/** The cache as it was kept; an empty one where none was. */
export function openCandidates(bytes: Uint8Array | undefined): CandidateCache {
  if (!bytes) return new CandidateCache()
  const [vmlinux, modules] = JSON.parse(new TextDecoder().decode(bytes)) as [SavedSlot[], SavedSlot[]]
  return new CandidateCache(vmlinux.map(toSlot), modules.map(toSlot))
}

/** vmlinux_cand_cache and module_cand_cache. No module has types here: of theirs there's never a candidate. */
export class CandidateCache {
  readonly #vmlinux: Slots
  readonly #modules: Slots
  /** Whether it is another than the one that was opened. */
  changed = false

  constructor(vmlinux: Slots = [], modules: Slots = []) {
    this.#vmlinux = vmlinux
    this.#modules = modules
  }

  bytes(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify([saved(this.#vmlinux), saved(this.#modules)]))
  }

  /** bpf_core_find_cands. @returns undefined for a type without a name. */
  find(kernel: Btf, local: Pick<Btf, 'name' | 'kind'>, id: number): Candidates | undefined {
    const full = local.name(id)
    if (full === '') return undefined
    const wanted = { name: full.slice(0, essentialNameLength(full)), kind: local.kind(id) }
    const found = this.#look(this.#vmlinux, wanted)
    const ids = typesOf(kernel, found)
    return ids.length > 0 ? { ...found, ids } : { ...this.#look(this.#modules, wanted), ids: [] }
  }

  /** check_cand_cache, and populate_cand_cache where nothing is found. */
  #look(slots: Slots, wanted: Slot): Slot {
    const at = slotOf(wanted.name)
    const found = slots[at]
    if (found?.name === wanted.name) return found
    slots[at] = wanted
    this.changed = true
    return wanted
  }

  /** print_cand_cache. */
  print(kernel: Btf, write: (text: string) => void): void {
    const all = (slots: Slots, idsOf: (slot: Slot) => readonly number[]): void => {
      for (let i = 0; i < CACHE_SIZE; i++) {
        const slot = slots[i]
        if (slot) write(`[${i}]${slot.name}(${idsOf(slot).join(' ')}), `)
      }
    }
    write('vmlinux_cand_cache:')
    all(this.#vmlinux, (slot) => typesOf(kernel, slot))
    write('\nmodule_cand_cache:')
    all(this.#modules, () => [])
    write('\n')
  }
}

/** hash_cands. */
function slotOf(name: string): number {
  const u8 = new TextEncoder().encode(name)
  const view = new DataView(u8.buffer, u8.byteOffset, u8.byteLength)
  return (jhash({ u8, view }, 0, u8.length, 0) >>> 0) % CACHE_SIZE
}

type SavedSlot = readonly [name: string, kind: number] | null

function saved(slots: Slots): SavedSlot[] {
  return Array.from(slots, (slot) => (slot ? ([slot.name, slot.kind] as const) : null))
}

function toSlot(slot: SavedSlot): Slot | undefined {
  return slot ? { name: slot[0], kind: slot[1] } : undefined
}
