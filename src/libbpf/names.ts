/** bpf_core_essential_name_len: the length of a name without its `___flavour`. */
export function essentialNameLength(name: string): number {
  for (let i = name.length - 5; i >= 0; i--) {
    if (name[i] !== '_' && name.startsWith('___', i + 1) && name[i + 4] !== '_') return i + 1
  }
  return name.length
}
