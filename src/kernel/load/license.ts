/** license_is_gpl_compatible: the licenses with which a program may call what is for GPL programs only. */
const compatible: ReadonlySet<string> = new Set([
  'GPL',
  'GPL v2',
  'GPL and additional rights',
  'Dual BSD/GPL',
  'Dual MIT/GPL',
  'Dual MPL/GPL',
])

/** Bytes of a license that the kernel reads. */
const MAX_LICENSE = 127

export function isGplCompatible(license: string): boolean {
  return compatible.has(license.slice(0, MAX_LICENSE))
}
