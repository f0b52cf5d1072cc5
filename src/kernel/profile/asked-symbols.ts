/**
 * Symbols that most loads ask for stand in a file of their own, so that the others needn't be read: the functions of BPF
 * itself, helpers that aren't called so among them; what maps do for programs, and what else the rewrites name.
 */
const asked = [
  /^((__)?bpf_|sk_skb_|sk_(select_)?reuseport|get_func_(arg|ret))/,
  /^\w+_(lookup|update|delete|push|pop|peek)(_percpu)?_elem$/,
  /^(\w+_map_redirect|sock_(map|hash)_lookup|arch_bpf_timed_may_goto|__static_call_return0)$/,
  /^(jiffies|cpu_number)$/,
]

/** Whether all symbols of that name are in that file. */
export function isAsked(name: string): boolean {
  return asked.some((names) => names.test(name))
}
