import { collectSections } from './collect.ts'
import { fixupBtf } from './btf-fixup.ts'
import { Elf } from './elf.ts'
import { LibbpfError, errstr } from './error.ts'
import { collectExterns } from './externs.ts'
import { Log } from './log.ts'
import { initMaps } from './maps.ts'
import { BpfObject } from './model.ts'
import type { OpenOptions } from './model.ts'
import { collectRelocs } from './relocate-collect.ts'
import { findSecDef } from './sections.ts'

/** What was read of the object's file: its bytes, or why it can't be read (`failed` is the errno of open(2)). */
export type ObjectSource = Uint8Array | { failed: number }

export function makeLog(options: OpenOptions): Log {
  const { print } = options
  return new Log(print ?? (() => undefined), print !== undefined && options.debug === true)
}

/**
 * bpf_object__open_file, and bpf_object__open_mem with `objectName`: an object's programs, maps, externs and relocations,
 * from its file alone.
 *
 * @param path as the user wrote it: the object's name comes from it.
 * @throws LibbpfError after printing why.
 */
export function openObject(source: ObjectSource, path: string, options: OpenOptions = {}): BpfObject {
  const log = makeLog(options)
  const { objectName } = options
  log.debug(() =>
    objectName === undefined ? `loading object from ${path}` : `loading object '${objectName}' from buffer`,
  )
  const obj = new BpfObject(path, options, log)
  if ('failed' in source) {
    log.warn(`elf: failed to open ${path}: ${errstr(source.failed)}`)
    throw new LibbpfError(source.failed)
  }
  const elf = new Elf(source, obj.path, log)
  const state = collectSections(obj, elf)
  collectExterns(obj, elf)
  fixupBtf(obj, elf)
  initMaps(obj, state)
  initPrograms(obj)
  collectRelocs(obj, state)
  return obj
}

/** bpf_object_init_progs: what each entry program's section says of it. */
function initPrograms(obj: BpfObject): void {
  for (const prog of obj.entryPrograms()) {
    prog.secDef = findSecDef(prog.sectionName)
    if (prog.secDef === undefined) {
      obj.log.debug(() => `prog '${prog.name}': unrecognized ELF section name '${prog.sectionName}'`)
      continue
    }
    prog.type = prog.secDef.progType
    prog.expectedAttachType = prog.secDef.expectedAttachType
  }
}
