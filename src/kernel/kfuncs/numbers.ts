import { kfuncNames } from './table.ts'

/**
 * What stands for a kernel function in programs as the runtime has them: a number made of its name. The id of its type,
 * which programs come with, is another in each kernel, and asking for its name means reading the kernel's whole BTF.
 */
export function kfuncNumber(name: string): number {
  // FNV-1a. No name gives 0, which stands for a function that isn't there.
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return hash & 0x7fffffff || 1
}

let names: ReadonlyMap<number, string> | undefined

/** The function of a number; undefined for one that no version of Linux has. */
export function kfuncName(number: number): string | undefined {
  names ??= new Map(kfuncNames().map((name) => [kfuncNumber(name), name]))
  return names.get(number)
}
