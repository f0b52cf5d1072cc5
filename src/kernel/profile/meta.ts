import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What is known of a kernel without unpacking anything: meta.json of its folder. */
export interface ProfileMeta {
  /** uname -r, -v and -m. */
  release: string
  version: string
  machine: string
  vmlinuxBtfSize: number
  cpus?: number | undefined
  borrowed?: readonly string[]
  /** Of structs that are asked for often: the types needn't be read for them. */
  structSizes?: Record<string, number>
  /** Offset and size of members that the rewrites of most programs name. */
  members?: Record<string, readonly [offset: number, size: number]>
}

export function readMeta(folder: string): ProfileMeta {
  return JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as ProfileMeta
}
