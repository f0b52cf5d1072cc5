import type { Command } from '../command.ts'
import type { JsonWriter } from '../render/json.ts'

/** A section's title in each form of output. */
export interface Section {
  json: string
  plain: string
  macros: string
}

/** One feature that is there or not, as each form of output calls it. */
export interface Feature {
  json: string
  plain: string
  macro: string
}

/** Where what was found out goes to: text, JSON, or a C header. */
export interface Report {
  begin(section: Section): void
  end(): void
  feature(feature: Feature, has: boolean): void
  /** A sysctl's number, and the sentence that text has for it; undefined where it can't be read. */
  sysctl(name: string, value: number | undefined, sentence: string): void
  option(name: string, value: string | undefined): void
  beginHelpers(progType: string): void
  helper(progType: string, name: string, has: boolean): void
  endHelpers(any: boolean, typeSupported: boolean): void
}

export class TextReport implements Report {
  readonly #cmd: Command

  constructor(cmd: Command) {
    this.#cmd = cmd
  }

  begin({ plain }: Section): void {
    this.#cmd.out(`${plain}\n`)
  }

  end(): void {
    this.#cmd.out('\n')
  }

  feature({ plain }: Feature, has: boolean): void {
    this.#cmd.out(`${plain} is ${has ? '' : 'NOT '}available\n`)
  }

  sysctl(_name: string, _value: number | undefined, sentence: string): void {
    this.#cmd.out(`${sentence}\n`)
  }

  option(name: string, value: string | undefined): void {
    this.#cmd.out(value === undefined ? `${name} is not set\n` : `${name} is set to ${value}\n`)
  }

  beginHelpers(progType: string): void {
    this.#cmd.out(`eBPF helpers supported for program type ${progType}:`)
  }

  helper(_progType: string, name: string, has: boolean): void {
    if (has) this.#cmd.out(`\n\t- ${name}`)
  }

  endHelpers(any: boolean, typeSupported: boolean): void {
    this.#cmd.out('\n')
    if (any) return
    this.#cmd.out(
      typeSupported ? '\tCould not determine which helpers are available\n' : '\tProgram type not supported\n',
    )
  }
}

export class JsonReport implements Report {
  readonly #json: JsonWriter

  constructor(json: JsonWriter) {
    this.#json = json
  }

  begin({ json }: Section): void {
    this.#json.name(json)
    this.#json.startObject()
  }

  end(): void {
    this.#json.endObject()
  }

  feature({ json }: Feature, has: boolean): void {
    this.#json.boolField(json, has)
  }

  sysctl(name: string, value: number | undefined): void {
    this.#json.numberField(name, value ?? -1)
  }

  option(name: string, value: string | undefined): void {
    if (value !== undefined) {
      this.#json.stringField(name, value)
      return
    }
    this.#json.name(name)
    this.#json.nullValue()
  }

  beginHelpers(progType: string): void {
    this.#json.name(`${progType}_available_helpers`)
    this.#json.startArray()
  }

  helper(_progType: string, name: string, has: boolean): void {
    if (has) this.#json.string(name)
  }

  endHelpers(): void {
    this.#json.endArray()
  }
}

/** What only a C header says, before its helpers. */
export const helpersMacro = (prefix: string) => `/*
 * Use ${prefix}HAVE_PROG_TYPE_HELPER(prog_type_name, helper_name)
 * to determine if <helper_name> is available for <prog_type_name>,
 * e.g.
 *	#if ${prefix}HAVE_PROG_TYPE_HELPER(xdp, bpf_redirect)
 *		// do stuff with this helper
 *	#elif
 *		// use a workaround
 *	#endif
 */
#define ${prefix}HAVE_PROG_TYPE_HELPER(prog_type, helper)	\\
	${prefix}BPF__PROG_TYPE_ ## prog_type ## __HELPER_ ## helper
`

export class MacroReport implements Report {
  readonly #cmd: Command
  readonly #prefix: string

  constructor(cmd: Command, prefix: string) {
    this.#cmd = cmd
    this.#prefix = prefix
  }

  begin({ json, macros }: Section): void {
    this.#cmd.out(`${macros}\n`)
    if (json === 'helpers') this.#cmd.out(helpersMacro(this.#prefix))
  }

  end(): void {
    this.#cmd.out('\n')
  }

  feature({ macro }: Feature, has: boolean): void {
    this.#cmd.out(`#define ${this.#prefix}${has ? '' : 'NO_'}HAVE_${macro}\n`)
  }

  sysctl(): void {
    // A header has none of them.
  }

  option(name: string, value: string | undefined): void {
    const macro = `${this.#prefix}${name}`
    this.#cmd.out(value === undefined ? `/* ${macro} is not set */\n` : `#define ${macro} ${value}\n`)
  }

  beginHelpers(): void {
    // Each line names the type.
  }

  helper(progType: string, name: string, has: boolean): void {
    this.#cmd.out(`#define ${this.#prefix}BPF__PROG_TYPE_${progType}__HELPER_${name} ${has ? '1' : '0'}\n`)
  }

  endHelpers(): void {
    // Nothing.
  }
}
