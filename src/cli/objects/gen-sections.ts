import { Errno } from '../../uapi/errno.ts'
import { Btf } from '../../btf/btf.ts'
import { CDump } from '../../btf/dump-c.ts'
import { BtfKind, VarLinkage } from '../../libbpf/object-btf.ts'
import { CommandError } from '../command.ts'
import { commandLog } from './command-log.ts'
import { identifier, mmapIdent, sectionIdent } from './gen-names.ts'
import type { BpfObject } from '../../libbpf/model.ts'
import type { Command } from '../command.ts'
import type { CText } from './gen-text.ts'
import type { ObjectBtf } from '../../libbpf/object-btf.ts'

const MAX_IDENT = 255

/** Declarations of an object's types, written into the skeleton (btf_dump__emit_type_decl). */
export class Declarations {
  readonly #dump: CDump

  constructor(cmd: Command, btf: ObjectBtf, text: CText) {
    this.#dump = new CDump(
      Btf.parse(btf.rawData()),
      (bytes) => {
        text.put(Buffer.from(bytes).toString('latin1'))
      },
      (message) => {
        commandLog(cmd).warn(message)
      },
    )
  }

  put(type: number, name: string, level: number, stripMods: boolean): void {
    this.#dump.emitTypeDecl(type, name, { level, stripMods })
    this.#dump.out.flush()
  }
}

/** find_type_for_map: the DATASEC of a map of global data. */
export function sectionOf(btf: ObjectBtf, ident: string): number | undefined {
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kind(id) === BtfKind.DATASEC && sectionIdent(btf.name(id)) === ident) return id
  }
  return undefined
}

export interface SectionVar {
  /** Its number in the section. */
  index: number
  name: string
  /** Of the variable, not of its KIND_VAR. */
  type: number
  offset: number
  size: number
}

/** The variables of a section that user space may see: static ones are left out. */
export function* visibleVars(btf: ObjectBtf, section: number): Generator<SectionVar> {
  for (let index = 0; index < btf.vlen(section); index++) {
    const id = btf.secVarType(section, index)
    if (btf.varLinkage(id) === VarLinkage.STATIC) continue
    const [offset, size] = [btf.secVarOffset(section, index), btf.secVarSize(section, index)]
    yield { index, name: btf.name(id), type: btf.type(id), offset, size }
  }
}

/** A variable as a field of its section's struct. */
export function varIdent({ name }: SectionVar): string {
  return identifier(name.slice(0, MAX_IDENT))
}

/** codegen_datasec_def: a section's struct, with the holes that a 32-bit host would not have. */
function sectionStruct(
  obj: BpfObject,
  btf: ObjectBtf,
  decl: Declarations,
  sec: number,
  name: string,
  text: CText,
): void {
  const secName = btf.name(sec)
  const ident = sectionIdent(secName)
  if (ident === undefined) return
  text.put(`\tstruct ${name}__${ident} {\n`)
  let off = 0
  let pads = 0
  for (const each of visibleVars(btf, sec)) {
    if (off > each.offset) {
      throw new CommandError(
        `Something is wrong for ${secName}'s variable #${each.index}: need offset ${each.offset}, already at ${off}.\n`,
        -Errno.EINVAL,
      )
    }
    const align = btf.alignOf(each.type, obj.log)
    if (align <= 0) {
      throw new CommandError(`Failed to determine alignment of variable '${each.name}': ${align}`, -Errno.EINVAL)
    }
    const least = Math.min(align, 4)
    if (Math.ceil(off / least) * least !== each.offset) text.put(`\t\tchar __pad${pads++}[${each.offset - off}];\n`)
    text.put('\t\t')
    decl.put(each.type, varIdent(each), 2, secName !== '.kconfig')
    text.put(';\n')
    off = each.offset + each.size
  }
  text.put(`\t} *${ident};\n`)
}

/** codegen_datasecs. */
export function sectionStructs(cmd: Command, obj: BpfObject, btf: ObjectBtf, name: string, text: CText): void {
  const decl = new Declarations(cmd, btf, text)
  for (const map of obj.maps) {
    const ident = mmapIdent(obj, map)
    if (ident === undefined) continue
    const sec = sectionOf(btf, ident)
    // Sections of constants that the compiler made have no type.
    if (sec === undefined) text.put(`\tstruct ${name}__${ident} {\n\t} *${ident};\n`)
    else sectionStruct(obj, btf, decl, sec, name, text)
  }
}

/** codegen_subskel_datasecs: each variable as a pointer that is found when the subskeleton opens. */
export function sectionPointers(cmd: Command, obj: BpfObject, btf: ObjectBtf, name: string, text: CText): void {
  const decl = new Declarations(cmd, btf, text)
  for (const map of obj.maps) {
    const ident = mmapIdent(obj, map)
    const sec = ident === undefined ? undefined : sectionOf(btf, ident)
    if (ident === undefined || sec === undefined) continue
    const stripMods = btf.name(sec) !== '.kconfig'
    text.put(`\tstruct ${name}__${ident} {\n`)
    for (const each of visibleVars(btf, sec)) {
      const type = btf.skipModsAndTypedefs(each.type)
      const isFunc = btf.kind(type) === BtfKind.PTR && btf.kind(btf.type(type)) === BtfKind.FUNC_PROTO
      const needsTypeof = isFunc || btf.kind(type) === BtfKind.ARRAY
      text.put(needsTypeof ? '\t\t__typeof__(' : '\t\t')
      decl.put(each.type, '', 2, stripMods)
      text.put(`${needsTypeof ? ')' : ''} *${each.name};\n`)
    }
    text.put(`\t} ${ident};\n`)
  }
}

/** codegen_asserts: the compiler checks that the fields are as large as the program's variables. */
export function sizeAsserts(obj: BpfObject, name: string, text: CText): void {
  const { btf } = obj
  if (btf === undefined) return
  text.put(`__attribute__((unused)) static void
${name}__assert(struct ${name} *s __attribute__((unused)))
{
#ifdef __cplusplus
#define _Static_assert static_assert
#endif
`)
  for (const map of obj.maps) {
    const ident = mmapIdent(obj, map)
    const sec = ident === undefined ? undefined : sectionOf(btf, ident)
    if (ident === undefined || sec === undefined) continue
    for (const each of visibleVars(btf, sec)) {
      const size = btf.resolveSize(each.type)
      if (size < 0) continue
      const field = varIdent(each)
      text.put(`\t_Static_assert(sizeof(s->${ident}->${field}) == ${size}, "unexpected size of '${field}'");\n`)
    }
  }
  text.put(`#ifdef __cplusplus
#undef _Static_assert
#endif
}
`)
}
