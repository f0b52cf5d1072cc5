/**
 * Functions that get arguments from the verifier had them in their prototypes at first, and _impl in their names: with
 * and without it they do the same, by the same rules.
 */
export function apiName(name: string): string {
  return name.endsWith('_impl') ? name.slice(0, -'_impl'.length) : name
}
