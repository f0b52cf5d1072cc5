import type { Btf } from './btf.ts'

/** Names with a flavour: `task_struct___old` stands for `task_struct`. */

/** bpf_core_essential_name_len: the length of a name without its `___flavour`. */
export function essentialNameLength(name: string): number {
  for (let i = name.length - 5; i >= 0; i--) {
    if (name[i] !== '_' && name.startsWith('___', i + 1) && name[i + 4] !== '_') return i + 1
  }
  return name.length
}

/** All types of a kind whose names without flavour are this one. One look through the BTF, and no name is decoded. */
export function typesNamed(btf: Btf, essential: string, kind: number): number[] {
  const { words, offsets, strings } = btf.flat()
  const names = offsetsOf(new TextDecoder('latin1').decode(strings), essential)
  const found: number[] = []
  for (let id = 1; id < btf.typeCount; id++) {
    const at = offsets[id] as number
    if (names.has(words[at] as number) && btf.kind(id) === kind) found.push(id)
  }
  return found
}

/** Where strings begin that are the name, or the name with a flavour. */
function offsetsOf(strings: string, essential: string): ReadonlySet<number> {
  const found = new Set<number>()
  const start = `\0${essential}`
  for (let at = strings.indexOf(start); at >= 0; at = strings.indexOf(start, at + 1)) {
    const end = at + start.length
    if (strings[end] === '\0') found.add(at + 1)
    else if (strings.startsWith('___', end)) {
      const name = strings.slice(at + 1, strings.indexOf('\0', end))
      if (essentialNameLength(name) === essential.length) found.add(at + 1)
    }
  }
  return found
}
