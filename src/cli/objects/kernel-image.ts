import type { KernelSource } from '../../kernel/import.ts'
import { CommandError } from '../command.ts'
import { findBtfSections } from './btf-elf.ts'
import { unpackAll } from './unpack.ts'

/** What a kernel's image tells of it: a vmlinux, or a vmlinuz for x86 with one inside. */

const ELF_MAGIC = '\x7fELF'
/** Of the boot protocol's header: its magic, the sectors before the kernel, and where the packed one is (since 2.08). */
const SETUP = { MAGIC: 0x202, SECTORS: 0x1f1, PAYLOAD: 0x248, LENGTH: 0x24c } as const
const SECTOR = 512

/** @throws CommandError. */
export async function kernelFromImage(bytes: Uint8Array, path: string): Promise<KernelSource> {
  const image = textAt(bytes, 0, 4) === ELF_MAGIC ? bytes : await vmlinuxIn(bytes, path)
  const sections = findBtfSections(image, path)
  if (typeof sections === 'string' || sections.btf === undefined)
    throw new CommandError(`${path} has no types: it's cut short, or was built without CONFIG_DEBUG_INFO_BTF`)
  return { vmlinuxBtf: sections.btf, ...bannerIn(image) }
}

async function vmlinuxIn(bytes: Uint8Array, path: string): Promise<Uint8Array> {
  if (textAt(bytes, SETUP.MAGIC, 4) !== 'HdrS' || bytes.length < SETUP.LENGTH + 4)
    throw new CommandError(`${path} is no image of a kernel for x86`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = ((bytes[SETUP.SECTORS] || 4) + 1) * SECTOR + view.getUint32(SETUP.PAYLOAD, true)
  const packed = bytes.subarray(start, start + view.getUint32(SETUP.LENGTH, true))
  const image = await unpackAll(packed, path)
  if (textAt(image, 0, 4) !== ELF_MAGIC) throw new CommandError(`${path} holds no kernel that can be read`)
  return image
}

/** linux_banner: `Linux version RELEASE (...) (...) VERSION`. */
function bannerIn(image: Uint8Array): Pick<KernelSource, 'release' | 'version'> {
  const bytes = Buffer.from(image.buffer, image.byteOffset, image.byteLength)
  for (let at = 0; (at = bytes.indexOf('Linux version ', at, 'latin1')) >= 0; at++) {
    const line = bytes.toString('latin1', at, at + 512)
    const [, release, version] = /^Linux version (\d+\.\d+\S*) .*?(#\d[^\n]*)\n/.exec(line) ?? []
    if (release !== undefined) return { release, version }
  }
  return {}
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return Buffer.from(bytes.subarray(at, at + length)).toString('latin1')
}
