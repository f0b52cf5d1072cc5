import type { Btf } from '../btf/btf.ts'
import { resolveCore } from '../btf/core/resolve.ts'
import type { Candidate } from '../btf/core/resolve.ts'
import { CoreKind } from '../btf/core/spec.ts'
import type { Spec } from '../btf/core/spec.ts'
import { parseBtfExt } from './btf-ext.ts'
import { asLibbpf, coreHost } from './core-host.ts'
import type { EssentialNames } from './core-names.ts'
import { Elf } from './elf.ts'
import { LibbpfError } from './error.ts'
import { silent } from './log.ts'
import type { Log } from './log.ts'
import { ObjectBtf } from './object-btf.ts'
import { Errno } from '../uapi/errno.ts'

/**
 * What a BPF object's CO-RE relocations find in a kernel's BTF, one by one, without the object being opened.
 *
 * @returns undefined where the object has no .BTF.ext.
 * @throws LibbpfError.
 */
export function coreNeeds(object: Uint8Array, target: Btf, names: EssentialNames, log: Log): Spec[] | undefined {
  if (object[0] !== 0x7f) return undefined
  const elf = new Elf(object, '', silent, true)
  const [types, ext] = ['.BTF', '.BTF.ext'].map((name) => elf.data(elf.sectionByName(name)))
  if (types === undefined || ext === undefined) return undefined
  const btf = ObjectBtf.parse(types, log)
  const { coreRelo } = parseBtfExt(ext, log)
  const host = coreHost(log)
  const known = new Map<number, Candidate[]>()
  const specs: Spec[] = []
  for (const section of coreRelo.sections) {
    const { records } = section
    const view = new DataView(records.buffer, records.byteOffset, records.length)
    const sectionName = btf.string(section.nameOff)
    for (let i = 0; i < section.count; i++) {
      const [insnOff, typeId, accessStrOff, kind] = [0, 4, 8, 12].map((at) =>
        view.getUint32(i * coreRelo.recordSize + at, true),
      ) as [number, number, number, number]
      if (typeId >= btf.typeCount) throw new LibbpfError(Errno.EINVAL)
      let candidates = known.get(typeId)
      if (candidates === undefined) {
        candidates = []
        if (kind !== CoreKind.TYPE_ID_LOCAL) {
          names.add(candidates, btf, typeId, target, 'vmlinux')
          known.set(typeId, candidates)
        }
      }
      const relo = { insnOff, typeId, accessStrOff, kind }
      const { spec } = asLibbpf(() => resolveCore(sectionName, i, relo, btf, candidates, host))
      if (spec !== undefined) specs.push(spec)
    }
  }
  return specs
}
